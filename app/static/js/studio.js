// Small comforts of the studio: what is wrong is said first, and notes can be seen as they will look.

document.querySelector(".nhsuk-error-summary")?.focus();

for (const preview of document.querySelectorAll("[data-preview]")) {
  const form = preview.closest("form");
  const page = preview.querySelector("[data-preview-page]");
  preview.hidden = false;
  preview.querySelector("[data-show-preview]").addEventListener("click", async () => {
    const body = new FormData();
    body.set("notes", form.elements.notes.value);
    body.set("duration_ms", preview.dataset.durationMs);
    body.set("csrf_token", form.elements.csrf_token.value);
    const answer = await fetch(preview.dataset.preview, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    page.innerHTML = (await answer.json()).html; // made safe by the server (app/notes.py); scripts are forbidden by the page's policy
    page.hidden = false;
    page.focus();
  });
}

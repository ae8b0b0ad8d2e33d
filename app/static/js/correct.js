// A transcript corrected by ear: one editor at a time, so that a long transcript stays quick.

const root = document.querySelector("[data-transcript]");
if (root) start(root);

function start(root) {
  const sound = root.querySelector("[data-sound]");
  const live = root.querySelector("[data-live]");
  const template = root.querySelector("template[data-editor]");
  document.querySelector("[data-with-script]").hidden = false;
  let open = null;
  let stopAt = null;

  root.addEventListener("click", (event) => {
    const item = event.target.closest(".sentence");
    if (!item) return;
    if (event.target.closest("[data-play]")) play(item);
    if (event.target.closest("[data-edit]")) {
      event.preventDefault();
      edit(item);
    }
  });

  sound?.addEventListener("timeupdate", () => {
    if (stopAt !== null && sound.currentTime >= stopAt) {
      stopAt = null;
      sound.pause();
    }
    mark();
  });

  function play(item, only = false) {
    if (!sound) return;
    sound.currentTime = Number(item.dataset.start) / 1000;
    stopAt = only ? Number(item.dataset.end) / 1000 + 0.15 : null;
    sound.play();
  }

  let current = null;
  const items = [...root.querySelectorAll(".sentence")];
  function mark() {
    const now = sound.currentTime * 1000;
    if (current && now >= Number(current.dataset.start) && now < Number(current.dataset.end)) return;
    current?.classList.remove("sentence--now");
    current = items.findLast((item) => Number(item.dataset.start) <= now) ?? null;
    current?.classList.add("sentence--now");
  }

  function edit(item) {
    if (open && open.item !== item && !leave()) return;
    if (open) return;
    const form = template.content.cloneNode(true).firstElementChild;
    const text = item.querySelector("[data-text]");
    const was = text.querySelector("em") ? "" : text.textContent;
    form.elements.text.value = was;
    text.hidden = true;
    item.querySelector("[data-edit]").hidden = true;
    text.after(form);
    open = { item, form, text, was };
    form.elements.text.focus();
    form.elements.text.rows = Math.max(2, Math.ceil(was.length / 50));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      save();
    });
    form.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" && !event.shiftKey && event.target.name === "text") {
        event.preventDefault();
        save(true);
      } else if (event.key === "Escape") {
        leave(true);
      }
    });
    form.querySelector("[data-leave]").addEventListener("click", () => leave(true));
    play(item, true);
  }

  /** Close the editor; what was typed is only thrown away when the person says so. */
  function leave(isMeant = false) {
    const changed = open.form.elements.text.value.trim() !== open.was.trim();
    if (changed && !isMeant && !window.confirm("Leave this sentence as it was? What you typed is not saved.")) return false;
    close();
    return true;
  }

  function close() {
    const { item, form, text } = open;
    open = null;
    form.remove();
    text.hidden = false;
    const link = item.querySelector("[data-edit]");
    link.hidden = false;
    link.focus();
  }

  async function save(goesOn = false) {
    const { item, form, text } = open;
    if (form.dataset.busy) return;
    const error = form.querySelector("[data-error]");
    form.dataset.busy = "yes";
    const body = new FormData(form);
    body.set("transcript", root.dataset.id);
    body.set("revision", item.dataset.revision);
    body.set("csrf_token", root.dataset.token);
    let answer;
    let said = {};
    try {
      answer = await fetch(item.querySelector("[data-edit]").href, { method: "POST", body, headers: { Accept: "application/json" } });
      said = await answer.json();
    } catch {
      answer = null;
    }
    delete form.dataset.busy;
    if (answer?.ok) {
      item.dataset.revision = said.revision;
      item.classList.add("sentence--corrected");
      text.replaceChildren(said.text || quiet("Nothing said"));
      const seen = document.querySelector("[data-transcript-revision]");
      if (seen && Number(seen.value) + 1 === said.transcript_revision) seen.value = said.transcript_revision;
      close();
      live.textContent = "Saved.";
      const next = item.nextElementSibling;
      if (goesOn && next?.classList.contains("sentence")) edit(next);
      return;
    }
    error.hidden = false;
    if (answer?.status === 409 && "theirs" in said) {
      item.dataset.revision = said.revision;
      error.textContent = `Somebody else has corrected this sentence. It now reads: “${said.theirs}”. “Save” puts yours in its place.`;
    } else {
      error.textContent = said.error || "Not saved: there is no connection. Your text is still here; try again.";
    }
  }

  function quiet(words) {
    const element = document.createElement("em");
    element.className = "quiet";
    element.textContent = words;
    return element;
  }
}

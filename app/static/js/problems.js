// What is wrong with a form, said as the pages of the server say it: a summary with links, and words at each field.

const SUMMARY = `<div class="nhsuk-error-summary" aria-labelledby="error-summary-title" role="alert" tabindex="-1">
  <h2 class="nhsuk-error-summary__title" id="error-summary-title">There is a problem</h2>
  <div class="nhsuk-error-summary__body"><ul class="nhsuk-list nhsuk-error-summary__list" role="list"></ul></div>
</div>`;
const TITLE = "Error: ";

/** Problems as [{ field, words }]; a field may have several. The focus goes to the summary. */
export function showProblems(form, problems) {
  clearProblems(form);
  const heading = document.querySelector("main h1");
  heading.insertAdjacentHTML("beforebegin", SUMMARY);
  const summary = heading.previousElementSibling;
  const list = summary.querySelector("ul");
  for (const { field, words } of problems) {
    const link = document.createElement("a");
    link.href = `#${field.id}`;
    link.textContent = words;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  for (const field of new Set(problems.map((problem) => problem.field))) {
    blame(field, problems.filter((problem) => problem.field === field).map((problem) => problem.words));
  }
  document.title = TITLE + document.title;
  summary.focus();
}

/** Nothing is wrong any more, whoever said so. */
export function clearProblems(form) {
  document.querySelector(".nhsuk-error-summary")?.remove();
  if (document.title.startsWith(TITLE)) document.title = document.title.slice(TITLE.length);
  for (const message of form.querySelectorAll(".nhsuk-error-message[id$='-error']")) {
    for (const field of form.querySelectorAll(`[aria-describedby~="${message.id}"]`)) {
      const others = field.getAttribute("aria-describedby").split(" ").filter((id) => id !== message.id);
      if (others.length) field.setAttribute("aria-describedby", others.join(" "));
      else field.removeAttribute("aria-describedby");
    }
    message.remove();
  }
  for (const group of form.querySelectorAll(".nhsuk-form-group--error")) group.classList.remove("nhsuk-form-group--error");
}

function blame(field, words) {
  const box = field.closest(".nhsuk-checkboxes, .nhsuk-radios");
  const described = field.closest(".nhsuk-radios") ? field.closest("fieldset") : field;
  const message = document.createElement("span");
  message.className = "nhsuk-error-message";
  message.id = `${field.id}-error`;
  const prefix = document.createElement("span");
  prefix.className = "nhsuk-u-visually-hidden";
  prefix.textContent = "Error: ";
  message.append(prefix, ...words.flatMap((line, index) => (index ? [document.createElement("br"), line] : [line])));
  (box ?? field).before(message);
  const already = described.getAttribute("aria-describedby");
  described.setAttribute("aria-describedby", already ? `${already} ${message.id}` : message.id);
  field.closest(".nhsuk-form-group").classList.add("nhsuk-form-group--error");
}

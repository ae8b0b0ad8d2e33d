/* On every page: says that scripts work, and makes the copy buttons copy. */

import { say } from "./say.js";

document.body.classList.add("js-enabled", "nhsuk-frontend-supported");

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

/** Copies the value of the field that the button names, or the text it carries, and says so. */
async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  const said = document.getElementById(button.dataset.copySaid);
  try {
    await navigator.clipboard.writeText(field.value);
    say(said, "Copied.");
  } catch {
    field.focus();
    field.select();
    say(said, "Selected. Use your device's copy command.");
  }
}

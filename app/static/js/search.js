/* Results by keyboard: down from the field goes to the first, up and down between them, up from the first back. */

const field = document.getElementById("q");
const links = [...document.querySelectorAll(".hit__title a")];

document.querySelector("main").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const here = event.target === field ? -1 : links.indexOf(event.target);
  if (!step || (here < 0 && event.target !== field)) return;
  const next = here + step < 0 ? field : links[here + step];
  if (!next || next === event.target) return;
  event.preventDefault();
  next.focus();
});

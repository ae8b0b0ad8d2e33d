// The page of work keeps itself up to date: asked anew every five seconds, drawn anew where it has changed.
import { say } from "./say.js";

const ASK_EVERY_MS = 5000;

const live = document.querySelector("[data-live]");
const said = document.querySelector("[data-said]");
const byItself = document.querySelector("[data-by-itself]");
const pause = document.querySelector("[data-pause]");
let isPaused = false;

document.querySelector("[data-by-hand]").hidden = true;
byItself.hidden = false;
pause.addEventListener("click", () => {
  isPaused = !isPaused;
  byItself.querySelector("span").textContent = isPaused ? "This page stands still." : "This page keeps itself up to date.";
  pause.textContent = isPaused ? "Go on" : "Pause";
});

/** What somebody is pressing or marking stays under their hand until the next time. */
function isInUse() {
  const marked = document.getSelection();
  return live.querySelector(":active") !== null || (!marked.isCollapsed && live.contains(marked.anchorNode));
}

/** What tells the place of the focus apart: where it leads. */
function placeOf(element) {
  return element.closest("form")?.getAttribute("action") ?? element.getAttribute("href");
}

function draw(page) {
  const fresh = page.querySelector("[data-live]");
  const words = page.querySelector("[data-said]").textContent;
  if (said.textContent !== words) say(said, words);
  if (isInUse() || fresh.innerHTML === live.innerHTML) return;
  const place = live.contains(document.activeElement) ? placeOf(document.activeElement) : null;
  live.replaceChildren(...fresh.childNodes);
  if (place === null) return;
  const same = [...live.querySelectorAll("a, button")].find((element) => placeOf(element) === place);
  if (same) same.focus({ preventScroll: true });
  else document.querySelector("h1").focus();
}

async function ask() {
  const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected || answer.status === 404) return false; // signed out
  if (answer.ok) draw(new DOMParser().parseFromString(await answer.text(), "text/html"));
  return true;
}

for (let goesOn = true; goesOn; ) {
  await new Promise((done) => setTimeout(done, document.hidden ? ASK_EVERY_MS * 5 : ASK_EVERY_MS));
  try {
    if (!isPaused) goesOn = await ask();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // TypeError: no connection; it is asked again
  }
}

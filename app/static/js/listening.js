/*
 * Tells the service, once for each time a page is opened, that somebody has listened or read. Nothing is
 * sent but the fact: no cookie, no time, no place. Browsers that ask not to be followed tell nothing.
 */

/** A play is a minute, or a quarter of what is shorter than four. */
const PLAYED_S = 60;
/** Between two reports of a player that plays on; more is a jump. */
const STEP_S = 5;
/** A paragraph has been read when it stood in the middle of the window for so long. */
const READ_MS = 1000;

export function tellOfListening(root) {
  const tell = once(root.dataset.tellPlay);
  const enough = Math.min(PLAYED_S, Number(root.dataset.seconds) / 4);
  let [heard, last] = [0, null];
  root.addEventListener("hearth:time", ({ detail: { second, playing } }) => {
    const step = last === null ? 0 : second - last;
    last = second;
    if (playing && step > 0 && step < STEP_S) heard += step;
    if (heard >= enough && heard > 0) tell();
  });
}

export function tellOfReading(root) {
  const paragraphs = [...root.querySelectorAll(".said")];
  if (!paragraphs.length || !("IntersectionObserver" in window)) return;
  const tell = once(root.dataset.tellRead);
  const waiting = new Map();
  let left = Math.ceil(paragraphs.length / 2);

  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        clearTimeout(waiting.get(target));
        if (isIntersecting) waiting.set(target, setTimeout(() => read(target), READ_MS));
      }
    },
    { rootMargin: "-20% 0px" },
  );
  function read(paragraph) {
    if (document.visibilityState !== "visible") return;
    watcher.unobserve(paragraph);
    left -= 1;
    if (left > 0) return;
    watcher.disconnect();
    for (const timer of waiting.values()) clearTimeout(timer);
    tell();
  }
  for (const paragraph of paragraphs) watcher.observe(paragraph);
}

/** A function that tells this address once; nothing where there is none, or where nobody wants it told. */
function once(address) {
  const unwanted = navigator.globalPrivacyControl || navigator.doNotTrack === "1";
  let done = !address || unwanted || !navigator.sendBeacon;
  return () => {
    if (done) return;
    done = true;
    navigator.sendBeacon(address);
  };
}

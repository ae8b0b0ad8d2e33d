/* Words for people who hear the page. */

/** A live region speaks only where its text changes. */
export function say(region, words) {
  region.textContent = "";
  setTimeout(() => {
    region.textContent = words;
  }, 50);
}

/* The ways to a moment: the address of the page, and every link that carries one. */

import { momentOf } from "./clock.js";

/** Go to the moment that the address names. Never plays: the person decides. */
export function arrive(player, transcript) {
  const second = momentOf(location.hash);
  if (second === null) return false;
  player.seek(second);
  transcript.land(second);
  return true;
}

/** Times and chapters play from there, and their addresses are links to the moment. */
export function linkMoments(player) {
  for (const link of document.querySelectorAll("[data-moment]")) {
    const second = Number(link.dataset.moment);
    link.href = `#t=${second}`;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      history.replaceState(null, "", `#t=${second}`);
      player.seek(second);
      player.play();
    });
  }
}

/* The episode page: joins player, transcript, chapters and the links to moments. */

import { Find } from "./find.js";
import { tellOfListening, tellOfReading } from "./listening.js";
import { arrive, linkMoments } from "./moments.js";
import { Player } from "./player.js";
import { say } from "./say.js";
import { Transcript } from "./transcript.js";

const playerRoot = document.querySelector("[data-player]");
const transcriptRoot = document.querySelector("[data-transcript]");

if (transcriptRoot) tellOfReading(transcriptRoot);

if (playerRoot) {
  const player = new Player(playerRoot);
  const transcript = new Transcript(transcriptRoot);
  const findForm = transcriptRoot.querySelector("[data-find]");
  if (findForm) new Find(findForm, transcript.sentences);

  playerRoot.addEventListener("hearth:time", ({ detail }) => {
    transcript.follow(detail.second, detail.playing);
    markChapter(detail.second);
  });
  tellOfListening(playerRoot);
  linkMoments(player);
  copyMoment(player);
  if (!arrive(player, transcript)) player.resume();
  addEventListener("hashchange", () => arrive(player, transcript));
}

function copyMoment(player) {
  const button = document.querySelector("[data-copy-moment]");
  const said = document.querySelector("[data-player-said]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const hash = `#t=${Math.floor(player.now)}`;
    history.replaceState(null, "", hash);
    try {
      await navigator.clipboard.writeText(location.href);
      say(said, "Link copied.");
    } catch {
      say(said, "The link is now in your browser's address bar.");
    }
  });
}

function markChapter(second) {
  const chapters = [...document.querySelectorAll(".chapters [data-moment]")];
  const current = chapters.filter((link) => Number(link.dataset.moment) <= second).at(-1);
  const before = document.querySelector(".chapters [aria-current]");
  if (before === (current ?? null)) return;
  before?.removeAttribute("aria-current");
  current?.setAttribute("aria-current", "true");
}

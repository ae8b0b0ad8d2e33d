/* The player in a frame on somebody else's page: joins player and transcript. */

import { momentOf } from "./clock.js";
import { Find } from "./find.js";
import { tellOfListening, tellOfReading } from "./listening.js";
import { arrive, linkMoments } from "./moments.js";
import { Player } from "./player.js";
import { Transcript } from "./transcript.js";

const playerRoot = document.querySelector("[data-player]");
const transcriptRoot = document.querySelector("[data-transcript]");

if (playerRoot) {
  const player = new Player(playerRoot);
  const transcript = new Transcript(transcriptRoot);
  const findForm = transcriptRoot.querySelector("[data-find]");
  if (findForm) new Find(findForm, transcript.sentences);
  playerRoot.addEventListener("hearth:time", ({ detail }) => transcript.follow(detail.second, detail.playing));
  tellOfListening(playerRoot);
  tellOfReading(transcriptRoot);
  linkMoments(player);
  go();
  addEventListener("hashchange", go);

  function go() {
    if (momentOf(location.hash) !== null) transcriptRoot.closest("details").open = true; // hidden words cannot be landed on
    arrive(player, transcript);
  }
}

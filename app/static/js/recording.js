// Recordings in work on the overview and on the episode's page: kept up to date, and the page renewed at the end.
import { draw, follow } from "./stages.js";

for (const element of document.querySelectorAll("[data-state-url][data-state=working]")) {
  let words = "";
  follow(element.dataset.stateUrl, (said) => {
    draw(element, said);
    words = said.words;
  }).then((said) => {
    // the whole page has changed: buttons, transcript, sound. Nobody types here, so it may be loaded anew.
    if (said && said.words === words) window.location.reload();
  });
}

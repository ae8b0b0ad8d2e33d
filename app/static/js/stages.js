// How far a recording is, drawn from what the server says. Used while sending and on the episode's page.

const ASK_EVERY_MS = 2000;

/** Draw one answer of /studio/recordings/<id>/state into an element with data-words, data-left, data-bar, data-stages. */
export function draw(element, said) {
  element.querySelector("[data-words]").textContent = said.words;
  element.querySelector("[data-left]").textContent = said.left;
  const bar = element.querySelector("[data-bar]");
  if (bar) {
    bar.max = 1;
    bar.value = said.fraction;
    bar.hidden = said.state !== "working";
  }
  const list = element.querySelector("[data-stages]");
  if (!list) return;
  list.hidden = false;
  list.replaceChildren(
    ...said.stages.map((stage) => {
      const item = document.createElement("li");
      item.className = `stage stage--${stage.state.replace(" ", "-")}`;
      const words = document.createElement("span");
      words.textContent = stage.words;
      const hidden = document.createElement("span");
      hidden.className = "nhsuk-u-visually-hidden";
      hidden.textContent = ` (${stage.state})`;
      item.append(words, hidden);
      return item;
    }),
  );
}

/** Ask every two seconds until the recording is no longer in work; a lost connection is simply asked again. */
export async function follow(url, each) {
  for (;;) {
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const said = await answer.json();
        each(said);
        if (said.state !== "working") return said;
      } else if (answer.status === 401 || answer.status === 404) {
        return null;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // TypeError: no connection
    }
    await new Promise((done) => setTimeout(done, document.hidden ? ASK_EVERY_MS * 5 : ASK_EVERY_MS));
  }
}

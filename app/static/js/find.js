/* Find in the transcript: marks every place, counts them in a live region, steps from one to the next. */

import { say } from "./say.js";
import { show } from "./transcript.js";

const WAIT_MS = 200;

export class Find {
  constructor(form, sentences) {
    this.form = form;
    this.field = form.querySelector("input");
    this.said = form.querySelector("[data-find-said]");
    this.sentences = sentences;
    this.texts = sentences.map((sentence) => sentence.textContent);
    this.folded = this.texts.map(fold);
    this.marked = [];
    this.marks = [];
    this.at = -1;
    this.sought = "";
    this.#listen();
  }

  #listen() {
    let timer;
    this.field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#search(), WAIT_MS);
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      this.#search();
      this.#step(event.shiftKey ? -1 : 1);
    });
    this.form.querySelector("[data-find-step='-1']").addEventListener("click", () => {
      clearTimeout(timer);
      this.#search();
      this.#step(-1);
    });
  }

  #search() {
    const sought = fold(this.field.value.trim());
    if (sought === this.sought) return;
    this.sought = sought;
    this.#clear();
    if (sought) this.folded.forEach((text, index) => this.#mark(index, text, sought));
    this.at = -1;
    if (!sought) say(this.said, "");
    else say(this.said, this.marks.length ? `${places(this.marks.length)}. Use Next to go there.` : "Not found in this transcript.");
  }

  #clear() {
    for (const index of this.marked) this.sentences[index].textContent = this.texts[index];
    this.marked = [];
    this.marks = [];
  }

  #mark(index, text, sought) {
    const original = this.texts[index];
    // folding may change lengths in rare scripts: then the sentence as a whole is the place
    if (text.length !== original.length) {
      if (text.includes(sought)) this.#put(index, [[0, original.length]]);
      return;
    }
    const spans = [];
    for (let from = text.indexOf(sought); from >= 0; from = text.indexOf(sought, from + sought.length)) {
      spans.push([from, from + sought.length]);
    }
    if (spans.length) this.#put(index, spans);
  }

  #put(index, spans) {
    const original = this.texts[index];
    const pieces = [];
    let last = 0;
    for (const [from, to] of spans) {
      const mark = document.createElement("mark");
      mark.textContent = original.slice(from, to);
      pieces.push(original.slice(last, from), mark);
      this.marks.push(mark);
      last = to;
    }
    pieces.push(original.slice(last));
    this.sentences[index].replaceChildren(...pieces);
    this.marked.push(index);
  }

  #step(by) {
    if (!this.marks.length) return;
    this.marks[this.at]?.classList.remove("is-here");
    const from = this.at < 0 && by < 0 ? 0 : this.at;
    this.at = (from + by + this.marks.length) % this.marks.length;
    this.marks[this.at].classList.add("is-here");
    show(this.marks[this.at]);
    say(this.said, `${this.at + 1} of ${this.marks.length}`);
  }
}

function places(count) {
  return count === 1 ? "1 place" : `${count} places`;
}

/** Without case, accents and typographic apostrophes, in as many letters where that is possible. */
function fold(text) {
  const plain = [...text].map((letter) => letter.normalize("NFD").replace(/\p{M}/gu, "") || letter).join("");
  return plain.toLowerCase().replace(/[‘’ʼ]/g, "'");
}

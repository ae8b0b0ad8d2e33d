/*
 * The transcript beside the player: the sentence that is being said, and the way to a moment.
 *
 * The page scrolls along only while the reader is looking at the spoken sentence: whoever has scrolled
 * away to read something else is left alone (WCAG 2.2.2; the switch stops it altogether).
 */

import { recall, remember } from "./memory.js";

export class Transcript {
  constructor(root) {
    this.root = root;
    this.sentences = [...root.querySelectorAll("[data-t]")];
    this.starts = this.sentences.map((sentence) => Number(sentence.dataset.t) / 1000);
    this.ends = this.sentences.map((sentence) => Number(sentence.dataset.e) / 1000);
    this.current = -1;
    this.last = null;
    this.followed = true;
    this.#switch();
  }

  /** Mark the sentence of this second; scroll along where that is wanted. */
  follow(second, playing) {
    const next = this.#at(second);
    if (next === this.current) return;
    unmark(this.sentences[this.current]);
    this.current = next;
    const sentence = this.sentences[next];
    if (!sentence || !this.followed) return;
    sentence.classList.add("is-now");
    sentence.setAttribute("aria-current", "true");
    const wasSeen = this.last && isSeen(this.last);
    if (playing && wasSeen && !isSeen(sentence)) show(sentence);
    this.last = sentence;
  }

  /** Bring the sentence that begins in this second, or is being said then, to where it can be read. */
  land(second) {
    const begins = this.starts.findIndex((start) => start >= second && start < second + 1);
    const sentence = this.sentences[begins >= 0 ? begins : Math.max(this.#at(second), 0)];
    if (!sentence) return;
    this.root.querySelector(".is-landed")?.classList.remove("is-landed");
    sentence.classList.add("is-landed");
    show(sentence);
  }

  /** The last sentence that began by then (binary search); -1 before the first. */
  #at(second) {
    let [low, high] = [0, this.starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= second + 0.05) low = middle + 1;
      else high = middle;
    }
    const index = low - 1;
    const nextStart = this.starts[low] ?? Infinity;
    const inLongPause = index >= 0 && second > this.ends[index] + 2 && second < nextStart;
    return inLongPause ? -1 : index;
  }

  #switch() {
    const box = this.root.querySelector("[data-follow]");
    if (!box) return;
    this.root.querySelector(".tools").hidden = false;
    box.checked = this.followed = recall("follow") !== "no";
    box.addEventListener("change", () => {
      this.followed = box.checked;
      remember("follow", box.checked ? "yes" : "no");
      unmark(this.sentences[this.current]);
      this.current = -1;
    });
  }
}

function unmark(sentence) {
  sentence?.classList.remove("is-now");
  sentence?.removeAttribute("aria-current");
}

function isSeen(element) {
  const place = element.getBoundingClientRect();
  return place.bottom > 0 && place.top < innerHeight;
}

/** Scroll there; at once where the reader has asked for less motion. */
export function show(element) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
}

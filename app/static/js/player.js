/*
 * The player: native audio with larger controls, and everything that can be asked of it.
 *
 * Emits "hearth:time" on the player's element, so that the transcript can follow without knowing how
 * the sound is played. Takes no single keys (WCAG 2.1.4) and never plays by itself (WCAG 1.4.2).
 */

import { clock, inWords } from "./clock.js";
import { forget, recall, remember } from "./memory.js";
import { say } from "./say.js";

const SAVE_EVERY_S = 5;
/** Nobody wants to hear only the last words again. */
const NEARLY_DONE_S = 10;

export class Player {
  constructor(root) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.slider = root.querySelector(".player__slider");
    this.heard = root.querySelector("[data-heard]");
    this.said = document.querySelector("[data-player-said]");
    this.seconds = Number(root.dataset.seconds);
    this.memory = `position:${root.dataset.guid}`;
    this.wanted = null;
    this.saved = 0;
    this.#takeOver();
    this.#listen();
    this.#speed();
    this.#tellDevice();
  }

  get now() {
    return this.wanted ?? this.audio.currentTime;
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  /** Go to a second, also before the sound has been loaded. */
  seek(second) {
    const aim = Math.min(Math.max(second, 0), this.#length());
    if (this.audio.readyState >= HTMLMediaElement.HAVE_METADATA) {
      this.audio.currentTime = aim;
    } else {
      this.wanted = aim;
    }
    this.#show(aim);
  }

  /** Begin to play; a browser that does not want to leaves the Play button as it is. */
  play() {
    return this.audio.play().catch(() => {});
  }

  /** Go on where this listener stopped last time, on this device. */
  resume() {
    const second = Number(recall(this.memory)) || 0;
    if (second > 0 && second < this.seconds - NEARLY_DONE_S) {
      this.seek(second);
    }
  }

  #length() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : this.seconds;
  }

  #takeOver() {
    this.audio.removeAttribute("controls");
    this.root.querySelector(".player__deck").hidden = false;
    this.root.querySelector("[data-play]").addEventListener("click", () => {
      if (this.playing) this.audio.pause();
      else this.play();
    });
    for (const button of this.root.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.seek(this.now + Number(button.dataset.step)));
    }
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.slider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.seek(this.now + step);
    });
  }

  #listen() {
    const { audio } = this;
    audio.addEventListener("loadedmetadata", () => {
      if (this.wanted !== null) audio.currentTime = this.wanted;
      this.wanted = null;
    });
    audio.addEventListener("timeupdate", () => this.#moved());
    audio.addEventListener("play", () => this.#shape(true));
    audio.addEventListener("pause", () => {
      this.#shape(false);
      this.#save();
    });
    audio.addEventListener("ended", () => {
      this.#shape(false);
      forget(this.memory);
    });
    audio.addEventListener("error", () => this.#failed());
    if (audio.error) this.#failed();
    addEventListener("pagehide", () => this.#save());
  }

  #failed() {
    say(this.said, "The sound could not be loaded. Check your connection, then load the page again.");
  }

  #moved() {
    if (this.wanted !== null) return;
    const second = this.audio.currentTime;
    this.#show(second);
    if (this.playing && Math.abs(second - this.saved) >= SAVE_EVERY_S) this.#save();
  }

  #show(second) {
    this.slider.value = String(Math.floor(second));
    this.slider.setAttribute("aria-valuetext", `${inWords(second)} of ${inWords(this.#length())}`);
    this.root.querySelector("[data-now]").textContent = clock(second);
    this.heard?.setAttribute("width", String((480 * second) / (this.#length() || 1)));
    this.root.dispatchEvent(new CustomEvent("hearth:time", { detail: { second, playing: this.playing } }));
  }

  #shape(playing) {
    this.root.classList.toggle("is-playing", playing);
    this.root.querySelector("[data-play-word]").textContent = playing ? "Pause" : "Play";
  }

  #save() {
    const second = this.now;
    if (this.audio.ended || second < 1) return;
    this.saved = second;
    remember(this.memory, second.toFixed(1));
  }

  #speed() {
    const select = document.getElementById("speed");
    select.closest("[hidden]").hidden = false;
    const kept = recall("speed");
    if ([...select.options].some((option) => option.value === kept)) select.value = kept;
    const apply = () => {
      this.audio.defaultPlaybackRate = Number(select.value);
      this.audio.playbackRate = Number(select.value);
    };
    select.addEventListener("change", () => {
      apply();
      remember("speed", select.value);
    });
    apply();
  }

  /** Title and buttons on the lock screen and on headphones. */
  #tellDevice() {
    if (!("mediaSession" in navigator)) return;
    const { title, show, picture } = this.root.dataset;
    const artwork = picture ? [{ src: picture, sizes: "640x640", type: "image/jpeg" }] : [];
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: show, artwork });
    navigator.mediaSession.setActionHandler("seekbackward", () => this.seek(this.now - 15));
    navigator.mediaSession.setActionHandler("seekforward", () => this.seek(this.now + 30));
  }
}

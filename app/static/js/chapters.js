/*
 * Chapters edited beside the sound: times taken by ear, rows added where they belong.
 *
 * A row that is removed stays in its place, greyed, until the chapters are saved: so it can be taken back.
 */

import { clock, inWords, secondsOf } from "./clock.js";
import { forget, recall, remember } from "./memory.js";
import { say } from "./say.js";

const form = document.querySelector("[data-chapters]");
if (form) start(form);

function start(form) {
  const sound = form.querySelector("[data-sound]");
  const body = form.querySelector("[data-rows]");
  const add = form.querySelector("[data-add]");
  const live = form.querySelector("[data-live]");
  const template = document.querySelector("template[data-row]");
  const place = `chapters:${form.dataset.id}`;
  let made = body.rows.length;
  let changed = document.querySelector(".nhsuk-error-summary") !== null;

  const rows = () => [...body.rows];
  const cell = (row, name) => row.querySelector(`[name=${name}]`);
  const second = (row) => secondsOf(cell(row, "start").value);

  for (const row of rows()) {
    const isEmpty = !cell(row, "start").value && !cell(row, "title").value;
    if (isEmpty && !row.querySelector(".nhsuk-error-message")) row.remove();
    else row.querySelector("[data-acts]").hidden = false;
  }
  add.hidden = false;
  number();
  if (sound) follow();

  form.addEventListener("click", (event) => {
    const row = event.target.closest("[data-chapter]");
    if (event.target.closest("[data-add]")) insert();
    if (!row) return;
    if (event.target.closest("[data-play]")) play(row);
    if (event.target.closest("[data-set]")) set(row);
    if (event.target.closest("[data-remove]")) remove(row, true);
    if (event.target.closest("[data-undo]")) remove(row, false);
  });
  form.addEventListener("input", () => {
    changed = true;
  });
  form.addEventListener("submit", () => {
    changed = false;
    if (sound) remember(place, sound.currentTime.toFixed(1));
  });
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });

  /** A new row at the present time, before the first that begins later. */
  function insert() {
    if (rows().length >= Number(form.dataset.most)) {
      say(live, `There are ${form.dataset.most} chapters, and there can be no more.`);
      return;
    }
    const row = template.content.querySelector("tr").cloneNode(true);
    const now = sound ? Math.floor(sound.currentTime) : null;
    for (const element of row.querySelectorAll("[id], [for]")) {
      if (element.id) element.id = element.id.replace("NEW", String(made));
      if (element.htmlFor) element.htmlFor = element.htmlFor.replace("NEW", String(made));
    }
    made += 1;
    row.querySelector("[data-acts]").hidden = false;
    cell(row, "start").value = now === null ? "" : clock(now);
    body.insertBefore(row, now === null ? null : rows().find((other) => (second(other) ?? -1) > now) ?? null);
    changed = true;
    number();
    cell(row, now === null ? "start" : "title").focus();
  }

  function play(row) {
    const from = second(row);
    if (from === null) {
      say(live, "This is not a time. Write minutes and seconds, such as 12:30.");
      cell(row, "start").focus();
      return;
    }
    sound.currentTime = from;
    sound.play().catch(() => {}); // a browser that does not want to leaves its own button
  }

  function set(row) {
    cell(row, "start").value = clock(sound.currentTime);
    changed = true;
    say(live, `Set to ${inWords(sound.currentTime)}.`);
    mark();
  }

  function remove(row, isGone) {
    row.classList.toggle("chapter--gone", isGone);
    for (const field of row.querySelectorAll("input")) field.disabled = isGone;
    for (const button of row.querySelectorAll(".chapter__act")) button.hidden = "undo" in button.dataset !== isGone;
    changed = true;
    row.querySelector(isGone ? "[data-undo]" : "[data-remove]").focus();
    say(live, isGone ? "Removed when you save. You can undo it." : "It stays.");
  }

  /** Where each row stands now is part of the names of its fields and buttons. */
  function number() {
    rows().forEach((row, index) => {
      for (const place of row.querySelectorAll("[data-number]")) place.textContent = String(index + 1);
    });
    form.querySelector("[data-none]").hidden = rows().length > 0;
    form.querySelector("[data-table]").hidden = rows().length === 0;
  }

  function follow() {
    const now = form.querySelector("[data-now]");
    sound.addEventListener("timeupdate", () => {
      now.textContent = clock(sound.currentTime);
      mark();
    });
    const stood = Number(recall(place));
    forget(place);
    if (stood) sound.currentTime = stood; // after saving one goes on where one was
  }

  /** The chapter that is being heard: the last that has begun, wherever it stands. */
  function mark() {
    const begun = rows().filter((row) => second(row) !== null && second(row) <= sound.currentTime);
    const latest = begun.reduce((last, row) => (last && second(last) > second(row) ? last : row), null);
    for (const row of rows()) row.classList.toggle("chapter--now", row === latest);
  }
}

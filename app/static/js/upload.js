// The upload page: takes files by choice or drop, says what is wrong with them, and puts the rest into the queue.
// Without what it needs (a secure context for hashes) the plain form stays as it is.
import { ask } from "./asking.js";
import { clearProblems, showProblems } from "./problems.js";
import { Queue } from "./queue.js";
import { makeRow } from "./row.js";
import { Sending } from "./sending.js";

const form = document.querySelector("[data-upload]");
const page = document.querySelector("main");
const queue = new Queue(() => {
  page.querySelector("[data-more]").hidden = "episode" in form.dataset;
});

if (form && globalThis.crypto?.subtle) start();
else if (form) warn();

function warn() {
  const cannot = form.querySelector("[data-cannot]");
  cannot.textContent =
    "This page was opened without https, so this browser cannot check what it sends. You can send up to 1 GB here; it cannot go on after a lost connection.";
  cannot.hidden = false;
  cannot.setAttribute("role", "alert");
}

function start() {
  form.noValidate = true; // what is missing is said by this script, all of it at once
  form.querySelector("[data-plain]").hidden = true;
  form.querySelector("[data-can]").hidden = false;
  form.elements.recording.multiple = !("episode" in form.dataset);
  takeDrops();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = [...form.elements.recording.files];
    const problems = problemsOf(files);
    clearProblems(form);
    if (problems.length) showProblems(form, problems);
    else sendAll(files);
  });
  window.addEventListener("beforeunload", (event) => {
    if (queue.isBusy) event.preventDefault();
  });
}

function takeDrops() {
  const drop = form.querySelector("[data-drop]");
  const input = form.elements.recording;
  form.querySelector("[data-drop-words]").hidden = false;
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("drop--over", kind === "dragenter" || kind === "dragover");
      if (kind !== "drop" || !event.dataTransfer.files.length) return;
      const kept = new DataTransfer();
      for (const file of input.multiple ? event.dataTransfer.files : [event.dataTransfer.files[0]]) kept.items.add(file);
      input.files = kept.files;
    });
  }
}

function problemsOf(files) {
  const { recording, agreed } = form.elements;
  const problems = [];
  if (!files.length) problems.push({ field: recording, words: "Choose a recording." });
  for (const file of files) {
    if (file.size > Number(form.dataset.limitBytes)) {
      problems.push({ field: recording, words: `“${file.name}” is larger than 4 GB. Save it as MP3 or M4A and choose that.` });
    } else if (file.size === 0) {
      problems.push({ field: recording, words: `“${file.name}” is empty.` });
    }
  }
  if (!agreed.checked) problems.push({ field: agreed, words: "Confirm that everyone who can be heard has agreed." });
  return problems;
}

function sendAll(files) {
  const { elements, dataset } = form;
  const asked = {
    show: elements.show.value,
    kind: elements.kind.value,
    wish: elements.wish.value,
    title: files.length === 1 ? (elements.title?.value ?? "") : "",
    agreed: elements.agreed.checked,
    episode: dataset.episode ?? null,
  };
  showForm(false);
  const heading = page.querySelector("#sending");
  heading.setAttribute("tabindex", "-1");
  heading.focus();
  for (const sending of files.map((file) => make(file, asked))) queue.add(sending); // all are there before the first begins
}

function showForm(isShown) {
  form.hidden = !isShown;
  page.querySelector("[data-sending]").hidden = isShown;
}

/** Back to the form, where nothing is on its way yet: the files are still chosen. */
function returnToForm(fields) {
  queue.clear();
  page.querySelector("[data-list]").replaceChildren();
  showForm(true);
  showProblems(form, Object.entries(fields).map(([name, words]) => ({ field: fieldOf(name), words })));
}

/** The field that the service calls so; what is no field of the form is about the file. */
function fieldOf(name) {
  const field = form.elements[name] ?? form.elements.recording;
  return field instanceof RadioNodeList ? field[0] : field;
}

/** A file with its row; its buttons work from the beginning. */
function make(file, asked) {
  const row = makeRow(page.querySelector("template[data-row]"), file.name, page.querySelector("[data-live]"));
  const sending = new Sending(file, asked, {
    begin: form.dataset.begin,
    ask: (url, body, signal) => ask(form, url, body, signal),
    partBytes: Number(form.dataset.partBytes),
    tell: (kind, how) => {
      if (Object.keys(how.fields ?? {}).length && !queue.hasBegun) returnToForm(how.fields);
      else row.show(kind, how);
    },
  });
  row.at("pause").addEventListener("click", () => {
    if (sending.state === "paused" || sending.state === "stopped") return queue.add(sending);
    queue.leave(sending);
    return sending.pause();
  });
  row.at("cancel").addEventListener("click", () => {
    if (!window.confirm(`Cancel sending “${file.name}”? What has been sent so far is thrown away.`)) return;
    queue.leave(sending);
    sending.cancel();
  });
  page.querySelector("[data-list]").append(row.element);
  return sending;
}

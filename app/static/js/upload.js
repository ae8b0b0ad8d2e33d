// The upload page: takes files by choice or drop, sends one after the other, shows how it goes in words and bar.
// Without what it needs (a secure context for hashes) the plain form stays as it is.
import { Sending } from "./sending.js";
import { draw, follow } from "./stages.js";

const form = document.querySelector("[data-upload]");
if (form) start(form);

function start(form) {
  const page = document.querySelector("main");
  const cannot = form.querySelector("[data-cannot]");
  const input = form.elements.recording;
  if (!globalThis.crypto?.subtle) {
    say(cannot, "This page was opened without https, so this browser cannot check what it sends. You can send up to 1 GB here; it cannot go on after a lost connection.");
    return;
  }
  form.querySelector("[data-plain]").hidden = true;
  form.querySelector("[data-can]").hidden = false;
  const words = form.querySelector("[data-drop-words]");
  words.hidden = false;
  form.noValidate = true; // what is missing is said by this script, all of it at once
  const isReplacing = "episode" in form.dataset;
  input.multiple = !isReplacing;

  const drop = form.querySelector("[data-drop]");
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("drop--over", kind === "dragenter" || kind === "dragover");
      if (kind !== "drop" || !event.dataTransfer.files.length) return;
      const kept = new DataTransfer();
      for (const file of isReplacing ? [event.dataTransfer.files[0]] : event.dataTransfer.files) kept.items.add(file);
      input.files = kept.files;
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = [...input.files];
    const problem = whatIsWrong(form, files);
    clear(form);
    say(cannot, problem?.words ?? "");
    if (problem) {
      blame(problem.field, cannot);
      return;
    }
    form.hidden = true;
    page.querySelector("[data-sending]").hidden = false;
    sendAll(form, page, files);
  });
}

function whatIsWrong(form, files) {
  const limit = Number(form.dataset.limitBytes);
  const input = form.elements.recording;
  if (!files.length) return { field: input, words: "Choose a recording." };
  const large = files.find((file) => file.size > limit);
  if (large) return { field: input, words: `“${large.name}” is larger than 4 GB. Save it as MP3 or M4A and choose that.` };
  const empty = files.find((file) => file.size === 0);
  if (empty) return { field: input, words: `“${empty.name}” is empty.` };
  if (!form.elements.agreed.checked) return { field: form.elements.agreed, words: "Confirm that everyone who can be heard has agreed." };
  return null;
}

// The message stands at the field that it is about, as on every other form.
function blame(field, message) {
  const group = field.closest(".nhsuk-form-group");
  (field.closest(".nhsuk-checkboxes") ?? field).before(message);
  group.classList.add("nhsuk-form-group--error");
  field.setAttribute("aria-describedby", message.id);
  field.focus();
}

function clear(form) {
  for (const group of form.querySelectorAll(".nhsuk-form-group--error")) group.classList.remove("nhsuk-form-group--error");
  for (const field of [form.elements.recording, form.elements.agreed]) field.removeAttribute("aria-describedby");
}

function say(element, words) {
  element.textContent = words;
  element.hidden = !words;
  if (words) element.setAttribute("role", "alert");
}

async function sendAll(form, page, files) {
  const list = page.querySelector("[data-list]");
  const template = page.querySelector("template[data-row]");
  const live = page.querySelector("[data-live]");
  const asked = {
    show: form.elements.show.value,
    kind: form.elements.kind.value,
    wish: form.elements.wish.value,
    title: files.length === 1 ? (form.elements.title?.value ?? "") : "",
    agreed: form.elements.agreed.checked,
    episode: form.dataset.episode ?? null,
  };
  const rows = files.map((file) => {
    const row = template.content.cloneNode(true).firstElementChild;
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[data-words]").textContent = "Waiting for its turn";
    row.querySelector("[data-bar]").setAttribute("aria-label", `Sending ${file.name}`);
    for (const button of row.querySelectorAll("button")) button.append(hidden(` ${file.name}`));
    list.append(row);
    return row;
  });
  page.querySelector("#sending").setAttribute("tabindex", "-1");
  page.querySelector("#sending").focus();

  let isBusy = true;
  window.addEventListener("beforeunload", (event) => {
    if (isBusy) event.preventDefault();
  });
  for (const [index, file] of files.entries()) await sendOne(form, file, asked, rows[index], live);
  isBusy = false;
  const more = page.querySelector("[data-more]");
  more.hidden = asked.episode !== null;
}

async function sendOne(form, file, asked, row, live) {
  const at = (name) => row.querySelector(`[data-${name}]`);
  let quarter = 0;
  let lastKind = "";
  const announce = (words) => {
    live.textContent = `${file.name}: ${words}`;
  };
  const tell = (kind, how) => {
    const share = how.size ? how.sent / how.size : 0;
    at("bar").value = share;
    const amount = amountInWords(how.sent, how.size);
    const words = {
      opening: "Getting ready",
      recognised: `Going on where it stopped: ${amount}`,
      sending: amount,
      waiting: `${amount}. Waiting for the connection; it goes on by itself.`,
      paused: `Paused at ${amount}`,
      stopped: `Stopped at ${amount}`,
    }[kind];
    at("words").textContent = words;
    at("left").textContent = kind === "sending" ? leftInWords(how.leftMs) : "";
    at("reason").hidden = kind !== "stopped";
    at("reason").textContent = how.reason ?? "";
    label(at("pause"), kind === "paused" || kind === "stopped" ? "Continue" : "Pause");
    if (kind !== lastKind && kind !== "opening" && !(kind === "sending" && lastKind === "opening")) {
      announce(kind === "stopped" ? how.reason : words);
    } else if (kind === "sending" && Math.floor(share * 4) > quarter && share < 1) {
      quarter = Math.floor(share * 4);
      announce(`${quarter * 25} per cent sent`);
    }
    lastKind = kind;
  };
  const sending = new Sending(file, asked, {
    begin: form.dataset.begin,
    token: () => form.elements.csrf_token.value,
    partBytes: Number(form.dataset.partBytes),
    tell,
  });
  at("pause").addEventListener("click", () => (sending.isPaused ? sending.resume() : sending.pause()));
  let cancelled;
  at("cancel").addEventListener("click", () => {
    if (!window.confirm(`Cancel sending “${file.name}”? What has been sent so far is thrown away.`)) return;
    cancelled = sending.cancel();
  });
  let done;
  try {
    done = await sending.run();
  } catch (error) {
    await cancelled; // said only when it is so
    at("pause").hidden = at("cancel").hidden = at("bar").hidden = true;
    at("left").textContent = "";
    at("words").textContent = sending.isCancelled ? "Cancelled" : "Something went wrong. Load the page again and choose the same file.";
    announce(at("words").textContent);
    if (!sending.isCancelled) throw error;
    return;
  }
  at("pause").hidden = at("cancel").hidden = true;
  const open = at("open");
  open.href = done.edit;
  open.hidden = false;
  announce("received");
  follow(done.state, (said) => draw(row, said)).then((said) => {
    if (!said) return;
    at("reason").textContent = said.reason;
    at("reason").hidden = !said.reason;
    open.href = said.episode;
    label(open, said.state === "ready" ? "Open the episode" : "See what to do");
    announce(said.words);
  });
}

function label(element, words) {
  element.firstChild.textContent = words;
}

function hidden(words) {
  const span = document.createElement("span");
  span.className = "nhsuk-u-visually-hidden";
  span.textContent = words;
  return span;
}

export function amountInWords(sent, size) {
  const unit = size >= 1e9 ? 1e9 : size >= 1e6 ? 1e6 : 1e3;
  const name = unit === 1e9 ? "GB" : unit === 1e6 ? "MB" : "kB";
  const digits = unit === 1e9 ? 1 : 0;
  return `${(sent / unit).toFixed(digits)} of ${(size / unit).toFixed(digits)} ${name}`;
}

export function leftInWords(ms) {
  if (ms === null || !Number.isFinite(ms)) return "";
  const minutes = Math.round(ms / 60000);
  if (minutes < 1) return "less than a minute left";
  if (minutes < 60) return `about ${minutes} minute${minutes === 1 ? "" : "s"} left`;
  const hours = Math.round(minutes / 60);
  return `about ${hours} hour${hours === 1 ? "" : "s"} left`;
}

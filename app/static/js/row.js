// One file in the list of the upload page: words, bar and buttons. What they do is said by who makes the row.
import { draw, follow } from "./stages.js";

/** A row that stands in no list yet: `element`, and `show(kind, how)` for what Sending tells. */
export function makeRow(template, name, live) {
  const element = template.content.cloneNode(true).firstElementChild;
  const at = (part) => element.querySelector(`[data-${part}]`);
  at("name").textContent = name;
  at("bar").setAttribute("aria-label", `Sending ${name}`);
  for (const button of element.querySelectorAll("button")) button.append(unseen(` ${name}`));
  const announce = (words) => {
    live.textContent = `${name}: ${words}`;
  };
  let lastKind = "turn";
  let quarter = 0;

  function show(kind, how) {
    const share = how.size ? how.sent / how.size : 0;
    const words = inWords(kind, how);
    at("bar").value = share;
    at("words").textContent = words;
    at("left").textContent = kind === "sending" ? leftInWords(how.leftMs) : "";
    at("reason").hidden = !how.reason;
    at("reason").textContent = how.reason ?? "";
    label(at("pause"), kind === "paused" || kind === "stopped" ? "Continue" : "Pause");
    if (ENDS.has(kind)) at("pause").hidden = at("cancel").hidden = at("bar").hidden = true;
    if (kind !== lastKind && !QUIET.has(kind) && !(kind === "sending" && QUIET.has(lastKind))) {
      announce(how.reason || words);
    } else if (kind === "sending" && Math.floor(share * 4) > quarter && share < 1) {
      quarter = Math.floor(share * 4);
      announce(`${quarter * 25} per cent sent`);
    }
    lastKind = kind;
    if (kind === "done") received(how.done);
  }

  function received(done) {
    const open = at("open");
    at("bar").hidden = false;
    open.href = done.edit;
    open.hidden = false;
    follow(done.state, (said) => draw(element, said)).then((said) => {
      if (!said) return;
      at("reason").textContent = said.reason;
      at("reason").hidden = !said.reason;
      open.href = said.episode;
      label(open, said.state === "ready" ? "Open the episode" : "See what to do");
      announce(said.words);
    });
  }

  return { element, at, show };
}

/** After these there is nothing left to press. */
const ENDS = new Set(["done", "received", "cancelling", "cancelled", "left"]);
/** What is not worth interrupting somebody who listens. */
const QUIET = new Set(["turn", "opening", "cancelling"]);

function inWords(kind, how) {
  const amount = amountInWords(how.sent, how.size);
  return {
    turn: "Waiting for its turn",
    opening: "Getting ready",
    recognised: `Going on where it stopped: ${amount}`,
    sending: amount,
    again: how.isConnection
      ? `${amount}. Waiting for the connection; it goes on by itself.`
      : `${amount}. The service does not answer as it should; it goes on by itself.`,
    paused: `Paused at ${amount}`,
    stopped: `Stopped at ${amount}`,
    cancelling: "Cancelling",
    cancelled: "Cancelled",
    left: "Cancelled here; what was sent is thrown away by itself within a week",
    received: "Received",
    done: "Received",
  }[kind];
}

function label(element, words) {
  element.firstChild.textContent = words;
}

function unseen(words) {
  const span = document.createElement("span");
  span.className = "nhsuk-u-visually-hidden";
  span.textContent = words;
  return span;
}

function amountInWords(sent, size) {
  const unit = size >= 1e9 ? 1e9 : size >= 1e6 ? 1e6 : 1e3;
  const name = unit === 1e9 ? "GB" : unit === 1e6 ? "MB" : "kB";
  const digits = unit === 1e9 ? 1 : 0;
  return `${(sent / unit).toFixed(digits)} of ${(size / unit).toFixed(digits)} ${name}`;
}

function leftInWords(ms) {
  if (ms === null || !Number.isFinite(ms)) return "";
  const minutes = Math.round(ms / 60000);
  if (minutes < 1) return "less than a minute left";
  if (minutes < 60) return `about ${minutes} minute${minutes === 1 ? "" : "s"} left`;
  const hours = Math.round(minutes / 60);
  return `about ${hours} hour${hours === 1 ? "" : "s"} left`;
}

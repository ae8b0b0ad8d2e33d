// One file on its way: cut into parts, each with its hash, several at once, tried again until it is there.
// Knows nothing of the page; says how it goes by calling `tell`.
import { Again, Stopped, refusal } from "./asking.js";

const AT_ONCE = 3;
const LONGEST_WAIT_MS = 30000;
const LONGEST_PART_MS = 10 * 60 * 1000;
const LONGEST_CANCEL_MS = 30000;
const RATE_OVER_MS = 20000;

/** The address of the part is too old: another is asked for. */
class Expired extends Again {}

export class Sending {
  /** `ask(url, body, signal)` gives the server's answer or throws Stopped, Again. */
  constructor(file, asked, { begin, ask, partBytes, tell }) {
    Object.assign(this, { file, asked, begin, ask, partBytes });
    this.tell = (kind, more = {}) => tell(kind, { ...this.progress(), ...more });
    this.state = "waiting"; // then sending; then paused or stopped, and waiting again; then done or cancelled
    this.arrived = new Set();
    this.hashes = new Map(); // part number -> what we read in the file
    this.inFlight = new Map(); // part number -> bytes that have left
    this.samples = [];
  }

  /** Send until everything is there, or until something stops it. Never throws. */
  async run() {
    if (this.state !== "waiting") return;
    this.state = "sending";
    this.halting = new AbortController();
    const { signal } = this.halting;
    this.samples = [];
    try {
      const done = await this.untilDone(signal);
      if (this.state === "cancelled") return;
      this.state = "done";
      this.tell("done", { done });
    } catch (error) {
      if (signal.aborted) return; // paused or cancelled, which has been said
      if (!(error instanceof Stopped)) {
        console.error(error);
        this.forget(); // nobody knows what is wrong: ask for everything again
      }
      this.state = "stopped";
      const reason = error instanceof Stopped ? error.message : "Something went wrong. Choose Continue to try again.";
      this.tell("stopped", { reason, fields: error.fields ?? {} });
    } finally {
      this.inFlight.clear();
    }
  }

  pause() {
    this.state = "paused";
    this.halting?.abort();
    this.inFlight.clear();
    this.tell("paused");
  }

  /** Ready for another run. */
  wait() {
    this.state = "waiting";
    this.tell("turn");
  }

  /** Give it up, here and on the server. */
  async cancel() {
    this.state = "cancelled";
    this.halting?.abort();
    this.tell("cancelling");
    await this.opening?.catch(() => {}); // what is being opened can be given up once it has a name
    if (!this.upload) return this.tell("cancelled");
    try {
      await this.ask(this.upload.cancel, {}, AbortSignal.timeout(LONGEST_CANCEL_MS));
    } catch (error) {
      if (error.status === 409) return this.tell("received", { reason: error.message });
      if (error.status !== 404) return this.tell("left");
    }
    return this.tell("cancelled");
  }

  async untilDone(signal) {
    for (let tries = 1; ; tries += 1) {
      const before = this.arrived.size;
      try {
        if (!this.upload) await this.open(signal);
        await this.sendParts(signal);
        return await this.ask(this.upload.complete, {}).catch(at("complete"));
      } catch (error) {
        signal.throwIfAborted();
        const again = await this.judge(error, signal);
        this.inFlight.clear();
        if (this.arrived.size > before) tries = 1;
        this.tell("again", { isConnection: again.isConnection });
        await pass(Math.min(LONGEST_WAIT_MS, 500 * 2 ** tries) * (0.5 + Math.random() / 2), signal);
      }
    }
  }

  /** Whether there is any use in trying again: gives Again, or throws what has to be done first. */
  async judge(error, signal) {
    if (error.status === 404 && this.upload) {
      this.forget(); // swept away: begin anew with the same file
      return new Again("begin anew");
    }
    if (error.status === 409 && error.at) {
      const unknown = await this.look(signal);
      if (unknown) return unknown;
      const isWhole = this.missing().length === 0;
      if (error.at === (isWhole ? "complete" : "parts")) throw error;
      return new Again("something else happened first");
    }
    if (error instanceof Again) return error;
    throw error;
  }

  async open(signal) {
    this.tell("opening");
    const first = await this.hash(1);
    signal.throwIfAborted();
    this.opening = this.ask(this.begin, {
      ...this.asked,
      file_name: this.file.name,
      size_bytes: this.file.size,
      first_part_sha256: first,
    }).then((upload) => this.take(upload));
    try {
      await this.opening;
    } finally {
      this.opening = null;
    }
    if (this.arrived.size) this.tell("recognised");
  }

  take(upload) {
    this.upload = upload;
    this.arrived = new Set(upload.arrived);
  }

  forget() {
    this.upload = null;
    this.arrived = new Set();
  }

  /** What the server has; gives Again where that is not to be learnt now. */
  async look(signal) {
    try {
      this.take(await this.ask(this.upload.state, null, signal));
    } catch (error) {
      if (error.status === 404) this.forget();
      else if (error instanceof Again) return error;
      else throw error;
    }
    return null;
  }

  missing() {
    const count = Math.ceil(this.file.size / this.partBytes);
    return Array.from({ length: count }, (_, index) => index + 1).filter((number) => !this.arrived.has(number));
  }

  async sendParts(signal) {
    const { upload } = this;
    this.tell("sending");
    for (let isFirst = true; isFirst || this.missing().length; isFirst = false) {
      const waiting = this.missing();
      let stopped = false;
      const work = async () => {
        while (waiting.length && !stopped) await this.sendPart(upload, waiting.shift(), signal);
      };
      const all = [this.compare(upload, waiting, signal), ...Array.from({ length: AT_ONCE }, work)];
      for (const one of all) one.catch((error) => (stopped ||= error instanceof Stopped));
      const failed = (await Promise.allSettled(all)).filter((result) => result.status === "rejected").map((result) => result.reason);
      if (failed.length) throw failed.find((error) => error instanceof Stopped) ?? failed[0];
    }
  }

  /** The file may have changed since the first parts were sent: those that differ are sent again. */
  async compare(upload, waiting, signal) {
    for (const [name, sha256] of Object.entries(upload.hashes)) {
      const number = Number(name);
      signal.throwIfAborted();
      if (!this.arrived.has(number) || (await this.hash(number)) === sha256) continue;
      this.arrived.delete(number);
      waiting.push(number);
    }
  }

  async sendPart(upload, number, signal) {
    const blob = this.part(number);
    for (let isSecond = false; ; isSecond = true) {
      const said = { number, size_bytes: blob.size, sha256: await this.hash(number) };
      const { parts } = await this.ask(upload.parts, { parts: [said] }, signal).catch(at("parts"));
      try {
        await this.put(parts[0], blob, signal).catch(at("put"));
        upload.hashes[number] = said.sha256;
        break;
      } catch (error) {
        this.inFlight.delete(number);
        this.hashes.delete(number); // perhaps the file was moved: read it again
        if (isSecond || !(error instanceof Expired)) throw error;
      }
    }
    this.inFlight.delete(number);
    this.arrived.add(number);
    this.tell("sending");
  }

  put(part, blob, signal) {
    return new Promise((done, fail) => {
      signal.throwIfAborted();
      const request = new XMLHttpRequest();
      const abort = () => request.abort();
      signal.addEventListener("abort", abort);
      request.open(part.method, part.url);
      for (const [name, value] of Object.entries(part.headers)) {
        if (name.toLowerCase() !== "content-length" && name.toLowerCase() !== "host") request.setRequestHeader(name, value);
      }
      request.timeout = LONGEST_PART_MS;
      request.upload.onprogress = (event) => {
        if (signal.aborted) return;
        this.inFlight.set(part.number, event.loaded);
        this.tell("sending");
      };
      request.onload = () => (request.status >= 200 && request.status < 300 ? done() : fail(partRefusal(request.status)));
      request.onerror = () => fail(new Again("no connection", { isConnection: true }));
      request.ontimeout = () => fail(new Again("too slow", { isConnection: true }));
      request.onabort = () => fail(signal.reason);
      request.onloadend = () => signal.removeEventListener("abort", abort);
      request.send(blob);
    });
  }

  part(number) {
    return this.file.slice((number - 1) * this.partBytes, number * this.partBytes);
  }

  async hash(number) {
    if (!this.hashes.has(number)) this.hashes.set(number, await hashOf(this.part(number)));
    return this.hashes.get(number);
  }

  progress() {
    const { size } = this.file;
    let sent = 0;
    for (const number of this.arrived) sent += Math.min(this.partBytes, size - (number - 1) * this.partBytes);
    for (const bytes of this.inFlight.values()) sent += bytes;
    sent = Math.min(sent, size);
    const now = performance.now();
    this.samples.push([now, sent]);
    while (this.samples.length > 2 && now - this.samples[0][0] > RATE_OVER_MS) this.samples.shift();
    const [[since, before]] = this.samples;
    const rate = now - since > 1000 ? (sent - before) / (now - since) : 0;
    return { sent, size, leftMs: rate > 0 ? (size - sent) / rate : null };
  }
}

/** Says at which call an error came. */
function at(place) {
  return (error) => {
    throw Object.assign(error, { at: place });
  };
}

/** The store has its own reasons: 403 is an address that is too old, 400 and 422 a part that was damaged on its way. */
function partRefusal(status) {
  if (status === 403) return new Expired("status 403");
  if (status === 400 || status === 422) return new Again(`status ${status}`);
  return refusal(status);
}

async function hashOf(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await read(blob));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function read(blob) {
  try {
    return await blob.arrayBuffer();
  } catch (error) {
    throw new Stopped("The file can no longer be read. Was it moved or changed? Choose it again.", { cause: error });
  }
}

/** Let time pass, until the connection comes back or the person wants something else. */
function pass(ms, signal) {
  return new Promise((done, fail) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) fail(signal.reason);
      else done();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

// One file on its way: cut into parts, each with its hash, several at once, tried again until it is there.
// Knows nothing of the page; says how it goes by calling `tell`.

const AT_ONCE = 3;
const LONGEST_WAIT_MS = 30000;
const RATE_OVER_MS = 20000;

/** The person has to do something first; the message says what. */
export class Stopped extends Error {}
/** It may work in a moment. */
class Again extends Error {}
/** The person paused or cancelled. */
class Halted extends Error {}

export async function hashOf(blob) {
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

export class Sending {
  constructor(file, asked, { begin, token, partBytes, tell }) {
    Object.assign(this, { file, asked, begin, token, partBytes, tell });
    this.inFlight = new Map(); // part number -> bytes that have left
    this.requests = new Set();
    this.samples = [];
    this.isPaused = false;
    this.isCancelled = false;
    this.tries = 0;
    this.wake = () => {};
  }

  /** Send everything; gives what the server says of the finished recording. */
  async run() {
    for (;;) {
      try {
        if (!this.upload) await this.open();
        await this.sendParts();
        const done = await this.call(this.upload.complete, {});
        return done;
      } catch (error) {
        if (this.isCancelled) throw new Halted();
        await this.recover(error);
      }
    }
  }

  pause() {
    this.isPaused = true;
    this.stopRequests();
    this.tell("paused", this.progress());
  }

  resume() {
    this.isPaused = false;
    this.tries = 0;
    this.samples = [];
    this.wake();
  }

  async cancel() {
    this.isCancelled = true;
    this.stopRequests();
    this.wake();
    if (this.upload) await this.call(this.upload.cancel, {}).catch(() => {});
  }

  async open() {
    this.tell("opening", this.progress());
    const first = this.file.slice(0, this.partBytes);
    this.upload = await this.call(this.begin, {
      ...this.asked,
      file_name: this.file.name,
      size_bytes: this.file.size,
      first_part_sha256: await hashOf(first),
    });
    this.arrived = new Set(this.upload.arrived);
    if (this.arrived.size) this.tell("recognised", this.progress());
  }

  async sendParts() {
    const count = Math.ceil(this.file.size / this.upload.part_bytes);
    const waiting = [];
    for (let number = 1; number <= count; number += 1) if (!this.arrived.has(number)) waiting.push(number);
    const worker = async () => {
      while (waiting.length && !this.isPaused && !this.isCancelled) await this.sendPart(waiting.shift());
      if (this.isPaused || this.isCancelled) throw new Halted();
    };
    this.tell("sending", this.progress());
    const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  async sendPart(number) {
    const start = (number - 1) * this.upload.part_bytes;
    const blob = this.file.slice(start, start + this.upload.part_bytes);
    const said = { number, size_bytes: blob.size, sha256: await hashOf(blob) };
    const { parts } = await this.call(this.upload.parts, { parts: [said] });
    await this.put(parts[0], blob);
    this.inFlight.delete(number);
    this.arrived.add(number);
    this.tries = 0;
    this.tell("sending", this.progress());
  }

  put(part, blob) {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      this.requests.add(request);
      const end = (error) => {
        this.requests.delete(request);
        if (error) this.inFlight.delete(part.number);
        if (error) fail(error);
        else done();
      };
      request.open(part.method, part.url);
      for (const [name, value] of Object.entries(part.headers)) {
        if (name.toLowerCase() !== "content-length" && name.toLowerCase() !== "host") request.setRequestHeader(name, value);
      }
      request.timeout = 10 * 60 * 1000;
      request.upload.onprogress = (event) => {
        this.inFlight.set(part.number, event.loaded);
        this.tell("sending", this.progress());
      };
      request.onload = () => end(request.status >= 200 && request.status < 300 ? null : new Again(`status ${request.status}`));
      request.onerror = () => end(new Again("no connection"));
      request.ontimeout = () => end(new Again("too slow"));
      request.onabort = () => end(new Halted());
      request.send(blob);
    });
  }

  async call(url, body) {
    let answer;
    try {
      answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.token() },
        body: JSON.stringify(body),
      });
    } catch (error) {
      throw new Again("no connection", { cause: error });
    }
    if (answer.ok) return answer.json();
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 401) throw new Stopped("You have been signed out. Sign in again in another window, then continue here.");
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) throw new Again(`status ${answer.status}`);
    if (url === this.upload?.complete && answer.status === 409) {
      await this.look();
      throw new Again("parts are missing");
    }
    if (answer.status === 404 && this.upload) {
      this.upload = null; // swept away: begin anew with the same file
      throw new Again("begin anew");
    }
    throw new Stopped(said.error || "The recording could not be sent. Load the page again and choose the same file.");
  }

  async look() {
    const answer = await fetch(this.upload.state, { headers: { Accept: "application/json" } });
    if (answer.ok) this.arrived = new Set((await answer.json()).arrived);
  }

  /** Wait for whatever has to happen before the next try. */
  async recover(error) {
    this.stopRequests();
    this.inFlight.clear();
    if (this.isPaused) return this.sleep();
    if (error instanceof Stopped) {
      this.isPaused = true;
      this.tell("stopped", { ...this.progress(), reason: error.message });
      return this.sleep();
    }
    if (!(error instanceof Again) && !(error instanceof Halted)) throw error;
    this.tries += 1;
    this.tell("waiting", this.progress());
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.tries);
    return this.sleep(wait * (0.5 + Math.random() / 2));
  }

  sleep(ms) {
    return new Promise((done) => {
      const timer = ms ? setTimeout(() => this.wake(), ms) : 0;
      const online = () => {
        if (!this.isPaused) this.wake();
      };
      window.addEventListener("online", online);
      this.wake = () => {
        clearTimeout(timer);
        window.removeEventListener("online", online);
        this.wake = () => {};
        done();
      };
    });
  }

  stopRequests() {
    for (const request of [...this.requests]) request.abort();
  }

  progress() {
    const size = this.file.size;
    let sent = 0;
    for (const number of this.arrived || []) sent += Math.min(this.partBytes, size - (number - 1) * this.partBytes);
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

// Files that wait for their turn: one is sent at a time, and whatever stops it, the next one goes on.

export class Queue {
  constructor(whenIdle) {
    this.whenIdle = whenIdle;
    this.line = [];
    this.all = [];
    this.current = null;
  }

  /** Whether anything is being sent or waits for it. */
  get isBusy() {
    return this.current !== null || this.line.length > 0;
  }

  /** To the end of the line; also a file that was paused or stopped before. */
  add(sending) {
    sending.wait();
    this.line.push(sending);
    if (!this.all.includes(sending)) this.all.push(sending);
    if (!this.current) this.work();
  }

  /** Whether the service knows of any of the files, so that the list has to stay. */
  get hasBegun() {
    return this.all.some((sending) => sending.upload);
  }

  /** Nothing of this is wanted any more. */
  clear() {
    this.line = [];
    this.all = [];
  }

  leave(sending) {
    this.line = this.line.filter((other) => other !== sending);
  }

  async work() {
    while (this.line.length) {
      this.current = this.line.shift();
      await this.current.run(); // never throws
    }
    this.current = null;
    this.whenIdle();
  }
}

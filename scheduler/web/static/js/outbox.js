// What was written down and has not reached the server yet. It is kept in memory alone: no value of a patient stays in a browser.
const AGAIN = 2_000;
const SLOW = 3_000; // then it is told
const LOST = 15_000; // then it is sent once more
const GIVE_UP = new Set([400, 403, 404, 409, 412, 422, 428]);

// `told` hears how many wait; `answered` gets each sending with its answer: {ok, status, body}. Sent in order, one at a time, never twice:
// a sending keeps its key, by which the server knows it again, and the
// name of its `writer`, so that it is never taken for somebody else's.
export class Outbox {
  constructor({ writer, told, answered }) {
    [this.writer, this.told, this.answered] = [writer, told, answered];
    this.waiting = [];
    this.busy = false;
    this.failed = false;
    addEventListener("online", () => this.send());
  }

  put(sending) {
    this.waiting.push(sending);
    this.told(this.waiting.length, this.failed);
    this.send();
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length && (await this.one(this.waiting[0]))) this.waiting.shift();
    this.busy = false;
    this.told(this.waiting.length, this.failed);
    if (!this.waiting.length) return;
    clearTimeout(this.again);
    this.again = setTimeout(() => this.send(), AGAIN);
  }

  // Whether it is done with, one way or the other; a locked screen, a sign-in that has
  // ended and a server that has no time are waited for.
  async one(sending) {
    let [answer, body] = [null, {}];
    const slow = setTimeout(() => this.told(this.waiting.length, true), SLOW);
    try {
      answer = await fetch(sending.address, {
        method: "POST",
        body: JSON.stringify(sending.body),
        headers: { Accept: "application/json", "Content-Type": "application/json", "Idempotency-Key": sending.key, "Chairtime-Writer": this.writer },
        signal: AbortSignal.timeout(LOST),
      });
      body = await answer.json().catch(() => ({}));
    } catch {
      this.failed = true;
      return false;
    } finally {
      clearTimeout(slow);
    }
    const done = answer.ok || (GIVE_UP.has(answer.status) && body.code !== "locked");
    this.failed = !done;
    if (done) this.answered(sending, { ok: answer.ok, status: answer.status, body });
    return done;
  }
}

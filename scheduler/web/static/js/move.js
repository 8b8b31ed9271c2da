// A visit that is being moved by key: a ghost shows where it would go; nothing changes before the drop.
import { say } from "./dom.js";

export class Move {
  constructor(grid, card, day) {
    Object.assign(this, { grid, card, day });
    Object.assign(this, grid.at(card));
    card.classList.add("moving");
    this.ghost = document.createElement("div");
    this.ghost.className = [...card.parentElement.classList].filter((name) => !/^(at|lane|of|t[hm])\d/.test(name)).join(" ") + " at0";
    const face = this.ghost.appendChild(document.createElement("div"));
    face.className = "ghost";
    this.#show();
    say("Moving. Arrows to choose, Enter to drop, Escape to put it back.");
  }

  step(down, right) {
    const cell = this.grid.cell(this.row + down, this.column + right);
    if (!cell) return;
    this.row += down;
    this.column += right;
    this.#show();
    say(`${this.#time()}, ${this.#resource()}`);
  }

  drop() {
    const target = this.#cell();
    const body = new URLSearchParams({
      starts_on: this.day, starts_time: this.#startTime(), resource: target.dataset.resource, session_version: this.card.dataset.version,
      idempotency_key: crypto.randomUUID?.() ?? String(performance.now()),
    });
    this.back();
    return { card: this.card, address: `/sessions/${this.card.dataset.session}/move`, body };
  }

  back() {
    this.card.classList.remove("moving");
    this.ghost.remove();
  }

  #cell() {
    return this.grid.cell(this.row, this.column);
  }

  #time() {
    return this.#cell().closest("tr").dataset.time;
  }

  // The card may stand where the visit's later steps are: the visit itself starts so much earlier.
  #startTime() {
    const [hours, minutes] = this.#time().split(":").map(Number);
    const start = Math.max(0, hours * 60 + minutes - Number(this.card.dataset.lead));
    return [Math.floor(start / 60), start % 60].map((part) => String(part).padStart(2, "0")).join(":");
  }

  #resource() {
    const heads = this.grid.board.querySelectorAll("thead tr:last-child th:not(.gutter-head)");
    return heads[this.column].firstChild.textContent;
  }

  #show() {
    this.ghost.firstChild.textContent = `${this.#time()} ${this.#resource()}`;
    this.#cell().append(this.ghost);
    this.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

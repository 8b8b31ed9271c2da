// Roving focus over the board: one item can be reached by Tab, the arrows move between items. An item is a card, or a free quarter of an hour.

export class Grid {
  constructor(board) {
    this.board = board;
    this.restore(null);
    board.addEventListener("focusin", (event) => {
      const item = event.target.closest("[data-session], td");
      if (item) this.#mark(item);
    });
  }

  current() {
    return this.board.querySelector("[tabindex='0']:is(td, [data-session])");
  }

  focus(item) {
    if (!item) return;
    this.#mark(item);
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // Where the focus is, in words that outlive a redraw.
  place() {
    const item = this.current();
    return item && { session: item.dataset.session, key: item.closest("td").dataset.key, focused: item === document.activeElement };
  }

  restore(place) {
    for (const item of this.board.querySelectorAll("td, [data-session]")) item.tabIndex = -1;
    const cell = place && this.board.querySelector(`td[data-key="${CSS.escape(place.key)}"]`);
    const card = cell && place.session && (cell.querySelector(`[data-session="${place.session}"]`) ?? this.board.querySelector(`[data-session="${place.session}"]`));
    const first = this.board.querySelector("tr.now [data-session], tr.now ~ tr [data-session]") ?? this.board.querySelector("[data-session]");
    const item = card || cell || first || this.board.querySelector("td");
    if (!item) return;
    item.tabIndex = 0;
    if (place?.focused) item.focus({ preventScroll: true });
  }

  rows() {
    return [...this.board.querySelectorAll("tbody tr")];
  }

  at(item) {
    const cell = item.closest("td");
    return { row: this.rows().indexOf(cell.parentElement), column: [...cell.parentElement.querySelectorAll("td")].indexOf(cell) };
  }

  cell(row, column) {
    return this.rows()[row]?.querySelectorAll("td")[column] ?? null;
  }

  step(down, right) {
    const { row, column } = this.at(this.current());
    this.focus(down ? this.#below(column, down) : this.#nearest(column + right, row));
  }

  edge(last) {
    const items = this.#items(this.at(this.current()).column);
    this.focus(items.at(last ? -1 : 0).item);
  }

  // The items of a column in order of time: cards (with the rows that they cover) and the cells that no card covers.
  #items(column) {
    const items = [];
    let coveredUntil = 0;
    this.rows().forEach((line, row) => {
      const cell = line.querySelectorAll("td")[column];
      const cards = [...(cell?.querySelectorAll("[data-session]") ?? [])];
      for (const card of cards) {
        const until = row + Math.max(1, Math.ceil(Number(card.dataset.minutes) / 15));
        items.push({ item: card, row, until });
        coveredUntil = Math.max(coveredUntil, until);
      }
      if (cell && !cards.length && row >= coveredUntil) items.push({ item: cell, row, until: row + 1 });
    });
    return items;
  }

  #below(column, down) {
    const items = this.#items(column);
    const here = items.findIndex(({ item }) => item === this.current());
    return items[here + down]?.item;
  }

  #nearest(column, row) {
    if (column < 0) return null;
    const items = this.#items(column);
    return (items.find(({ row: from, until }) => from <= row && row < until) ?? items.at(-1))?.item;
  }

  #mark(item) {
    const before = this.current();
    if (before) before.tabIndex = -1;
    item.tabIndex = 0;
  }
}

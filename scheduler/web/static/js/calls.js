// Keeps the call list true while several people call from it: who is called leaves every screen, and nothing that is being typed is lost.
import { say } from "./dom.js";
import { fetched, listen } from "./live.js";

const here = new URL(location.href);
here.search = "?fragment=now";
const list = () => document.querySelector("[data-calls]");

const busy = (card) => card.contains(document.activeElement) || card.querySelector("details[open]") !== null;

function merge(old, fresh) {
  const cards = new Map([...old.children].map((card) => [card.dataset.key, card]));
  const freshes = [...fresh.children];
  const keys = new Set(freshes.map((card) => card.dataset.key));
  for (const [key, card] of cards) {
    if (keys.has(key)) continue;
    if (busy(card)) card.querySelector("[data-gone]").hidden = false;
    else card.remove();
  }
  let before = null;
  for (const card of freshes) {
    const known = cards.get(card.dataset.key);
    if (known) known.querySelector("[data-facts]").replaceWith(card.querySelector("[data-facts]"));
    else if (before) before.after(card);
    else old.prepend(card);
    before = known ?? card;
  }
}

async function look() {
  const fresh = await fetched(here.href);
  if (!fresh) return;
  const [old, now] = [list(), fresh.querySelector("[data-calls]")];
  const had = old.children.length;
  merge(old, now);
  document.querySelector("[data-nobody]").hidden = old.children.length > 0;
  if (old.children.length !== had) say(`${old.children.length} to call`);
}

if (list().dataset.calls) listen(list().dataset.calls, look);

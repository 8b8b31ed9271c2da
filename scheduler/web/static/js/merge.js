// Puts a fresh sheet into the place of the old one. What somebody writes in is left alone, and nothing moves under a finger: what was answered
// keeps its height, and a step that is open stays open, until the page is opened anew.
const typedIn = (field) => field === document.activeElement || (field.value !== field.defaultValue && field.type !== "hidden");
const isTyped = (part) => [...part.querySelectorAll("input, textarea")].some(typedIn) || Boolean(part.querySelector("[data-asks]"));
const isTold = (part) => Boolean(part.querySelector("[data-fault]")?.textContent);
const isBusy = (part) => isTyped(part) || isTold(part);

export function mergeSheet(old, fresh) {
  const olds = new Map([...old.children].map((part) => [part.dataset.key, part]));
  let last = null;
  for (const part of [...fresh.children]) {
    const before = olds.get(part.dataset.key);
    olds.delete(part.dataset.key);
    if (!before) last ? last.after(part) : old.prepend(part);
    last = before ? merged(before, part) : part;
  }
  for (const gone of olds.values()) if (!isBusy(gone)) gone.remove();
  return [];
}

// The part that stands afterwards.
function merged(before, part) {
  if (part.dataset.key === "happened" || before.isEqualNode(part)) return before;
  if ("group" in part.dataset) {
    mergeGroup(before, part);
    return before;
  }
  const open = before.querySelector("details")?.open;
  before.replaceWith(part);
  if (open !== undefined && part.querySelector("details")) part.querySelector("details").open = open;
  return part;
}

function mergeGroup(old, fresh) {
  const folded = old.classList.contains("is-folded");
  const [head, quick] = [old.querySelector("header"), old.querySelector(".quick-answers")];
  const freshHead = fresh.querySelector("header");
  if (!folded) freshHead.querySelector("[data-unfold]")?.remove();
  if (!head.contains(document.activeElement) && !head.isEqualNode(freshHead)) head.replaceWith(freshHead);
  if (quick) replaceQuick(quick, fresh.querySelector(".quick-answers"));
  for (const item of fresh.querySelectorAll(".item")) {
    const before = old.querySelector(`#${CSS.escape(item.id)}`);
    if (before && !isTyped(before)) mergeItem(before, item, folded);
  }
}

function mergeItem(before, item, folded) {
  if (isTold(before)) return mergeReadings(before, item);
  if (bare(before).isEqualNode(item)) return;
  if (!before.classList.contains("is-said")) item.classList.remove("is-said");
  if (!folded) item.style.minHeight = `${before.offsetHeight}px`;
  const pending = before.querySelector("[data-pending]");
  if (pending) item.querySelector("[data-saved]").replaceChildren(pending);
  before.replaceWith(item);
}

// Where it is told that something was not saved, that stays; what was saved meanwhile is shown beside it.
function mergeReadings(before, item) {
  const [old, fresh] = [before.querySelector(".readings"), item.querySelector(".readings")];
  if (fresh && old) old.replaceChildren(...fresh.childNodes);
  else if (fresh) before.querySelector(".asks").after(fresh);
}

function replaceQuick(old, fresh) {
  if (fresh) old.replaceChildren(...fresh.childNodes);
  else old.classList.add("is-gone");
}

function bare(item) {
  const copy = item.cloneNode(true);
  copy.removeAttribute("style");
  copy.removeAttribute("tabindex");
  for (const line of copy.querySelectorAll("[data-saved]")) line.replaceChildren();
  return copy;
}

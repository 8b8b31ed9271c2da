// Puts a fresh sheet into the place of the old one, and leaves alone what somebody is writing in.
const typedIn = (field) => field === document.activeElement || (field.value !== field.defaultValue && field.type !== "hidden");
const isBusy = (part) => [...part.querySelectorAll("input, textarea")].some(typedIn) || Boolean(part.querySelector("[data-asks]"));

// The parts go by key. A group in which somebody writes takes over everything but the items that they write in.
export function mergeSheet(old, fresh) {
  const olds = new Map([...old.children].map((part) => [part.dataset.key, part]));
  const changed = [];
  let last = null;
  for (const part of [...fresh.children]) {
    const before = olds.get(part.dataset.key);
    olds.delete(part.dataset.key);
    let stands = before ?? part;
    if (!before) last ? last.after(part) : old.prepend(part);
    else if (part.dataset.key !== "happened" && !before.isEqualNode(part)) {
      if (isBusy(before)) mergeItems(before, part);
      else {
        before.replaceWith(part);
        stands = part;
      }
      changed.push(stands);
    }
    last = stands;
  }
  for (const gone of olds.values()) if (!isBusy(gone)) gone.remove();
  return changed;
}

function mergeItems(old, fresh) {
  for (const item of fresh.querySelectorAll(".item")) {
    const before = old.querySelector(`#${CSS.escape(item.id)}`);
    if (before && !isBusy(before) && !before.isEqualNode(item)) before.replaceWith(item);
  }
}

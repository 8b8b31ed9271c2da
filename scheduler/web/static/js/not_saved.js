// What the server would not take: it comes back into its field, and it is told there and at the foot of the page until somebody has done
// something about it. Never does it come into a field that somebody writes in by then.
const sheet = document.querySelector("[data-sheet]");
const foot = document.querySelector("[data-not-saved]");

export const written = (part) => part.querySelector(".number input, textarea");
const faultOf = (part) => part.querySelector("[data-fault]");
const isWrittenIn = (field) => field === document.activeElement || field.value !== "";
const fieldsOf = (part) => (part.dataset.kind === "device" ? [...part.querySelectorAll(".device input")] : [written(part)].filter(Boolean));

export const wordsOf = (value) => (typeof value === "object" ? value.lot : value === true ? "yes" : String(value));

export function tell(part, sentence) {
  faultOf(part).textContent = sentence;
  const group = part.closest("[data-group].is-folded");
  if (sentence) group?.querySelector("[data-unfold]").click();
  list();
}

function list() {
  const told = [...sheet.querySelectorAll(".item")].filter((part) => part.dataset.refused && faultOf(part).textContent);
  foot.hidden = !told.length;
  foot.querySelector("[data-items]").replaceChildren(...told.map((part) => {
    const link = Object.assign(document.createElement("a"), { href: `#${part.id}`, textContent: `${part.dataset.words} ${part.dataset.refused}` });
    const line = document.createElement("li");
    line.append(link);
    return line;
  }));
}

// Somebody has done something about it.
export function clear(part) {
  delete part.dataset.refused;
  part.querySelector("[data-asks]")?.remove();
  tell(part, "");
}

// `isBack` says whether the value may stand in its field again, or is to be typed anew.
export function refuse(part, value, reason, isBack) {
  part.dataset.refused = wordsOf(value);
  const fields = fieldsOf(part);
  if (isBack && !fields.some(isWrittenIn)) fields.forEach((field) => { field.value = textFor(field, part.dataset.kind, value); });
  tell(part, `${wordsOf(value)} was not saved. ${reason}`);
}

function textFor(field, kind, value) {
  if (kind === "device") return String(value[field.name.split(".").pop()]);
  return kind === "time" ? value.slice(11, 16) : String(value);
}

foot.querySelector("[data-put-away]").addEventListener("click", () => {
  for (const part of sheet.querySelectorAll(".item[data-refused]")) clear(part);
});

// The digits under the field that is being written in, so that no keyboard of the tablet covers the sheet.
const pad = document.querySelector("[data-keypad]");
const STAYS = 350; // so that nothing moves between the press of a button elsewhere and its click
const LEAVES = 16; // pixels between the field and the digits
let field = null;
let hiding = 0;

const limit = (input, side) => (input.dataset[side] === "" ? null : Number(input.dataset[side]));

// No further digit is possible: the field is complete, and the next one has the focus.
export function isComplete(input) {
  const high = limit(input, "high");
  const low = limit(input, "low") ?? 0;
  if (high === null || "decimal" in input.dataset || !/^\d+$/.test(input.value)) return false;
  return Number(input.value) >= low && Number(input.value) * 10 > high;
}

// A field that was left has been saved, and may stand anew on the page: no key writes into it any more.
function writeInto(input) {
  field = input;
  for (const key of pad.querySelectorAll("button:not([data-next])")) key.disabled = !field;
  if (field) pad.querySelector('[data-digit="."]').disabled = !("decimal" in field.dataset);
}

function write(text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export function step(input, by) {
  const before = Number(input.value);
  if (input.value === "" || Number.isNaN(before)) return;
  input.value = String(Math.round((before + by) * 100) / 100);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

export function follow(sheet, { next }) {
  const coarse = matchMedia("(pointer: coarse)").matches;
  sheet.addEventListener("focusin", (event) => {
    if (!event.target.matches(".number input[inputmode]")) {
      hide();
      return;
    }
    clearTimeout(hiding);
    writeInto(event.target);
    if (!coarse) return;
    field.setAttribute("inputmode", "none");
    field.closest("[data-group]").append(pad);
    pad.hidden = false;
    const covered = field.getBoundingClientRect().bottom - pad.getBoundingClientRect().top;
    if (covered > 0) scrollBy(0, covered + LEAVES);
  });
  sheet.addEventListener("focusout", (event) => {
    if (event.target === field) writeInto(null);
  });
  const hide = () => {
    writeInto(null);
    clearTimeout(hiding);
    hiding = setTimeout(() => { pad.hidden = true; }, STAYS);
  };
  pad.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    if (!field) hide();
    else if ("digit" in key.dataset) write(field.value + key.dataset.digit);
    else if ("rub" in key.dataset) write(field.value.slice(0, -1));
    else if ("less" in key.dataset) step(field, -1);
    else if ("more" in key.dataset) step(field, 1);
    else next(field);
  });
  return { hide };
}

// What is pressed or has the focus stands still for its person, although parts of the page are exchanged meanwhile.
const STOPS = "a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select, textarea, summary, [tabindex]";
const CLICK_COMES_WITHIN = 400; // after a finger is off the glass

let pressed = false;
let waiting = [];

function letGo() {
  pressed = false;
  const does = waiting;
  waiting = [];
  does.forEach((go) => go());
}

const press = () => { pressed = true; };
addEventListener("pointerdown", press, true);
addEventListener("keydown", (event) => event.key === " " && press(), true);
addEventListener("click", () => setTimeout(letGo), true);
for (const kind of ["pointerup", "pointercancel", "keyup", "blur"]) addEventListener(kind, () => setTimeout(letGo, CLICK_COMES_WITHIN), true);

// Comes true once nothing is pressed any more: a button that is exchanged between the press and its click would lose the press.
export const nothingPressed = () => (pressed ? new Promise((go) => waiting.push(go)) : Promise.resolve());

const nameOf = (part) => (part.id ? `#${CSS.escape(part.id)}` : part.dataset.key ? `[data-key="${CSS.escape(part.dataset.key)}"]` : null);

// The parts around that have a name, the inmost first.
function placesOf(element) {
  const found = [];
  for (let part = element; part; part = part.parentElement) if (nameOf(part)) found.push(nameOf(part));
  return found;
}

// By what a thing is known again: not by what it counts or says, where it has a name.
function signOf(element) {
  const label = element.getAttribute("name") ?? element.getAttribute("href") ?? element.getAttribute("aria-label") ?? element.textContent.trim();
  return `${element.tagName} ${label} ${element.dataset.value ?? ""}`;
}

const shown = (element) => element.getClientRects().length > 0;
const stopsIn = (part) => [part, ...part.querySelectorAll(STOPS)].filter((each) => each.matches(STOPS) && shown(each));

function heirOf(places, sign) {
  const parts = places.map((name) => document.querySelector(name)).filter((part) => part && shown(part));
  for (const part of parts) {
    const same = stopsIn(part).find((each) => signOf(each) === sign);
    if (same) return same;
  }
  return (parts[0] && stopsIn(parts[0])[0]) ?? parts[0];
}

// Does something that may exchange what has the focus. The focus goes to the same thing as it is now, or to what is nearest to where it was.
export function keepingFocus(change) {
  const focused = document.activeElement;
  const [places, sign] = [placesOf(focused), signOf(focused)];
  const result = change();
  const by = document.activeElement;
  if (focused === document.body || (by !== document.body && shown(by))) return result;
  const heir = heirOf(places, sign);
  if (heir && !heir.matches(STOPS)) heir.tabIndex = -1;
  heir?.focus({ preventScroll: true });
  return result;
}

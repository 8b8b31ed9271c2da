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

const shown = (element) => element.checkVisibility({ visibilityProperty: true });
const stopsIn = (part) => [...part.querySelectorAll(STOPS)].filter(shown);

// The same thing as it stands now, else the next one from the inmost part on that is still there.
function heirOf(places, sign) {
  const part = places.map((name) => document.querySelector(name)).find((each) => each && shown(each));
  if (!part) return null;
  const follows = (each) => part.contains(each) || part.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING;
  return stopsIn(part).find((each) => signOf(each) === sign) ?? stopsIn(document).find(follows);
}

// Does something that may exchange what has the focus. The focus goes to the same thing as it is now, or to the next that there is; with a
// keyboard it is seen there, while under a finger nothing moves.
export function keepingFocus(change) {
  const focused = document.activeElement;
  if (focused === document.body) return change();
  const [byKey, places, sign] = [focused.matches(":focus-visible"), placesOf(focused), signOf(focused)];
  const result = change();
  const by = document.activeElement;
  if (by !== document.body && by.isConnected && shown(by)) return result;
  const heir = heirOf(places, sign);
  heir?.focus({ preventScroll: true });
  if (byKey) heir?.scrollIntoView({ block: "nearest" });
  return result;
}

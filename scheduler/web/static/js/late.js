// What happened earlier: when, and why it is written down only now. An earlier time holds for one set of answers; then it is now again.
import { region, say } from "./dom.js";
import { nothingPressed } from "./held.js";
import { now } from "./server_clock.js";

const HOLDS = 120_000;

const sheet = document.querySelector("[data-sheet]");
const sign = document.querySelector("[data-late-sign]");
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: sheet.dataset.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const NOW = { on: false, at: null, code: "", words: "", told: "" };

export const lateness = { ...NOW };
export const today = () => region("watch", sheet).dataset.today;
let tellTold = () => {};
let step = null; // the step that the set is of
let said = new Set(); // what was saved of it
let before = null; // what held until a moment ago
let usedAt = 0;

// Called whenever it is said, or need not be said any more.
export const whenTold = (does) => { tellTold = does; };

const happened = () => sheet.querySelector("[data-happened]");
const fields = () => happened().querySelector("[data-earlier]");
const timeOf = (late) => (late.at?.endsWith("Z") ? clock.format(Date.parse(late.at)) : late.at?.slice(-5) ?? "");

function tellWhenTold() {
  show();
  if (isLateTold()) tellTold();
}

function isLateTold() {
  if (!lateness.on) return true;
  const time = fields().querySelector("[data-at]").value;
  if (time && !lateness.at) lateness.at = `${today()}T${time}`;
  lateness.words = fields().querySelector("[data-late-text]").value.trim() || lateness.told || "";
  return Boolean(lateness.at && lateness.code && lateness.words.length >= 5);
}

// Whether it is said, or is not needed; where it is owed it is asked for.
export function lateIsTold() {
  if (isLateTold()) return true;
  fields().classList.add("owes");
  fields().scrollIntoView({ block: "nearest" });
  say("Say when it happened and why it is written down only now.");
  return false;
}

export function mark(group, chosen) {
  for (const chip of group) {
    chip.classList.toggle("on", chip === chosen);
    chip.setAttribute("aria-pressed", String(chip === chosen));
  }
}

// The sign below, and a mark at each answer, so that nobody writes down what is now as of another time.
function show() {
  const [time, was] = [timeOf(lateness), before ? timeOf(before) : ""];
  sheet.classList.toggle("is-late", lateness.on);
  sheet.style.setProperty("--late", JSON.stringify(time ? `as of ${time}` : "as of when?"));
  sign.hidden = !lateness.on && !was;
  sign.classList.toggle("warn", lateness.on);
  sign.querySelector("[data-late-told]").textContent = lateness.on
    ? (time ? `What you write is kept as of ${time}, not as of now.` : "Say when it happened, and why it is written down only now.")
    : `Now again. What you wrote before is kept as of ${was}.`;
  sign.querySelector("[data-to-now]").textContent = lateness.on ? "Back to now" : "Good";
  const again = sign.querySelector("[data-again]");
  again.hidden = lateness.on || !was;
  again.textContent = `Once more as of ${was}`;
}

// What is hidden moves what stands below: not under a finger.
async function hideFields() {
  await nothingPressed();
  if (lateness.on) return;
  fields().hidden = true;
  for (const field of fields().querySelectorAll("input")) field.value = "";
  mark([...fields().querySelectorAll(".chip")], null);
}

function set(late) {
  [step, said, usedAt] = [null, new Set(), Date.now()];
  Object.assign(lateness, late);
  mark([...happened().querySelectorAll("[data-when]")], happened().querySelector(`[data-when="${late.on ? "earlier" : "now"}"]`));
  if (late.on) fields().hidden = false;
  else hideFields();
  fields().classList.remove("owes");
  show();
}

function toNow(was = null) {
  before = was;
  set(NOW);
  say(was ? `Now again. What you wrote before is kept as of ${timeOf(was)}.` : "Now again.");
}

function onceMore() {
  const late = before;
  before = null;
  set(late);
  fields().querySelector("[data-at]").value = timeOf(late);
  mark([...fields().querySelectorAll("[data-late-reason]")], fields().querySelector(`[data-late-reason="${late.code}"]`));
  if (!late.told) fields().querySelector("[data-late-text]").value = late.words;
  fields().querySelector("[data-late-words]").hidden = Boolean(late.told);
}

const isOver = (part) => step && (part.closest("[data-group]").id !== step || (part.dataset.kind === "number" && said.has(part.dataset.item)));

// Somebody goes to an item: of another step, or to measure the same anew, which is not of the set any more.
export function goesTo(part) {
  if (lateness.on && isOver(part)) toNow({ ...lateness });
}

// Something is sent: with an earlier time it is of the set that began with it.
export function used(part) {
  if (lateness.on) [usedAt, step] = [Date.now(), step ?? part.closest("[data-group]").id];
}

export const isSaved = (code) => said.add(code);

// Nothing was written for a while: whoever comes next means now.
export function restsAwhile() {
  if ((!lateness.on && !before) || Date.now() - usedAt < HOLDS) return;
  if (lateness.on) toNow(isLateTold() ? { ...lateness } : null);
  else toNow();
}

sheet.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-happened] .chip");
  if (!chip) return;
  usedAt = Date.now();
  if (chip.dataset.when === "now") toNow();
  else if (chip.dataset.when && !lateness.on) set({ ...NOW, on: true });
  else if (chip.dataset.ago) {
    const at = new Date(now() - Number(chip.dataset.ago) * 60_000);
    lateness.at = at.toISOString();
    fields().querySelector("[data-at]").value = clock.format(at);
    mark([...chip.parentElement.children], chip);
  } else if (chip.dataset.lateReason) {
    lateness.code = chip.dataset.lateReason;
    lateness.told = chip.dataset.lateReason === "other" ? "" : `${chip.textContent}.`;
    fields().querySelector("[data-late-words]").hidden = chip.dataset.lateReason !== "other";
    mark([...chip.parentElement.children], chip);
  }
  fields().classList.remove("owes");
  tellWhenTold();
});

sheet.addEventListener("change", (event) => {
  usedAt = Date.now();
  if (event.target.matches("[data-at]")) {
    lateness.at = event.target.value ? `${today()}T${event.target.value}` : null;
    mark([...sheet.querySelectorAll("[data-ago]")], null);
  } else if (!event.target.matches("[data-late-text]")) return;
  tellWhenTold();
});

sign.querySelector("[data-to-now]").addEventListener("click", () => {
  toNow();
  tellWhenTold();
});
sign.querySelector("[data-again]").addEventListener("click", onceMore);

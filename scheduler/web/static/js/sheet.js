// The session sheet: what is written down is saved when a field is left, waits in sight while the network is away, and goes with its own time.
import { say } from "./dom.js";
import { keep } from "./kept.js";
import { goesTo, isSaved, lateIsTold, lateness, mark, restsAwhile, today, used, whenTold } from "./late.js";
import { follow, isComplete, step } from "./keypad.js";
import { mergeSheet } from "./merge.js";
import { clear, refuse, tell, wordsOf, written } from "./not_saved.js";
import { Outbox } from "./outbox.js";
import { lineIs } from "./reach.js";
import { eachBeat, now } from "./server_clock.js";
import "./wake.js";

const NETWORK_IS_SLOW = 4 * 60_000;
const ACTIONS = { measured_again: "Measured again", physician_told: "Physician told", nurse_told: "Charge nurse told", watched_closely: "Watched closely" };

const sheet = document.querySelector("[data-sheet]");
const banner = document.querySelector("[data-outbox]");
const unlikely = new Map(); // what was typed once and is unusual, by item
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: sheet.dataset.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

const item = (code) => sheet.querySelector(`[data-item="${CSS.escape(code)}"]`);
const newKey = () => `s-${crypto.randomUUID()}`;

// Sending

let goesOn = null; // where somebody goes once all is saved

const outbox = new Outbox({
  writer: sheet.dataset.writer,
  told: (waiting, failed) => {
    banner.hidden = !waiting || !failed;
    if (!waiting && goesOn) setTimeout(goesOn);
    if (!waiting) goesOn = null;
    banner.querySelector("[data-count]").textContent = waiting;
    banner.querySelector("[data-waits]").textContent = waiting === 1 ? "entry waits for the network." : "entries wait for the network.";
  },
  answered: (sending, answer) => {
    if (answer.ok) saved(sending, answer.body);
    else refused(sending, answer.body);
    shown.refresh();
  },
});

const isTyped = () => [...sheet.querySelectorAll(".item")].some((each) => written(each)?.value || each.dataset.refused);
const isUnsaved = () => Boolean(outbox.waiting.length || owed.length || isTyped());

// A sign-in that has ended takes nobody away from what is not saved yet.
document.addEventListener("ended", (event) => {
  const part = document.activeElement.closest?.(".item");
  if (part && document.activeElement === written(part)) leave(part, null);
  if (isUnsaved()) event.preventDefault();
});

addEventListener("beforeunload", (event) => {
  if (isUnsaved()) event.preventDefault(); // who wants to go is asked
});

// Who goes on while something is being saved is taken there once it is.
function hold(event, goOn) {
  if (!outbox.waiting.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  goesOn = goOn;
}

document.addEventListener("submit", (event) => hold(event, () => event.target.requestSubmit(event.submitter)), true);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link && !link.getAttribute("href").startsWith("#")) hold(event, () => location.assign(link.href));
}, true);

// One press: answers that belong together, observed at one instant.
function send(answers) {
  const at = lateness.at ?? new Date(now()).toISOString();
  const late = lateness.at ? { reason_code: lateness.code, reason: lateness.words } : {};
  const entries = answers.map(({ part, ...answer }) => ({ ...answer, observed_at: at, ...late }));
  answers.forEach(pending);
  used(answers[0].part);
  outbox.put({ address: sheet.dataset.entries, key: newKey(), body: { entries }, since: Date.now(), isLate: Boolean(lateness.at), retried: false });
}

function pending({ part, item: code, value }) {
  const line = document.createElement("span");
  line.className = "pending";
  line.dataset.pending = code;
  line.textContent = `${wordsOf(value)} · being saved`;
  clear(part);
  part.querySelector("[data-saved]").replaceChildren(line);
}

function saved(sending, body) {
  const at = clock.format(Date.parse(body.entries?.[0]?.recorded_at ?? new Date(now()).toISOString()));
  for (const { item: code } of sending.body.entries) {
    unlikely.delete(code);
    if (sending.isLate) isSaved(code);
    const line = item(code)?.querySelector("[data-saved]");
    if (line) line.textContent = `saved ${at}`;
  }
  say(`Saved ${at}.`);
}

let touchedAt = 0;
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { touchedAt = Date.now(); }, true);

// What the server will not take is given back. The focus goes there only if nobody has touched anything since.
function refused(sending, body) {
  if (comesLate(sending, body)) return;
  const named = body.conflicts?.map((each) => each.field) ?? [];
  const entries = sending.body.entries;
  const about = entries.find((each) => named.includes(each.item)) ?? entries.at(-1);
  for (const entry of entries) giveBack(sending, entry, entry === about, body);
  const part = item(about.item);
  if (!part) return;
  if (body.code === "unlikely") {
    unlikely.set(about.item, about.value);
    if (touchedAt <= sending.since && document.activeElement === document.body) written(part)?.focus();
  }
  if (body.code === "outside_limits") ask(part, ACTIONS, "What was done?", (action) => again(sending, about.item, { action }));
}

function giveBack(sending, entry, isAbout, body) {
  const part = item(entry.item);
  if (!part) return;
  const reason = isAbout ? (body.message ?? "Try again.") : "It was sent together with what was not taken.";
  const isNewer = outbox.waiting.some((each) => each !== sending && each.body.entries.some(({ item: code }) => code === entry.item));
  if (!isNewer) part.querySelector("[data-saved]").textContent = "";
  refuse(part, entry.value, reason, !isNewer && !(isAbout && body.code === "unlikely"));
  const quick = part.closest("[data-group]").querySelectorAll("[data-all]");
  for (const button of quick) if (button.dataset.all.split(" ").includes(entry.item)) button.ariaDisabled = "false";
}

// An entry that waited for the network so long that it counts as late says just that.
function comesLate(sending, body) {
  const owesReason = body.conflicts?.some((each) => each.field === "reason_code");
  if (!owesReason || sending.retried || sending.isLate || Date.now() - sending.since < NETWORK_IS_SLOW) return false;
  const entries = sending.body.entries.map((entry) => ({ ...entry, reason_code: "network_down", reason: "The network was down." }));
  outbox.put({ ...sending, key: newKey(), body: { entries }, retried: true });
  return true;
}

function again(sending, code, more) {
  const entries = sending.body.entries.map((entry) => (entry.item === code ? { ...entry, ...more } : entry));
  for (const entry of entries) {
    const part = item(entry.item);
    const field = part && written(part);
    if (field && field !== document.activeElement && field.value === String(entry.value)) field.value = "";
    if (part) pending({ part, ...entry });
  }
  outbox.put({ ...sending, key: newKey(), body: { entries }, since: Date.now() });
}

function ask(part, choices, question, chosen) {
  const chips = document.createElement("div");
  chips.className = "chips asks-for";
  chips.dataset.asks = "";
  chips.setAttribute("role", "group");
  chips.setAttribute("aria-label", question);
  for (const [code, words] of Object.entries(choices)) {
    const chip = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: words });
    chip.addEventListener("click", () => chosen(code));
    chips.append(chip);
  }
  part.querySelector("[data-asks]")?.remove();
  part.querySelector("[data-fault]").after(chips);
}

// Answers

function numberOf(part) {
  const text = written(part).value.trim().replace(",", ".");
  if (!/^\d+(\.\d+)?$/.test(text)) {
    tell(part, "Digits only, such as 120.");
    return null;
  }
  return Number(text);
}

function answerOf(part) {
  const [field, code] = [written(part), part.dataset.item];
  if (!field || field.value.trim() === "") return null;
  const value = { number: () => numberOf(part), text: () => field.value.trim(), time: () => `${today()}T${field.value}` }[part.dataset.kind]();
  if (value === null) return null;
  return { part, item: code, value, ...(unlikely.get(code) === value ? { typed_twice: true } : {}) };
}

// A field that is left is saved; two numbers that are read as one, as a blood pressure, are saved as one.
function leave(part, to) {
  const goesTo = to?.closest(".item");
  const other = [...part.closest("[data-group]").querySelectorAll(".item")].find((each) => isPair(part, each));
  if (other && goesTo === other) return;
  const answers = (other ? [part, other] : [part]).map(answerOf).filter(Boolean);
  if (!answers.length || !lateIsTold()) return;
  for (const { part: each } of answers) written(each).value = "";
  send(answers);
}

const owed = []; // what was pressed before it was said when it happened

// Sends what was pressed, or has it wait in sight until it is said when it happened and why it comes late: no press is lost.
function press(answers) {
  goesTo(answers[0].part);
  if (lateIsTold()) {
    send(answers);
    return;
  }
  owed.push(() => send(answers));
  for (const { part } of answers) part.querySelector("[data-saved]").textContent = "waits: say when it happened";
}

// What stands in fields that nobody is in any more.
function leaveAll() {
  const typed = [...sheet.querySelectorAll(".item:not([data-refused])")].filter((part) => written(part)?.value && written(part) !== document.activeElement);
  for (const part of typed) if (written(part).value) leave(part, null);
}

whenTold(() => {
  owed.splice(0).forEach((go) => go());
  leaveAll();
});

const isPair = (one, two) => one.dataset.below === two.dataset.item || two.dataset.below === one.dataset.item;

sheet.addEventListener("focusout", (event) => {
  const part = event.target.closest(".item");
  if (part && event.target === written(part) && !document.hidden) leave(part, event.relatedTarget);
});

sheet.addEventListener("focusin", (event) => {
  const part = event.target.closest(".item");
  if (part) goesTo(part);
});

eachBeat(() => {
  if (!owed.length && !isTyped()) restsAwhile();
});

addEventListener("visibilitychange", () => {
  const part = document.hidden && document.activeElement?.closest?.(".item");
  if (part && document.activeElement === written(part)) leave(part, null);
});

const fields = (part) => [...part.closest("[data-group]").querySelectorAll(".number input[inputmode]")];

function next(field) {
  const all = fields(field);
  const after = all[all.indexOf(field) + 1];
  if (after) after.focus();
  else field.blur();
}

const keypad = follow(sheet, { next });
new ResizeObserver(([foot]) => sheet.style.setProperty("--foot", `${foot.contentRect.height}px`)).observe(document.querySelector("[data-foot]"));

sheet.addEventListener("input", (event) => {
  event.target.closest(".item")?.querySelector("[data-asks]")?.remove(); // they were about what stood there before
  if (event.target.matches(".number input[inputmode]") && isComplete(event.target)) next(event.target);
});

sheet.addEventListener("keydown", (event) => {
  if (!event.target.matches(".number input")) return;
  if (event.key === "Enter") next(event.target);
  else if (event.target.matches("[inputmode]") && event.key === "ArrowUp") step(event.target, 1);
  else if (event.target.matches("[inputmode]") && event.key === "ArrowDown") step(event.target, -1);
  else return;
  event.preventDefault();
});

sheet.addEventListener("pointerdown", (event) => {
  if (event.target.closest("[data-step]")) event.preventDefault(); // the field keeps the focus
});

const presses = {
  step: (button, part) => step(written(part), Number(button.dataset.step)),
  value: (button, part) => press([{ part, item: part.dataset.item, value: part.dataset.kind === "check" ? true : button.dataset.value }]),
  now: (_, part) => {
    written(part).value = clock.format(now()).slice(0, 5);
    leave(part, null);
  },
  give: (_, part) => give(part),
  lot: (button, part) => choose(button, part),
};

sheet.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const part = button?.closest(".item");
  const does = part && Object.keys(presses).find((name) => name in button.dataset);
  if (does) presses[does](button, part);
});

function choose(button, part) {
  const fill = { product: button.dataset.product, lot: button.dataset.lot, units: "1" };
  for (const [name, value] of Object.entries(fill)) part.querySelector(`[name$=".${name}"]`).value = value;
  mark([...button.parentElement.children], button);
}

// One press for several items of a step: each becomes an entry of its own.
sheet.addEventListener("click", (event) => {
  const all = event.target.closest("[data-all]");
  if (all && all.ariaDisabled !== "true") {
    const value = all.dataset.allValue === "yes" ? true : all.dataset.allValue;
    all.ariaDisabled = "true"; // a button that is disabled loses the focus
    press(all.dataset.all.split(" ").map((code) => ({ part: item(code), item: code, value })));
  }
  const fold = event.target.closest("[data-unfold]");
  if (fold) fold.setAttribute("aria-expanded", String(!fold.closest("[data-group]").classList.toggle("is-folded")));
});

function give(part) {
  const [product, lot, units] = ["product", "lot", "units"].map((name) => part.querySelector(`[name$=".${name}"]`).value.trim());
  if (!product || !lot || !/^[1-9]\d?$/.test(units)) {
    tell(part, "Write the product, the lot and how many.");
    return;
  }
  press([{ part, item: part.dataset.item, value: { product, lot, units: Number(units) } }]);
  for (const field of part.querySelectorAll(".device input")) field.value = "";
  mark([...part.querySelectorAll("[data-lot]")], null);
}

// Who it is

const which = document.getElementById("which");
if (which) {
  which.showModal();
  which.addEventListener("cancel", (event) => event.preventDefault());
  which.addEventListener("click", (event) => {
    const seat = event.target.closest("[data-seat]");
    if (seat?.dataset.seat === "right") which.close();
    else if (seat) which.querySelector("[data-fault]").textContent = "That is the other patient's place. Go back to the board and open theirs.";
  });
}

const away = document.querySelector("[data-line-lost]");
const shown = keep(sheet, {
  address: () => `/sessions/${sheet.dataset.sheet}/sheet`,
  merge: mergeSheet,
  tell: (changed) => {
    away.hidden = changed !== null;
    lineIs(changed === null);
  },
});

// A link to an item leads right into its field.
function goTo() {
  const target = location.hash.startsWith("#item-") ? document.getElementById(location.hash.slice(1)) : null;
  const group = target?.closest("[data-group].is-folded");
  group?.querySelector("[data-unfold]").click();
  const stop = target && (written(target) ?? target.querySelector(".answer button, .answer input, a"));
  if (target && stop !== written(target)) keypad.hide();
  stop?.focus();
}
addEventListener("hashchange", goTo);
// A browser that comes to an address with a fragment takes the focus away once the page is there.
if (document.readyState === "complete") goTo();
else addEventListener("load", () => setTimeout(goTo));

leaveAll(); // a quick hand writes before this script is there

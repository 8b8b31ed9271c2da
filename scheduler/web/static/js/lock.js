// The lock over a page, which stays as it is below: what was typed is kept. When to lock is the server's to say; this asks it, which keeps
// nothing awake, and tells it of real touches once a minute at most.
import { say, typing } from "./dom.js";

const dialog = document.getElementById("lock");
const proof = document.getElementById("lock-proof");
const fault = document.getElementById("lock-fault");
const warning = document.getElementById("lock-warning");
const others = new BroadcastChannel("chairtime-lock");

const TOLD_EVERY = 60_000;
const ASK_AT_MOST_EVERY = 2_000;
const ASK_AT_LEAST_EVERY = 120_000;

let locked = false;
let toldAt = Date.now();
let locksAt = Infinity;
let warnAt = 60;
let asking = 0;
let turn = 0;
let owed = false;

const post = (address, body) => fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });

function showLock() {
  if (locked) return;
  locked = true;
  warning.hidden = true;
  document.body.classList.add("is-locked");
  document.dispatchEvent(new CustomEvent("locked"));
  fault.textContent = "";
  if (!dialog.open) dialog.showModal();
  proof.focus();
}

function hideLock() {
  if (!locked) return;
  locked = false;
  proof.value = "";
  dialog.classList.remove("is-ended");
  document.body.classList.remove("is-locked");
  dialog.close();
  say("Unlocked.");
}

// Where something is not saved yet the page stays below the lock, until the same person has signed in again in another window.
function leave() {
  if (!document.dispatchEvent(new CustomEvent("ended", { cancelable: true }))) {
    showLock();
    dialog.classList.add("is-ended");
    dialog.querySelector("[data-ended] a").focus();
    clearTimeout(asking);
    asking = setTimeout(ask, ASK_AT_MOST_EVERY);
    return;
  }
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// What the server says. A line that is down changes nothing: the server refuses by itself whatever is asked of it.
async function ask() {
  clearTimeout(asking);
  asking = setTimeout(ask, ASK_AT_LEAST_EVERY);
  const mine = ++turn;
  let answer;
  try {
    if (owed) await tellLock();
    answer = await fetch("/sign-in/state", { headers: { Accept: "application/json" } });
  } catch {
    return;
  }
  if (answer.status === 401) leave();
  if (!answer.ok) return;
  const state = await answer.json();
  if (mine !== turn) return; // it was asked before something else happened
  for (const dot of document.querySelectorAll("[data-told]")) dot.hidden = !state.told;
  warnAt = state.warn_at;
  locksAt = Date.now() + state.locks_in * 1000;
  if (state.state === "locked") showLock();
  else if (locked) {
    hideLock();
    document.dispatchEvent(new CustomEvent("unlocked"));
  }
  const wait = Math.min(ASK_AT_LEAST_EVERY, Math.max(ASK_AT_MOST_EVERY, (state.locks_in - warnAt) * 1000));
  clearTimeout(asking);
  asking = setTimeout(ask, state.state === "locked" ? ASK_AT_LEAST_EVERY : wait);
}

function count() {
  const seconds = Math.max(0, Math.ceil((locksAt - Date.now()) / 1000));
  const soon = !locked && seconds <= warnAt;
  if (soon !== !warning.hidden) warning.hidden = !soon;
  if (soon) warning.querySelector("[data-seconds]").textContent = seconds;
}

async function stay() {
  toldAt = Date.now();
  warning.hidden = true;
  await post("/sign-in/active").catch(() => null);
  ask();
}

function touched(event) {
  if (!event.isTrusted || locked) return;
  if (Date.now() - toldAt >= TOLD_EVERY || !warning.hidden) stay();
}

async function lockNow() {
  showLock();
  turn += 1;
  owed = true;
  await tellLock().catch(() => null);
  turn += 1;
  others.postMessage("lock");
}

// Owed until the server has heard it: a line that is down while somebody locks must not open the screen when it is back.
async function tellLock() {
  await post("/sign-in/lock");
  owed = false;
}

for (const kind of ["keydown", "pointerdown", "wheel", "touchstart"]) addEventListener(kind, touched, { passive: true, capture: true });

document.addEventListener("keydown", (event) => {
  if (event.key !== "l" || event.ctrlKey || event.metaKey || event.altKey || locked || typing(event.target)) return;
  if (document.querySelector("dialog[open]") || localStorage.getItem("letterKeys") === "off") return;
  event.preventDefault();
  lockNow();
});

document.addEventListener("submit", (event) => {
  if (!event.target.querySelector("[data-lock]")) return;
  event.preventDefault();
  lockNow();
});

dialog.addEventListener("cancel", (event) => event.preventDefault());
dialog.addEventListener("close", () => {
  if (locked) dialog.showModal();
});

dialog.querySelector("[data-unlock]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams({ proof: proof.value });
  let answer;
  try {
    answer = await post("/sign-in/unlock", body);
  } catch {
    fault.textContent = "The server cannot be reached. Check the network and try again.";
    return;
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
  if (answer.ok) {
    others.postMessage("unlock");
    toldAt = Date.now();
    hideLock();
    ask();
    document.dispatchEvent(new CustomEvent("unlocked"));
    return;
  }
  const wait = Number(answer.headers.get("Retry-After"));
  fault.textContent = wait ? `That does not fit. Try again in ${wait} seconds.` : "That does not fit. Type your password, or the code that your telephone shows now.";
  proof.select();
  ask();
});

const other = dialog.querySelector("[data-switch]");
other.addEventListener("click", () => {
  other.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
});
warning.querySelector("[data-stay]").addEventListener("click", stay);
others.addEventListener("message", () => ask());
addEventListener("visibilitychange", () => {
  if (!document.hidden) ask();
});
addEventListener("pageshow", ask);
setInterval(count, 1000);

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.me[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.me[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

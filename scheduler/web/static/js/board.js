// The day board: roving focus, opening and moving visits by key, live updates, the now-line.
import { page, region, say, typing } from "./dom.js";
import { Grid } from "./grid.js";
import { keepingFocus, nothingPressed } from "./held.js";
import { fetched, listen, patch } from "./live.js";
import { Move } from "./move.js";

const shell = document.querySelector("[data-live]");
const board = region("board");
const grid = new Grid(board);
const help = document.getElementById("board-help");
const visit = document.getElementById("visit");
let move = null;
let late = false;

function onLetterKeys() {
  return localStorage.getItem("letterKeys") !== "off";
}

async function refresh(pulse = true) {
  if (move) {
    late = true;
    return;
  }
  const address = new URL(location.href);
  address.searchParams.set("fragment", "yes");
  const fresh = await fetched(address);
  if (!fresh) return;
  await nothingPressed();
  if (move) {
    late = true;
    return;
  }
  const place = grid.place();
  const changed = keepingFocus(() => {
    const parts = ["board", "list"].flatMap((name) => patch(region(name), region(name, fresh)));
    passTime(fresh);
    grid.restore(place);
    return parts;
  });
  if (!pulse || !changed.length) return;
  changed.forEach((part) => part.classList.add("pulse"));
  say(changed.length === 1 ? "One place on the board changed" : "The board changed");
}

// The rows keep their cells, and take over which of them is past and where the line of the present stands.
function passTime(fresh) {
  for (const row of region("board", fresh).querySelectorAll("tr[data-time]")) {
    const old = board.querySelector(`tr[data-time="${row.dataset.time}"]`);
    if (!old) continue;
    old.className = row.className;
    old.querySelector("th").replaceChildren(...row.querySelector("th").childNodes);
  }
}

async function open(card) {
  const answer = await page(card.href);
  const shown = region("visit", answer.document);
  if (!shown) {
    location.href = card.href;
    return;
  }
  visit.querySelector("[data-body]").replaceChildren(...shown.childNodes);
  visit.showModal();
}

function refuse(answer) {
  const refusal = region("refusal", answer.document);
  visit.querySelector("[data-body]").replaceChildren(refusal ?? "The move was refused.");
  visit.showModal();
}

async function drop() {
  const { card, address, body } = move.drop();
  const session = card.dataset.session;
  move = null;
  const answer = await page(address, body);
  await refresh(false);
  grid.focus(board.querySelector(`[data-session="${session}"]`));
  if (answer.ok) say("Moved");
  else refuse(answer);
}

function endMove() {
  move.back();
  grid.focus(move.card);
  move = null;
  say("Put back");
  if (late) refresh();
  late = false;
}

function newAt(item) {
  const [cell, time] = [item.closest("td"), item.closest("tr").dataset.time];
  location.href = `/book?${new URLSearchParams({ site: shell.dataset.site, start_on: shell.dataset.day, window_from: time, resource: cell.dataset.resource })}`;
}

// A pooled resource shows numbers; behind each stands the list of who it is.
function enter(cell) {
  const numbers = cell.querySelector("a.load");
  if (numbers) numbers.click();
  else newAt(cell);
}

const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function keyWhileMoving(event) {
  if (steps[event.key]) move.step(...steps[event.key]);
  else if (event.key === "Enter") drop();
  else if (event.key === "Escape") endMove();
  else return;
  event.preventDefault();
}

const letters = {
  t: () => document.querySelector("[data-key-today]").click(),
  n: (item) => newAt(item),
  p: () => print(),
  "?": () => help.showModal(),
  m: (item) => {
    if (!item.matches("[data-session]")) return;
    move = new Move(grid, item, shell.dataset.day);
  },
};

board.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (move) {
    keyWhileMoving(event);
    return;
  }
  const item = grid.current();
  if (steps[event.key]) grid.step(...steps[event.key]);
  else if (event.key === "Home" || event.key === "End") grid.edge(event.key === "End");
  else if (event.key === "Enter" && item.matches("[data-session]")) open(item);
  else if (event.key === "Enter") enter(item);
  else if (onLetterKeys() && letters[event.key]) letters[event.key](item);
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const card = event.target.closest("[data-session]");
  if (!card || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(card);
});

visit.addEventListener("click", (event) => {
  if (event.target.closest("a[href*='#']")) visit.close();
});

const letterKeys = document.querySelector("[data-letter-keys]");
letterKeys.checked = onLetterKeys();
letterKeys.addEventListener("change", () => localStorage.setItem("letterKeys", letterKeys.checked ? "on" : "off"));

// The line moves on by the server's clock, never by this machine's.
const clock = board.querySelector("[data-clock]");
if (clock) {
  clock.closest("tr").scrollIntoView({ block: "center" });
  board.scrollLeft = 0;
  scrollTo(0, 0);
  setInterval(() => refresh(false), 60_000);
}
listen(shell.dataset.live, refresh);

// Who is watched, on a locked screen: places and minutes, as the server tells them, so that no alarm is hidden by a lock.
const EVERY = 15_000;
const LOST_AFTER = 45_000;
const WORDS = { high: "look now", medium: "due now", low: "due soon" };

const boxes = [...document.querySelectorAll("[data-timers]")];
const isLocked = () => document.body.classList.contains("is-locked") || boxes.some((box) => !box.closest("dialog"));
let heardAt = Date.now();

function minutes(timer) {
  if (timer.minutes === null) return "in treatment";
  return timer.minutes ? `${timer.minutes} min left` : "time is over";
}

function line(timer) {
  const item = document.createElement("li");
  item.className = timer.alarm;
  const place = document.createElement("strong");
  place.textContent = timer.place;
  item.append(place, ` ${minutes(timer)}`);
  if (timer.alarm) item.append(`, ${WORDS[timer.alarm]}`);
  return item;
}

function show(timers) {
  for (const box of boxes) {
    box.querySelector("ul").replaceChildren(...timers.map(line));
    box.hidden = !timers.length;
    box.querySelector("[data-lost]").hidden = true;
  }
}

// Somebody who may not see them gets none; a line that is down is told once it has been so for a while.
async function ask() {
  if (!isLocked() || document.hidden) return;
  try {
    const answer = await fetch("/lock/timers", { headers: { Accept: "application/json" } });
    if (answer.status >= 500) throw new Error("no answer");
    heardAt = Date.now();
    show(answer.ok ? (await answer.json()).timers : []);
  } catch {
    if (Date.now() - heardAt < LOST_AFTER) return;
    for (const box of boxes) box.hidden = box.querySelector("[data-lost]").hidden = false;
  }
}

document.addEventListener("locked", () => {
  heardAt = Date.now();
  ask();
});
addEventListener("visibilitychange", ask);
setInterval(ask, EVERY);
ask();

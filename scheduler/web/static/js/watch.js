// The observation board: alerts that sound and are silenced, and banners for what a person must know of this screen itself.
import { say } from "./dom.js";
import { isReady, isSilent, silence, sound, test } from "./alarm.js";
import { keep } from "./kept.js";
import { eachBeat, onWaking, skew } from "./server_clock.js";
import "./wake.js";

const OFF_BY = 30;
const ASSERT_AT_MOST_EVERY = 10_000;

const shell = document.querySelector("[data-watch]");
const asleep = document.querySelector("[data-asleep]");
const wrong = document.querySelector("[data-clock-wrong]");
const lost = document.querySelector("[data-line-lost]");
const loud = document.querySelector("[data-loud]");
const button = document.querySelector("[data-sound]");
let assertedAt = 0;

const alerts = () => [...shell.querySelectorAll("[data-alert]")];

function roughly(seconds) {
  if (seconds < 120) return `${seconds} seconds`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}

function look(changed) {
  lost.hidden = changed !== null;
  wrong.hidden = skew() <= OFF_BY;
  wrong.querySelector("[data-off]").textContent = roughly(skew());
  ring();
}

function ring() {
  for (const alert of alerts()) alert.classList.toggle("is-silent", isSilent(alert.dataset.alert));
  speak(sound(alerts()));
}

// Only a high alert interrupts what a screen reader says, and at most every ten seconds; the others wait their turn.
function speak(fresh) {
  const high = fresh.filter((alert) => alert.dataset.priority === "high");
  const words = (some) => some.map((alert) => alert.dataset.words).join(". ");
  if (high.length && Date.now() - assertedAt > ASSERT_AT_MOST_EVERY) {
    loud.textContent = words(high);
    assertedAt = Date.now();
  } else if (fresh.length) say(words(fresh));
}

async function acknowledge(form) {
  const alert = form.closest("[data-alert]");
  silence(alert.dataset.alert);
  alert.classList.add("is-silent");
  say("Silent on this device for 2 minutes.");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
    if (!answer.ok) say("It could not be recorded that you have seen it. Press again.");
  } catch {
    say("The server cannot be reached. Nobody knows yet that you have seen it.");
  } finally {
    form.querySelector("button").removeAttribute("aria-busy");
  }
}

shell.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-acknowledge]")) return;
  event.preventDefault();
  acknowledge(event.target);
});

document.querySelector("[data-awake]").addEventListener("click", () => { asleep.hidden = true; });

button.hidden = false;
button.addEventListener("click", async () => {
  const plays = await test();
  button.classList.toggle("on", plays);
  button.querySelector("span").textContent = plays ? "Sound is on" : "No sound here";
  say(plays ? "That is how a high alert sounds." : "This browser plays no sound.");
});

onWaking((slept) => {
  if (!slept) return;
  asleep.querySelector("[data-minutes]").textContent = Math.max(1, Math.round(slept / 60_000));
  asleep.hidden = false;
});

eachBeat(() => {
  ring();
  if (!isReady()) button.classList.remove("on");
});

keep(shell, { tell: look });

// What happened earlier: when, and why it is written down only now.
import { region, say } from "./dom.js";
import { now } from "./server_clock.js";

const sheet = document.querySelector("[data-sheet]");
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: sheet.dataset.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const lateness = { at: null, code: "", words: "", told: "" };
export const today = () => region("watch", sheet).dataset.today;
let tellTold = () => {};

// Called whenever it is said, or need not be said any more.
export const whenTold = (does) => { tellTold = does; };

function tellWhenTold() {
  if (isLateTold()) tellTold();
}

const happened = () => sheet.querySelector("[data-happened]");

function isLateTold() {
  const earlier = happened()?.querySelector("[data-earlier]");
  if (!earlier || earlier.hidden) return true;
  const time = earlier.querySelector("[data-at]").value;
  if (time && !lateness.at) lateness.at = `${today()}T${time}`;
  lateness.words = earlier.querySelector("[data-late-text]").value.trim() || lateness.told || "";
  return Boolean(lateness.at && lateness.code && lateness.words.length >= 5);
}

// Whether it is said, or is not needed; where it is owed it is asked for.
export function lateIsTold() {
  if (isLateTold()) return true;
  const earlier = happened().querySelector("[data-earlier]");
  earlier.classList.add("owes");
  earlier.scrollIntoView({ block: "nearest" });
  say("Say when it happened and why it is written down only now.");
  return false;
}

export function mark(group, chosen) {
  for (const chip of group) {
    chip.classList.toggle("on", chip === chosen);
    chip.setAttribute("aria-pressed", String(chip === chosen));
  }
}

function forget(earlier) {
  Object.assign(lateness, { at: null, code: "", words: "", told: "" });
  for (const field of earlier.querySelectorAll("input")) field.value = "";
  mark([...earlier.querySelectorAll(".chip")], null);
}

sheet.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-happened] .chip");
  if (!chip) return;
  const earlier = happened().querySelector("[data-earlier]");
  mark([...chip.parentElement.children], chip);
  if (chip.dataset.when) {
    earlier.hidden = chip.dataset.when === "now";
    if (earlier.hidden) forget(earlier);
    sheet.classList.toggle("is-late", !earlier.hidden);
  } else if (chip.dataset.ago) {
    const at = new Date(now() - Number(chip.dataset.ago) * 60_000);
    lateness.at = at.toISOString();
    earlier.querySelector("[data-at]").value = clock.format(at);
  } else {
    lateness.code = chip.dataset.lateReason;
    lateness.told = chip.dataset.lateReason === "other" ? "" : `${chip.textContent}.`;
    earlier.querySelector("[data-late-words]").hidden = chip.dataset.lateReason !== "other";
  }
  earlier.classList.remove("owes");
  tellWhenTold();
});

sheet.addEventListener("change", (event) => {
  if (event.target.matches("[data-at]")) {
    lateness.at = event.target.value ? `${today()}T${event.target.value}` : null;
    mark([...sheet.querySelectorAll("[data-ago]")], null);
  } else if (!event.target.matches("[data-late-text]")) return;
  tellWhenTold();
});

// The second channel: what nobody at the observation board has acknowledged for a minute is told on the other boards too.
import { region } from "./dom.js";

const EVERY = 15_000;
const bar = document.querySelector("[data-alarms]");

async function look() {
  try {
    const answer = await fetch(bar.dataset.alarms, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = region("alarms", new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (fresh && fresh.innerHTML !== bar.innerHTML) bar.replaceChildren(...fresh.childNodes);
  } catch {
    // the line is down: the next look tries again
  }
}

setInterval(look, EVERY);
look();

// Keeps a page true: the server only says "changed", then the page fetches its part again and patches it by key.
import { page } from "./dom.js";

const AGAIN = 5_000;

// Tells `changed` whenever somebody changed something, and after each break of the line, since anything may have happened meanwhile. A browser
// gives a server six lines for all its windows: one of them hears for all, and when it is closed the next one does.
export function listen(address, changed) {
  const name = `chairtime-changes ${address}`;
  const others = new BroadcastChannel(name);
  others.addEventListener("message", () => changed());
  const tell = () => {
    changed();
    others.postMessage("changed");
  };
  const lead = () => new Promise((done) => hear(address, tell, done));
  const wait = () => (navigator.locks ? navigator.locks.request(name, lead) : lead()).then(() => setTimeout(wait, AGAIN));
  wait();
}

function hear(address, tell, done) {
  const stream = new EventSource(address);
  let broken = false;
  const end = () => {
    stream.close();
    done();
  };
  stream.addEventListener("changed", tell);
  stream.addEventListener("error", () => {
    broken = true;
    if (stream.readyState === EventSource.CLOSED) end(); // it was refused
  });
  stream.addEventListener("open", () => {
    if (broken) tell();
    broken = false;
  });
  addEventListener("pagehide", end, { once: true });
}

const bare = (element) => {
  const copy = element.cloneNode(true);
  for (const part of [copy, ...copy.querySelectorAll("[tabindex], .pulse, .moving, .target")]) {
    part.removeAttribute("tabindex");
    part.classList.remove("pulse", "moving", "target");
    if (!part.classList.length) part.removeAttribute("class");
  }
  return copy;
};

const same = (old, fresh) => bare(old).isEqualNode(bare(fresh));

// Replaces only the keyed parts that differ, and gives those that were changed. When the keys themselves differ the whole is replaced.
export function patch(old, fresh) {
  const olds = new Map([...old.querySelectorAll("[data-key]")].map((part) => [part.dataset.key, part]));
  const freshes = [...fresh.querySelectorAll("[data-key]")];
  const alike = olds.size === freshes.length && freshes.every((part) => olds.has(part.dataset.key));
  if (!alike) {
    const changed = freshes.filter((part) => !olds.has(part.dataset.key) || !same(olds.get(part.dataset.key), part));
    old.replaceChildren(...fresh.childNodes);
    return changed;
  }
  return freshes.filter((part) => {
    const before = olds.get(part.dataset.key);
    if (same(before, part)) return false;
    before.replaceWith(part);
    return true;
  });
}

// Fetches an address and gives its document, or null when the line is down: the next change tries again.
export async function fetched(address) {
  try {
    const answer = await page(address);
    return answer.ok ? answer.document : null;
  } catch {
    return null;
  }
}

// Keeps a page true: the server only says "changed", then the page fetches its part again and patches it by key.
import { page } from "./dom.js";

// Tells `changed` whenever somebody changed something, and after each break of the line, since anything may have happened meanwhile.
export function listen(address, changed) {
  const stream = new EventSource(address);
  let broken = false;
  stream.addEventListener("changed", () => changed());
  stream.addEventListener("error", () => { broken = true; });
  stream.addEventListener("open", () => {
    if (broken) changed();
    broken = false;
  });
  addEventListener("pagehide", () => stream.close());
  return stream;
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

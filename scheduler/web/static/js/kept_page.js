// A page of tables and plain forms that is kept true while it lies open: what others change comes by itself, but not under a hand that writes.
import { region, say, typing } from "./dom.js";
import { keepingFocus, nothingPressed } from "./held.js";
import { fetched, listen } from "./live.js";

const shell = document.querySelector("[data-kept]");
let [asking, owed] = [false, false];

const isTyped = (field) => typing(field) && field.type !== "hidden" && field.value !== field.defaultValue;
const isWritten = () => [...shell.querySelectorAll("input, textarea")].some(isTyped);

// What is drawn differently each time, although nothing changed: the keys of the forms, and what was unfolded.
function bare(part) {
  const copy = part.cloneNode(true);
  copy.querySelectorAll("[name=idempotency_key], [data-stale]").forEach((each) => each.remove());
  copy.querySelectorAll("[tabindex='-1']").forEach((each) => each.removeAttribute("tabindex"));
  copy.querySelectorAll("details").forEach((each) => { each.open = false; });
  return copy;
}

const nameOf = (details) => details.querySelector("form")?.getAttribute("action") ?? details.querySelector("summary").textContent;
const unfolded = (part) => new Set([...part.querySelectorAll("details[open]")].map(nameOf));

function exchange(fresh) {
  const open = unfolded(shell);
  shell.replaceChildren(...fresh.childNodes);
  for (const details of shell.querySelectorAll("details")) details.open = details.open || open.has(nameOf(details));
}

// What somebody writes stays, and it is told that the page behind it is not true any more.
function wait() {
  owed = true;
  if (shell.querySelector("[data-stale]")) return;
  const told = Object.assign(document.createElement("p"), { className: "panel attention", textContent: "Somebody changed what stands here. It is shown anew once what you type is sent, or rubbed out." });
  told.setAttribute("role", "status");
  told.dataset.stale = "";
  shell.prepend(told);
}

async function refresh() {
  owed = asking;
  if (owed) return;
  asking = true;
  const address = new URL(shell.dataset.address, location.href);
  address.search = location.search;
  address.searchParams.set("fragment", "yes");
  const answer = await fetched(address);
  await nothingPressed();
  const fresh = answer && region("kept", answer);
  asking = false;
  if (owed) {
    refresh();
    return;
  }
  if (!fresh || bare(fresh).isEqualNode(bare(shell))) return;
  if (isWritten()) {
    wait();
    return;
  }
  keepingFocus(() => exchange(fresh));
  say("This page changed.");
}

shell.addEventListener("input", () => {
  if (owed && !isWritten()) refresh();
});
listen(shell.dataset.kept, refresh);

// A joint plan: looks again while it is being made, and tells how many courses are booked while they are.
import { fields, page, region, say } from "./dom.js";

const LOOK_MS = 1000;
const pause = () => new Promise((done) => setTimeout(done, LOOK_MS));
const state = () => region("joint").dataset.state;
const look = () => page(location.pathname).catch(() => null);

// Until there is an answer; a broken line only means that it is looked for again.
async function follow() {
  while (state() === "under_way") {
    await pause();
    const fresh = region("joint", (await look())?.document ?? new Document());
    if (fresh) region("joint").replaceWith(fresh);
  }
  region("joint").focus({ preventScroll: true });
  say(region("joint").querySelector("h2")?.textContent ?? "");
}

async function book(event) {
  const form = event.target;
  if (!form.matches("[data-book-joint]")) return;
  event.preventDefault();
  const button = event.submitter;
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  let busy = true;
  const before = Number(region("joint").dataset.booked);
  const sent = page(form.action, fields(form, button)).catch(() => null).finally(() => { busy = false; });
  const label = button.lastChild.textContent;
  while (await Promise.race([sent.then(() => false), pause().then(() => true)]) && busy) {
    const booked = region("joint", (await look())?.document ?? new Document())?.dataset.booked;
    if (booked) button.lastChild.textContent = `Booked ${Number(booked) - before} so far`;
  }
  const answer = await sent;
  if (answer?.redirected) {
    location.href = answer.address;
    return;
  }
  button.lastChild.textContent = label;
  button.removeAttribute("aria-busy");
  const fresh = answer && region("joint", answer.document);
  if (fresh) region("joint").replaceWith(fresh);
  else say("The server did not answer. Try again: no course is booked twice.");
}

document.addEventListener("submit", book, { capture: true });
if (state() === "under_way") follow();

// Booking a course without leaving the page: the picker, the protocol's note, planning, the refusal, parked bookings.
import { fields, page, region, say } from "./dom.js";
import * as parked from "./parked.js";
import { Picker } from "./picker.js";

let form;

const part = (name) => form.querySelector(`[data-${name}]`);

function choose(id, text) {
  form.elements.patient.value = id;
  part("chosen-text").textContent = text;
  part("chosen").hidden = !id;
  part("picker").hidden = part("register").hidden = Boolean(id);
}

function noteProtocol() {
  for (const note of form.querySelectorAll("[data-protocol-note]")) note.hidden = note.dataset.protocolNote !== form.elements.protocol.value;
}

function setUp() {
  form = document.querySelector("[data-plan-form]");
  new Picker(part("picker"), (patient) => {
    choose(patient.id, [patient.name, patient.born_on && `born ${patient.born_on}`, patient.identifier].filter(Boolean).join(", "));
    form.elements.protocol.focus();
  });
  part("change").hidden = false;
  part("change").addEventListener("click", () => {
    choose("", "");
    document.getElementById("patient-words").focus();
  });
  form.elements.protocol.addEventListener("change", noteProtocol);
  form.addEventListener("keydown", planOnEnter);
}

// Enter plans from every field, from the list of protocols too, where browsers would not.
function planOnEnter(event) {
  if (event.key !== "Enter" || !event.target.matches("select, input:not([role=combobox])")) return;
  event.preventDefault();
  form.requestSubmit(part("plan-button"));
}

// What came back takes the place of what was sent: a patient is registered by now, a fault stands at its field, a plan is there or not.
function show(answer) {
  form.replaceWith(answer.document.querySelector("[data-plan-form]"));
  region("plan").replaceWith(region("plan", answer.document));
  setUp();
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  const fault = form.querySelector("[data-fault] :is(input:not([type=hidden]), select), [data-alike] button");
  const seen = fault ?? region("refusal") ?? region("plan");
  seen.focus({ preventScroll: true });
  seen.scrollIntoView({ block: fault ? "center" : "start" });
  say(fault ? "Something is to be put right." : region("plan").querySelector("h2")?.textContent ?? "Planned");
}

async function send(event) {
  const sent = event.target;
  event.preventDefault();
  const button = event.submitter;
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  const elsewhere = button.hasAttribute("formaction");
  say(elsewhere ? "Putting on the waiting list" : sent.matches("[data-book-form]") ? "Booking" : "Planning");
  const answer = await page(elsewhere ? button.formAction : sent.action, fields(sent, button)).catch(() => null);
  if (answer?.ok && answer.redirected) {
    location.href = answer.address;
    return;
  }
  button.removeAttribute("aria-busy");
  if (!answer) say("The server did not answer. Try again.");
  else if (region("plan", answer.document)) show(answer);
  else region("plan").replaceChildren(...answer.document.querySelector("main").children);
}

function showParked() {
  const box = document.querySelector("[data-parked]");
  const drafts = parked.all();
  box.hidden = !drafts.length;
  box.querySelector("ul").replaceChildren(...drafts.map(({ title }, index) => {
    const button = document.createElement("button");
    button.textContent = title;
    button.type = "button";
    button.addEventListener("click", () => resume(index));
    const line = document.createElement("li");
    line.append(button);
    return line;
  }));
}

function fill(entries) {
  for (const box of form.querySelectorAll("[name=weekdays]")) box.checked = false;
  for (const [name, value] of entries) {
    const field = form.elements[name];
    if (name === "weekdays") form.querySelector(`[name=weekdays][value=${CSS.escape(value)}]`).checked = true;
    else if (field && name !== "idempotency_key") field.value = value;
  }
  part("register").open = Boolean(form.elements.family_name.value);
  noteProtocol();
}

function resume(index) {
  const draft = parked.take(index);
  fill(draft.entries);
  choose(form.elements.patient.value, draft.title.split(" · ")[0]);
  showParked();
  (form.elements.patient.value ? form.elements.protocol : document.getElementById("patient-words")).focus();
  say("Taken up again");
}

function parkThis() {
  const typed = [form.elements.given_name.value, form.elements.family_name.value].join(" ").trim();
  const who = form.elements.patient.value ? part("chosen-text").textContent.trim().replace(/\s+/g, " ") : typed || "No patient yet";
  const what = form.elements.protocol.value ? form.elements.protocol.selectedOptions[0].textContent : "no protocol yet";
  parked.park(`${who} · ${what}`, [...new FormData(form)]);
  location.assign("/book");
}

// 1, 2 and 3 choose among the plans, 0 the recommended one; only while the plan has the focus, so that no letter typed elsewhere does it.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9]$/.test(event.key) || !event.target.closest('[data-region="plan"]')) return;
  const button = document.querySelector(`[data-choose] button[data-key="${event.key}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});
document.querySelector("[data-park]").addEventListener("click", parkThis);
document.addEventListener("submit", (event) => {
  if (event.target.closest(".book")) send(event);
}, { capture: true });
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-change-wishes]")) return;
  event.preventDefault();
  form.elements.window_from.focus();
});
setUp();
showParked();
if (form.elements.patient.value) form.elements.protocol.focus();
else document.getElementById("patient-words").focus();

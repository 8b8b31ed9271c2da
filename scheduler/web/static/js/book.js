// Booking a course without leaving the page: the picker, the protocol's note, planning, the refusal, parked bookings.
import { fields, page, region, say } from "./dom.js";
import * as parked from "./parked.js";
import { Picker } from "./picker.js";

const form = document.querySelector("[data-plan-form]");
const patientField = form.elements.patient;
const chosenBox = form.querySelector("[data-chosen]");
const chosenText = form.querySelector("[data-chosen-text]");
const pickerBox = form.querySelector("[data-picker]");
const registerBox = form.querySelector("[data-register]");
const protocol = form.elements.protocol;

function choose(id, text) {
  patientField.value = id;
  chosenText.textContent = text;
  chosenBox.hidden = !id;
  pickerBox.hidden = registerBox.hidden = Boolean(id);
}

function noteProtocol() {
  for (const note of form.querySelectorAll("[data-protocol-note]")) note.hidden = note.dataset.protocolNote !== protocol.value;
}

function show(answer) {
  region("plan").replaceWith(region("plan", answer.document));
  const plan = region("plan");
  for (const button of plan.querySelectorAll("[data-print]")) button.hidden = false;
  (region("refusal") ?? plan).focus();
  say(plan.querySelector("h2")?.textContent ?? "Planned");
}

// A plan, or the form back with its faults: then the form is taken from the answer as well.
async function send(event) {
  const sent = event.target;
  event.preventDefault();
  const button = event.submitter;
  button.ariaBusy = "true";
  say("Planning");
  const answer = await page(sent.action, fields(sent, button)).catch(() => null);
  button.removeAttribute("aria-busy");
  if (!answer) say("The server did not answer. Try again.");
  else if (sent.matches("[data-book-form]") && answer.ok && answer.redirected) location.href = answer.address;
  else if (answer.document.querySelector("[data-plan-form] .fault") || !region("plan", answer.document)) sent.submit();
  else show(answer);
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
  noteProtocol();
}

function resume(index) {
  const draft = parked.take(index);
  fill(draft.entries);
  choose(patientField.value, draft.title.split(" · ")[0]);
  showParked();
  say("Taken up again");
}

function parkThis() {
  const who = patientField.value ? chosenText.textContent.trim().replace(/\s+/g, " ") : "No patient yet";
  const what = protocol.value ? protocol.selectedOptions[0].textContent : "no protocol yet";
  parked.park(`${who} · ${what}`, [...new FormData(form)]);
  form.reset();
  choose("", "");
  noteProtocol();
  showParked();
  say("Parked");
  document.getElementById("patient-words").focus();
}

new Picker(pickerBox, (patient) => {
  choose(patient.id, `${patient.name}, born ${patient.born_on}, ${patient.identifier}`);
  protocol.focus();
});
form.querySelector("[data-change]").addEventListener("click", () => {
  choose("", "");
  document.getElementById("patient-words").focus();
});
document.querySelector("[data-park]").addEventListener("click", parkThis);
protocol.addEventListener("change", noteProtocol);
document.addEventListener("submit", (event) => {
  if (event.target.closest(".book")) send(event);
}, { capture: true });
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-change-wishes]")) return;
  event.preventDefault();
  form.elements.window_from.focus();
});
showParked();
if (!patientField.value) document.getElementById("patient-words").focus();

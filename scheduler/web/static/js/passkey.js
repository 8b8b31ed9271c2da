// Passkeys: showing one, to sign in, to unlock or to prove again who one is; and making one. Where the browser has none, nothing is shown.
// The elements: [data-passkey] holds a button that shows one, [data-passkey-new] a form that makes one, each with a place for a sentence.

const REFUSALS = {
  NotAllowedError: "No passkey was used. Try again, or choose another way.",
  InvalidStateError: "This device holds a passkey for you here already.",
  SecurityError: "Passkeys do not work at this address. Open the clinic’s own address, or choose another way.",
  NotSupportedError: "This device cannot make a passkey that fits. Try another one.",
};
const locks = new BroadcastChannel("chairtime-lock"); // what lock.js listens to, here and on other pages
const AWAY = "The server cannot be reached. Check the network and try again.";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

class Refused extends Error {
  constructor(problem) {
    super(problem.message);
    this.code = problem.code;
  }
}

async function post(address, body) {
  let answer;
  try {
    const headers = { Accept: "application/json", "Content-Type": "application/json" };
    answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  } catch {
    throw new Refused({ message: AWAY });
  }
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said);
  return said;
}

// What the browser gave, in the letters in which it is sent.
function sent(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

async function show(purpose) {
  const asked = await post("/sign-in/passkey/challenge", {});
  const credential = await navigator.credentials.get({ publicKey: { ...asked, challenge: bytes(asked.challenge) } });
  const box = document.querySelector("[data-tablet]");
  const carried = box ? box.checked : matchMedia("(pointer: coarse)").matches;
  return post("/sign-in/passkey", { credential: sent(credential), purpose, device: carried ? "tablet" : "" });
}

async function make(name) {
  const asked = await post("/account/passkeys/challenge", {});
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge),
    user: { ...asked.user, id: bytes(asked.user.id) },
    excludeCredentials: (asked.excludeCredentials ?? []).map((each) => ({ ...each, id: bytes(each.id) })),
  };
  const credential = await navigator.credentials.create({ publicKey });
  return post("/account/passkeys", { credential: sent(credential), name });
}

// Does something for a button that is busy meanwhile, and says why not if it fails.
async function doing(button, place, work) {
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  place.textContent = "";
  try {
    await work();
  } catch (fault) {
    if (fault.code === "proof_needed") location.assign(`/prove?next=${encodeURIComponent(location.pathname)}`);
    place.textContent = fault instanceof Refused ? fault.message : (REFUSALS[fault.name] ?? REFUSALS.NotAllowedError);
  } finally {
    button.ariaBusy = null;
  }
}

function ready(holder) {
  const { purpose, next } = holder.dataset;
  const button = holder.querySelector("button");
  holder.hidden = false;
  button.addEventListener("click", () =>
    doing(button, holder.querySelector("[role=alert]"), async () => {
      const said = await show(purpose);
      if (purpose !== "unlock" || next) location.assign(next || said.next);
      else if (said.stays) locks.postMessage("unlock");
      else location.reload();
    }),
  );
}

function readyToMake(form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(form.querySelector("button"), form.querySelector("[role=alert]"), async () => {
      await make(form.elements.name.value);
      location.assign("/account?done=passkey");
    });
  });
}

if (isSecureContext && "PublicKeyCredential" in window) {
  document.querySelectorAll("[data-passkey]").forEach(ready);
  document.querySelectorAll("[data-passkey-new]").forEach(readyToMake);
  for (const note of document.querySelectorAll("[data-passkey-none]")) note.hidden = true;
}

// What is pressed while the server cannot be reached is not sent into nowhere: the page stays as it is, with all that was typed, and says so.
const ASKS = 5_000; // milliseconds
let isLost = false;

// Told by whoever notices that the line is down, or up again.
export const lineIs = (lost) => { isLost = lost; };

async function isReached() {
  try {
    return (await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(ASKS) })).ok;
  } catch {
    return false;
  }
}

function tell(place) {
  const told = Object.assign(document.createElement("p"), {
    className: "fault",
    textContent: "The server cannot be reached. Nothing was sent, and what you typed is still here. Press again in a moment.",
  });
  told.setAttribute("role", "alert");
  told.dataset.unreached = "";
  place.before(told);
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method === "dialog") return;
  event.preventDefault();
  document.querySelectorAll("[data-unreached]").forEach((each) => each.remove());
  if (await isReached()) {
    if (!form.isConnected) document.body.append(form); // it was exchanged meanwhile; the server says what has become of it
    form.submit();
    return;
  }
  tell(submitter?.closest(".bar") ?? form);
  submitter?.removeAttribute("aria-busy");
});

// A link is followed at once, but not to a page of the browser's about a network that is known to be away.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = link && !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !link.getAttribute("href").startsWith("#");
  if (!isPlain || (navigator.onLine && !isLost)) return;
  event.preventDefault();
  document.querySelectorAll("[data-unreached]").forEach((each) => each.remove());
  if (await isReached()) location.assign(link.href);
  else tell(link.closest(".bar, p, ul") ?? link);
});

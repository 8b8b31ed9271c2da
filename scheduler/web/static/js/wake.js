// Keeps the screen of a board from going dark while it is looked at.
async function hold() {
  if (document.hidden || !navigator.wakeLock) return;
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    // the battery is low, or the browser does not let us: the screen may go dark, and the page tells when it was asleep
  }
}

addEventListener("visibilitychange", hold);
hold();

// A part of a page that is kept true: fetched anew when the server says that something changed, when it turns by itself, and after a sleep.
import { region } from "./dom.js";
import { keepingFocus, nothingPressed } from "./held.js";
import { listen, patch } from "./live.js";
import { eachBeat, heard, onWaking, redraw } from "./server_clock.js";

const ASK_AT_LEAST_EVERY = 20_000;
const ASK_AGAIN = 2_000; // where nothing came

// `shell` holds the part and says where changes are told; `merge` puts what is new in its place; `tell` hears of each refresh: what changed, or
// null when the line is down; `gone` hears that there is no such page any more.
export function keep(shell, { address = () => location.href, merge = patch, tell = () => {}, gone = () => {} } = {}) {
  let [askedAt, asking, owed] = [Date.now(), false, false];
  const part = () => region("watch", shell);

  async function take() {
    const asked = Date.now();
    const there = new URL(address(), location.href);
    there.searchParams.set("fragment", "yes");
    const answer = await fetch(there, { headers: { Accept: "text/html" } });
    if (answer.status === 404) gone();
    if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
    const fresh = answer.ok && region("watch", new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (!fresh) return [];
    heard(fresh.dataset.serverNow, asked, Date.now());
    await nothingPressed();
    part().dataset.turnsAt = fresh.dataset.turnsAt;
    redraw();
    redraw(fresh);
    return keepingFocus(() => merge(part(), fresh));
  }

  async function refresh() {
    owed = asking;
    if (asking) return;
    [asking, askedAt] = [true, Date.now()];
    try {
      tell(await take());
    } catch {
      askedAt -= ASK_AT_LEAST_EVERY - ASK_AGAIN;
      tell(null);
    } finally {
      asking = false;
    }
    if (owed) refresh();
  }

  heard(part().dataset.serverNow, Date.now(), Date.now());
  redraw();
  eachBeat((at) => {
    const wait = Date.now() - askedAt;
    if (wait > ASK_AT_LEAST_EVERY || (wait > 1000 && at >= Date.parse(part().dataset.turnsAt))) refresh();
  });
  onWaking(refresh);
  document.addEventListener("unlocked", refresh);
  for (const kind of ["online", "offline"]) addEventListener(kind, refresh);
  listen(shell.dataset.watch, refresh);
  refresh();
  return { part, refresh };
}

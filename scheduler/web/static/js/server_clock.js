// The server's clock, as a browser shows it whose own may go wrong or sleep. Every length of time on a page is counted from here.
const BEAT = 1000;
const SLEPT = 30_000;
const JUMPED = 2_000;
const PRECISE = 1_000;

let offset = 0;
let beat = Date.now();
let steady = performance.now();
const onBeat = [];
const onWake = [];

export const now = () => Date.now() + offset;

// How far the browser's clock is off, in seconds; more than half a minute is told.
export const skew = () => Math.round(Math.abs(offset) / 1000);

// What the server said its time was, in an answer that was asked for and came at these instants of the browser. One that was long under way, as
// where the device slept meanwhile, tells little: what was known already is kept where it fits.
export function heard(said, askedAt, cameAt) {
  const [late, underWay] = [cameAt + offset - Date.parse(said), cameAt - askedAt];
  if (underWay > PRECISE && late > -PRECISE && late < underWay + PRECISE) return;
  offset = Date.parse(said) - (askedAt + cameAt) / 2;
}

export const eachBeat = (does) => onBeat.push(does);

// Called with how long the page slept (ms), or with 0 where the browser's clock was set meanwhile or the page is looked at again.
export const onWaking = (does) => onWake.push(does);

function strike() {
  const [gone, passed] = [Date.now() - beat, performance.now() - steady];
  [beat, steady] = [Date.now(), performance.now()];
  if (gone > SLEPT || Math.abs(gone - passed) > JUMPED) onWake.forEach((does) => does(gone > SLEPT ? gone : 0));
  onBeat.forEach((does) => does(now()));
}

setInterval(strike, BEAT);
for (const kind of ["visibilitychange", "pageshow", "focus"]) {
  addEventListener(kind, () => {
    if (document.hidden) return;
    strike();
    onWake.forEach((does) => does(0));
  });
}

const padded = (number) => String(number).padStart(2, "0");

// 1:02:09 for an hour, two minutes and nine seconds.
export function lasted(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 3600)}:${padded(Math.floor(seconds / 60) % 60)}:${padded(seconds % 60)}`;
}

// In how many minutes something is to be, or for how many it has been owed: "in 4 min", "now", "6 min late".
export function until(milliseconds) {
  const minutes = milliseconds < 0 ? Math.floor(-milliseconds / 60_000) : Math.ceil(milliseconds / 60_000);
  if (milliseconds > 0) return `in ${minutes} min`;
  return minutes ? `${minutes} min late` : "now";
}

export const minutesLeft = (milliseconds) => (milliseconds > 0 ? `${Math.ceil(milliseconds / 60_000)} min` : "0 min");

const WRITES = { since: (at, then) => lasted(at - then), until: (at, then) => until(then - at), left: (at, then) => minutesLeft(then - at) };

// Writes anew each time on the page that is counted: data-since, data-until and data-left hold an instant.
export function redraw(within = document) {
  const at = now();
  for (const [name, words] of Object.entries(WRITES)) {
    for (const part of within.querySelectorAll(`[data-${name}]`)) {
      const text = words(at, Date.parse(part.dataset[name]));
      if (part.textContent !== text) part.textContent = text;
    }
  }
}

eachBeat(() => redraw());

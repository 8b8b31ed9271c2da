// How an alert sounds, and for how long somebody's acknowledgment keeps their own device silent. What is seen of an alert stays.
import { now } from "./server_clock.js";

const SILENT = 120_000;
const AGAIN = { high: 10_000, medium: 30_000, low: 0 };
const TONES = { high: [880, 660, 880, 660], medium: [660, 660], low: [523] };

const silentUntil = new Map();
const soundedAt = new Map();
let audio = null;

export const isReady = () => audio?.state === "running";

// Browsers keep silent until somebody has touched the page.
export async function test() {
  audio ??= new AudioContext();
  await audio.resume();
  play("high");
  return isReady();
}

function play(priority) {
  if (!isReady()) return;
  TONES[priority].forEach((pitch, place) => {
    const [tone, loud] = [audio.createOscillator(), audio.createGain()];
    const from = audio.currentTime + place * 0.22;
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0.25, from);
    loud.gain.exponentialRampToValueAtTime(0.001, from + 0.2);
    tone.connect(loud).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.2);
  });
}

export function silence(alert) {
  silentUntil.set(alert, now() + SILENT);
}

export const isSilent = (alert) => (silentUntil.get(alert) ?? 0) > now();

// The loudest alert that is not silenced sounds: at once when it is new, and again after a while. Gives those that were new.
export function sound(alerts) {
  const at = now();
  const there = new Set(alerts.map((alert) => alert.dataset.alert));
  for (const known of soundedAt.keys()) if (!there.has(known)) soundedAt.delete(known);
  const owed = alerts.filter((alert) => {
    const [name, last] = [alert.dataset.alert, soundedAt.get(alert.dataset.alert)];
    const again = AGAIN[alert.dataset.priority];
    return !isSilent(name) && (last === undefined || (again && at - last >= again));
  });
  const fresh = owed.filter((alert) => !soundedAt.has(alert.dataset.alert));
  const loudest = ["high", "medium", "low"].find((priority) => owed.some((alert) => alert.dataset.priority === priority));
  if (loudest) play(loudest);
  owed.forEach((alert) => soundedAt.set(alert.dataset.alert, at));
  return fresh;
}

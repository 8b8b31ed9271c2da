// The wallboard: nothing but places, initials and minutes, kept true.
import { keep } from "./kept.js";
import "./wake.js";

const lost = document.querySelector("[data-line-lost]");
keep(document.querySelector("[data-watch]"), {
  tell: (changed) => { lost.hidden = changed !== null; },
  gone: () => location.reload(), // the screen's address was revoked
});

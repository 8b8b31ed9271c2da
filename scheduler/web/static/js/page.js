// What every page does: the theme button, dialogs, printing, "/" for search, forms that go on change, protection from a double press.
import { typing } from "./dom.js";

const root = document.documentElement;
// A page that answered a form is reloaded, and come back to, as the page that it shows: nothing is sent once more.
if (document.body.dataset.here) history.replaceState(null, "", document.body.dataset.here + location.hash);

const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

for (const button of document.querySelectorAll("[data-theme-toggle], [data-print], [data-opens], [data-park], [data-change]")) button.hidden = false;

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("themeToggle" in button.dataset) {
    root.dataset.theme = dark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  }
  if ("print" in button.dataset) print();
  if ("closes" in button.dataset) button.closest("dialog").close();
  if (button.dataset.opens) document.getElementById(button.dataset.opens).showModal();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  event.preventDefault();
  document.getElementById("find").focus();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form && event.target.value) form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  if (button.ariaBusy === "true") event.preventDefault();
  button.ariaBusy = "true";
});
addEventListener("pageshow", () => document.querySelectorAll("button[aria-busy]").forEach((button) => button.removeAttribute("aria-busy")));

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
    button.textContent = "Copied";
  });
}
for (const box of document.querySelectorAll("[data-tablet]")) box.checked = matchMedia("(pointer: coarse)").matches;

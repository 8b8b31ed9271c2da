// Measures a text as it is typed: its length as a text message, and the letters that no text message has. The server checks it again.
const form = document.querySelector("[data-wording]");
const text = form.elements.text;
const facts = JSON.parse(form.dataset.facts);
const basic = new Set(form.dataset.basic), extended = new Set(form.dataset.extended);
const letters = form.querySelector("[data-letters]"), strange = form.querySelector("[data-strange]"), preview = document.querySelector("[data-preview]");

const filled = (words) =>
  words.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "").replace(/\s+/g, " ").replace(/ +([.,!?])/g, "$1").trim();

function measure() {
  const words = filled(text.value);
  const found = [...new Set([...words].filter((letter) => !basic.has(letter) && !extended.has(letter)))];
  const length = found.length ? words.length : [...words].reduce((sum, letter) => sum + (extended.has(letter) ? 2 : 1), 0);
  letters.textContent = length;
  letters.classList.toggle("over", length > Number(form.dataset.most));
  strange.textContent = found.length ? `${found.join(" ")}: not in the alphabet of text messages.` : "";
  preview.textContent = words;
}

text.addEventListener("input", measure);

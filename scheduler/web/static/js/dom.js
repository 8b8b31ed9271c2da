// Small tools for the other modules: reading a page over the wire, finding its parts, speaking to a screen reader.

export const typing = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

export const say = (sentence) => {
  document.getElementById("said").textContent = sentence;
};

// The answer to a request as a document. A refusal is an answer too, so only a broken line throws.
export async function page(address, body = null) {
  const answer = await fetch(address, { method: body ? "POST" : "GET", body, headers: { Accept: "text/html" } });
  const text = await answer.text();
  return { ok: answer.ok, address: answer.url, redirected: answer.redirected, document: new DOMParser().parseFromString(text, "text/html") };
}

export const region = (name, within = document) => within.querySelector(`[data-region="${name}"]`);

// Form data in the shape in which a browser would post it.
export const fields = (form, submitter) => new URLSearchParams(new FormData(form, submitter));

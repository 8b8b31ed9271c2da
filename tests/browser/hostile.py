"""Sixty strings that would run, break out, or lie, if anything took them for more than text; and how to see whether one did."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Dialog, Page, Request

ELSEWHERE = "http://hostile.invalid"
RUN = "window.__ran=1"

SCRIPTS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT>",
    f"<scr<script>ipt>{RUN}</script>",
    f"<script src={ELSEWHERE}/x.js></script>",
    "<script src=//hostile.invalid/x.js></script>",
    f"<img src=x onerror={RUN}>",
    f'<img src="{ELSEWHERE}/i.png">',
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    "<iframe srcdoc='<script>parent.__ran=1</script>'></iframe>",
    f"<iframe src=javascript:{RUN}></iframe>",
    f"<a href=javascript:{RUN}>press</a>",
    f"<form action={ELSEWHERE}><button>Go on</button></form>",
    f"<base href={ELSEWHERE}/>",
    f"<meta http-equiv=refresh content='0;url={ELSEWHERE}'>",
    f"<link rel=stylesheet href={ELSEWHERE}/x.css>",
    f"<style>@import '{ELSEWHERE}/x.css';</style>",
    f"<object data={ELSEWHERE}/x></object>",
    f"<template><img src=x onerror={RUN}></template>",
    f"<!-- --><b onmouseover={RUN}>bold</b>",
)
DRAWN = (
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><use href='{ELSEWHERE}/x.svg#a'/></svg>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
)
BREAKING = (
    f'" onmouseover="{RUN}" x="',
    f"' onfocus='{RUN}' autofocus='",
    f'"><img src=x onerror={RUN}>',
    f"'><svg/onload={RUN}>",
    f"` onerror={RUN} `",
    f'"/><script>{RUN}</script>',
    f"javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;img src=x onerror={RUN}&#62;",
)
TEMPLATES = ("{{7*7}}", "{% include '/etc/passwd' %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{ ''.__class__.__mro__ }}")
COMMANDS = ("'; DROP TABLE patient; --", "' OR '1'='1", '1); DELETE FROM session; --"', "$(touch /tmp/ran)")
FORMULAS = ('=HYPERLINK("http://hostile.invalid","press")', "+1+1", "-2+3", "@SUM(1+1)")
PATHS = ("../../../../etc/passwd", "..\\..\\windows\\win.ini")
LYING = ("\u202eevil\u202c", "a\u200bb\u200cc\ufeffd")
REFUSED = ("tab\there", "line\r\nSet-Cookie: ran=1", "nothing\x00here", "half\ud800letter")
"""No line of text holds these; they are refused, or kept without what does not belong."""

LONG = "x" * 199
KEPT = (*SCRIPTS, *DRAWN, *BREAKING, *TEMPLATES, *COMMANDS, *FORMULAS, *PATHS, *LYING, LONG)
CORPUS = (*KEPT, *REFUSED)

TYPED_IN_CARE = {
    "_contact.html": {"zone", "evidence", "reason"},
    "adverse_events.html": {"how", "confirmation"},
    "calls.html": {"note"},
    "certifications.html": {"program", "number", "representative"},
    "checklist_edit.html": {"text"},
    "enrollments.html": {"program", "number", "middle_name", "sex"},
    "form.html": {"confirmation"},
    "lot.html": {"reason"},
    "lots.html": {"product", "lot"},
    "session_events.html": {"description"},
    "sheet_decide.html": {"reason"},
    "sheet_entry.html": {"product", "lot", "units", "value", "at", "reason"},
    "sheet_release.html": {"second_handle", "second_code"},
    "text_edit.html": {"text"},
    "texts.html": {"label", "reviewer", "qualification"},
    "wall_screens.html": {"name"},
}
"""What is typed into the forms of `test_nothing_that_is_typed_in_care_runs`, by template."""
SETTING = ("setting_name", "address", "address_more", "city", "state", "postal_code", "telephone", "email")
LINES_IN_CARE = {
    *("program", "number", "representative", "middle_name", "sex", "product", "lot", "value", "description", "confirmation"),
    *("evidence", "label", "note", *SETTING),
}
"""Texts that are kept of care, of what is owed for it, and of messages."""
OF_A_FORM = {"phone", "mail", "zone", "address", "kind", "how"}
"""Numbers, addresses, zones, and what is one of a few words: anything else is refused. (`address` is also a line, of a setting.)"""
NEVER_TOLD = {"digest", "second_handle", "second_password", "second_code"}
"""Compared with what is known, and neither kept nor shown: what was seen, and the proof of a second person."""

BUILT = """() => [...document.querySelectorAll("*")]
  .filter(each => (each.tagName === "SCRIPT" && !(each.getAttribute("src") || "").startsWith("/static/"))
    || ["IFRAME", "OBJECT", "EMBED", "BASE", "STYLE", "VIDEO", "MATH", "BODY"].includes(each.tagName) && each !== document.body
    || [...each.attributes].some(one => one.name.startsWith("on")
      || (["href", "src", "action", "formaction"].includes(one.name)
        && /^\\s*(javascript|data|https?:\\/\\/hostile|\\/\\/)/i.test(one.value))))
  .map(each => each.outerHTML.slice(0, 200))"""
"""Elements and attributes that no page of ours has: a text has become a part of the page."""
SHOWN = """() => [document.body.textContent, ...[...document.querySelectorAll("input, textarea")].map(each => each.value),
  ...[...document.querySelectorAll("[title], [aria-label]")].map(each => `${each.title} ${each.ariaLabel}`)].join(" ")"""

FREE = """each => (each.tagName === "TEXTAREA" || ["text", "search"].includes(each.type)) && !each.readOnly && each.name"""
WITH_TEXT = f"""() => [...document.forms].flatMap((form, at) => [...form.elements].some({FREE}) ? [at] : [])"""
"""The forms of a page that have a text field, by their place on it."""
FILL = (
    """([at, texts]) => {
  const form = document.forms[at];
  const free = [...form.elements].filter(FREE);
  free.forEach((each, number) => { each.value = texts[number % texts.length]; });
  return free.map(each => each.name);
}"""
).replace("FREE", FREE)
"""Types texts into the text fields of a form, more than a browser would let somebody type; gives the names of the fields."""


@dataclass
class Sentinel:
    """Sees what a page does that no text should make it do."""

    page: Page
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("console", self._console)

    def look(self, where: str) -> str:
        """Look at the page as it stands; gives everything that is to be read on it."""
        if self.page.evaluate("window.__ran") is not None:
            self.seen.append(f"{where}: something ran")
        self.seen += [f"{where}: {built}" for built in self.page.evaluate(BUILT)]
        return " ".join(str(self.page.evaluate(SHOWN)).split())

    def _dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"{self.page.url}: dialog {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:")):
            self.seen.append(f"{self.page.url}: asked {request.url}")

    def _console(self, said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text:
            self.seen.append(f"{self.page.url}: {said.text[:200]}")

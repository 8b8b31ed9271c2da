"""What messages say: every kind in every language, changed with a second person's approval; and what they say of the site."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from rooms.base import Db
from rooms.errors import DomainError, Faulty, Unknown
from scheduler.dependencies import AtDesk, Desk
from scheduler.persons import second_at
from scheduler.reminders import queries
from scheduler.reminders.assessing import Assessment, assess
from scheduler.reminders.kind import FOR_PATIENTS, Kind
from scheduler.reminders.known import Messaging
from scheduler.reminders.languages import USUAL, language, languages, usual_of
from scheduler.reminders.message import BASIC, EXTENDED, ONE_SEGMENT, filled
from scheduler.reminding import calling
from scheduler.reminding import queries as desk_queries
from scheduler.reminding.calling import NewText, Reader
from scheduler.web.forms import AsTyped, Key, Typed, done_once
from scheduler.web.message_views import kind_words, language_words
from scheduler.web.pages import Frame, framed, show
from scheduler.web.refusals import faults_of, status_of
from scheduler.web.rendering import clock_of_minute

router = APIRouter(prefix="/sites/{site}/templates")

SAID = {
    "published": "Published. It is used from now on, also by what is planned.",
    "setting": "Saved.",
    "reviewer": "Noted.",
}
SETTING = ("label", "phone", "opens", "closes")
REVIEWER = ("reviewer", "qualification")
ANSWERS = {
    "stopped": "To STOP",
    "started": "To START",
    "help": "To HELP",
    "confirmed": "To C",
    "asked": "To R",
    "cancel": "To CANCEL",
    "offer_taken": "To C for a place that became free",
    "offer_gone": "To C where it is no longer free",
    "other": "To anything else",
}
NEEDS_NO_REVIEWER = {"en"}


@dataclass(frozen=True, slots=True)
class TextView:
    """One kind of message in a language. `number` 0 is the text that comes with the program."""

    kind: str
    title: str
    text: str
    number: int
    found: Assessment


@router.get("")
def show_texts(  # what an address may ask for
    request: Request, site: Key, desk: AtDesk, language: str = "en", kind: str = "", done: str = ""
) -> HTMLResponse:
    """All texts of a language, or one of them to be changed."""
    with desk.reading() as db:
        frame = framed(request, db, site)
        if language not in languages():
            raise Unknown("language", language)
        if kind:
            return _editor(db, frame, desk, NewText(language, kind, _texts(db, frame, language, kind)[0].text), done=SAID.get(done, ""))
        return _page(db, frame, desk, language, done=SAID.get(done, ""))


@router.post("")
def check_or_publish(request: Request, site: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Look at a text from all sides, or publish it; with what is wrong beside it where something is."""
    new = NewText(form["language"], form["kind"], " ".join(form["text"].split()))
    with desk.reading() as db:
        framed(request, db, site)
    try:
        calling.check_text(new)
        if form["do"] == "publish":
            desk.pay()
            return done_once(desk, form, lambda db: _publish(request, db, desk, site, new))
        refused = None
    except Unknown:
        raise
    except DomainError as error:
        if error.code not in {"bad_template", "hard_to_read"} and (not isinstance(error, Faulty) or error.field != "text"):
            raise
        refused = error
    with desk.reading() as db:
        return _editor(db, framed(request, db, site), desk, new, refused=refused, is_checked=refused is None)


def _publish(request: Request, db: Db, desk: Desk, site: str, new: NewText) -> str:
    at, second = framed(request, db, site).site.public_id, second_at(db, desk)
    approved = NewText(new.language, new.kind, new.text, second.name if second else "")
    calling.publish_text(db, at, approved, by=desk.by, now=desk.now)
    return f"/sites/{at}/templates?language={new.language}&kind={new.kind}&done=published"


@router.post("/setting")
def change_setting(request: Request, site: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Say what messages say of the site, and between which hours they go out."""

    def work(db: Db) -> str:
        at = framed(request, db, site).site.public_id
        opens, closes = (each.hour * 60 + each.minute for each in (form.time("opens"), form.time("closes")))
        calling.set_messaging(db, at, Messaging(form["label"], form["phone"], opens, closes), expected=form.whole("version"))
        return f"/sites/{at}/templates?done=setting"

    return _changed(request, desk, form, site, work=work)


@router.post("/reviewer")
def name_reviewer(request: Request, site: Key, form: AsTyped, desk: AtDesk) -> Response:
    """Name who has read what patients get in a language."""

    def work(db: Db) -> str:
        at, reader = framed(request, db, site).site.public_id, Reader(form["language"], form["reviewer"], form["qualification"])
        calling.name_reviewer(db, at, reader, by=desk.by, now=desk.now)
        return f"/sites/{at}/templates?language={reader.language}&done=reviewer"

    return _changed(request, desk, form, site, work=work)


def _changed(request: Request, desk: Desk, form: Typed, site: str, *, work: Callable[[Db], str]) -> Response:
    try:
        return done_once(desk, form, work)
    except Unknown:
        raise
    except DomainError as refused:
        with desk.reading() as db:
            frame, code = framed(request, db, site), form["language"]
            return _page(db, frame, desk, code if code in languages() else "en", form=form, refused=refused)


def _texts(db: Db, frame: Frame, code: str, only: str = "") -> list[TextView]:
    own, facts = queries.own_texts(db, [frame.site.id]), _facts(db, frame, code)
    found = []
    for kind in FOR_PATIENTS if not only else [_kind(only)]:
        number, text = own.get((frame.site.id, code, kind.value), (0, language(code).messages[kind]["text"]))
        found.append(TextView(kind.value, kind_words(kind), text, number, assess(text, code, facts)))
    return found


def _answers(db: Db, frame: Frame, code: str) -> list[tuple[str, str]]:
    facts, answers = _facts(db, frame, code), language(code).answers
    return [(title, filled(answers[name], facts)) for name, title in ANSWERS.items() if name in answers]


def _kind(text: str) -> Kind:
    if text not in FOR_PATIENTS:
        raise Unknown("kind", text)
    return Kind(text)


def _facts(db: Db, frame: Frame, code: str) -> dict[str, str]:
    """Sample facts in a language, with the site's own label where it has one."""
    messaging = queries.messagings(db, [frame.site.id]).get(frame.site.id)
    return usual_of(code, label=messaging.label if messaging else USUAL["label"])


def _page(  # noqa: PLR0913  # what the page says
    db: Db, frame: Frame, desk: Desk, code: str, *, done: str = "", form: Typed | None = None, refused: DomainError | None = None
) -> HTMLResponse:
    setting = queries.messagings(db, [frame.site.id]).get(frame.site.id)
    sent_to = form.address.rpartition("/")[2] if form else ""
    return show(
        "texts.html",
        frame,
        page="messages",
        status=status_of(refused),
        code=code,
        codes=[(each, language_words(each)) for each in languages()],
        texts=_texts(db, frame, code),
        answers=_answers(db, frame, code),
        one_segment=ONE_SEGMENT,
        setting=setting,
        setting_asked=form.values(*SETTING) if form and sent_to == "setting" else _setting(setting),
        review=desk_queries.review_of(db, frame.site.id, code),
        needs_reviewer=code not in NEEDS_NO_REVIEWER,
        reviewer_asked=form.values(*REVIEWER) if form and sent_to == "reviewer" else dict.fromkeys(REVIEWER, ""),
        local=frame.time.local,
        sent_to=sent_to,
        faults=faults_of(refused),
        refused=refused,
        done=done,
        request_key=desk.new_id("f_"),
    )


def _setting(setting: Messaging | None) -> dict[str, str]:
    known = setting or Messaging("", "")
    return {"label": known.label, "phone": known.phone, "opens": clock_of_minute(known.opens), "closes": clock_of_minute(known.closes)}


def _editor(  # noqa: PLR0913  # what the page says
    db: Db, frame: Frame, desk: Desk, new: NewText, *, done: str = "", refused: DomainError | None = None, is_checked: bool = False
) -> HTMLResponse:
    kind, facts = _kind(new.kind), _facts(db, frame, new.language)
    found = assess(new.text, new.language, facts)
    return show(
        "text_edit.html",
        frame,
        page="messages",
        status=422 if refused else 200,
        code=new.language,
        language_name=language_words(new.language),
        kind=kind.value,
        title=kind_words(kind),
        text=new.text,
        found=found,
        faults=found.faults or ((refused.message,) if refused else ()),
        is_checked=is_checked,
        standard=language(new.language).messages[kind]["text"],
        versions=desk_queries.texts_of(db, frame.site.id, new.language, new.kind),
        facts=json.dumps(facts, sort_keys=True),
        basic="".join(sorted(BASIC)),
        extended="".join(sorted(EXTENDED)),
        one_segment=ONE_SEGMENT,
        fields=sorted(facts),
        local=frame.time.local,
        done=done,
        request_key=desk.new_id("f_"),
    )

"""What a desk may choose from under a plan: a card for each aim with its key, other times of day, and what somebody could give way in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from courses.plans.offering.choices import Aim, Choice, usual_start
from courses.plans.offering.proposal import Proposal
from courses.plans.offering.relaxation import Gives, Relaxation
from rooms.availability.hours import WEEKDAYS, SiteTime, WeeklyHours, clock_text
from scheduler.web.forms import Typed

Fields = list[tuple[str, str]]
"""Names and values of a form, in order."""

TITLES = {
    Aim.RECOMMENDED: "Recommended",
    Aim.EARLIEST: "Earliest",
    Aim.BEST_TIMES: "Best times",
    Aim.STEADIEST: "Steadiest",
    Aim.RESEATING: "With others re-seated",
}
KEYS = {Aim.RECOMMENDED: "0", Aim.EARLIEST: "1", Aim.BEST_TIMES: "2", Aim.STEADIEST: "3", Aim.RESEATING: "4"}
HOURS, WINDOW = ("weekdays", "can_from", "can_until"), ("window_from", "window_until")


def cards(proposal: Proposal, shown: Choice, time: SiteTime) -> list[dict[str, object]]:
    """A card for each aim that has a plan. The recommended has one of its own where it is best at no single thing."""
    found = []
    for aim in Aim:
        choice = proposal.named(aim)
        if choice is None or aim not in (choice.name, *choice.also) or (aim is Aim.RECOMMENDED and choice.also):
            continue
        plan, recommended = choice.plan, choice is proposal.choices[0]
        found.append(
            {
                "name": str(aim),
                "title": TITLES[aim],
                "key": KEYS[aim],
                "is_shown": choice is shown,
                "is_recommended": recommended,
                "first_at": time.local(plan.sessions[0].interval.starts_at),
                "usual": clock_text(usual_start(plan, time)),
                "words": "The recommended plan."
                if recommended and aim not in {Aim.RECOMMENDED, Aim.RESEATING}
                else _sentence(choice.words),
            }
        )
    return found


def other_times(proposal: Proposal, shown: Choice) -> list[dict[str, object]]:
    """Other usual times of day, with what each costs."""
    return [
        {"name": choice.name, "clock": choice.name.removeprefix("at_"), "is_shown": choice is shown, "words": _sentence(choice.words)}
        for choice in proposal.choices
        if choice.name.startswith("at_")
    ]


def way_out(relaxation: Relaxation | None, form: Typed, names: Iterable[str]) -> dict[str, object] | None:
    """The sentence, and the fields that ask for it; none where the form cannot say it or nobody at the desk may grant it."""
    if relaxation is None:
        return None
    changed = _changed(relaxation)
    replaced = {Gives.WINDOW: WINDOW, Gives.PATIENT_HOURS: HOURS}.get(relaxation.gives, ())
    kept = [(name, value) for name in names if name not in replaced for value in form.all(name)]
    note = " and note the hours on the card" if relaxation.gives is Gives.PATIENT_HOURS else ""
    return {"words": relaxation.words, "fields": [*kept, *changed] if changed else [], "button": f"Plan it so{note}"}


def _changed(relaxation: Relaxation) -> Fields:
    window = relaxation.request.window
    if relaxation.gives is Gives.WINDOW and window is not None:
        return list(zip(WINDOW, (clock_text(window.opens), clock_text(window.closes)), strict=True))
    if relaxation.gives is Gives.PATIENT_HOURS and relaxation.available is not None:
        return list(_hours(relaxation.available))
    return []


def _hours(hours: WeeklyHours) -> Iterator[tuple[str, str]]:
    """Weekly hours as the form asks for them: the same one stretch on some days; nothing where they are not so."""
    stretches = {spans for spans in hours.days if spans}
    if len(stretches) == 1 and len(spans := stretches.pop()) == 1:
        ((opens, closes),) = spans
        yield from (("weekdays", name) for name, on in zip(WEEKDAYS, hours.days, strict=True) if on)
        yield "can_from", clock_text(opens)
        if closes < 24 * 60:
            yield "can_until", clock_text(closes)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else "Worth as much."

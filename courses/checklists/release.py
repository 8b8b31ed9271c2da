"""When a patient may leave: after the minimum time, with nothing asked for open, and signed by those who must."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil

from courses.checklists.checklist import Checklist, Meaning
from courses.checklists.clocks import Moments, due_list
from courses.checklists.fold import Chart
from courses.checklists.item import Due, Item, Moment, Verb
from courses.errors import DomainError

EARLY = "before-the-minimum"
"""The gate that a physician goes past, with a second person and a reason, to release before the minimum time."""

OPEN = "with-open-items"
"""The gate that they go past to release with something open."""


class TooEarly(DomainError):
    """The minimum time is not over: `seconds` are left, until `at` (UTC)."""

    code = "too_early"

    def __init__(self, seconds: int, at: datetime) -> None:
        minutes = f"{seconds // 60} min {seconds % 60} s"
        super().__init__(
            f"The patient is watched for {minutes} yet ({seconds} seconds). A physician may release earlier, with a second person."
        )
        self.seconds = seconds
        self.at = at


class StillOpen(DomainError):
    """Something that has to be answered before the release is not."""

    code = "still_open"

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(f"Still open: {', '.join(item.words for item in items)}. Answer them before the release.")
        self.items = tuple(items)


class NotSigned(DomainError):
    """A signature that stands before the release is missing."""

    code = "not_signed"

    def __init__(self, meanings: Sequence[Meaning]) -> None:
        super().__init__(f"Not signed yet: {', '.join(meaning.words for meaning in meanings)}. Have it signed before the release.")
        self.meanings = tuple(meanings)


def earliest_release(checklists: Sequence[Checklist], moments: Moments) -> datetime | None:
    """When the minimum time is over, in UTC; None where there is none, or where what it counts from did not happen."""
    ends = [
        base + timedelta(minutes=checklist.watch.minutes)
        for checklist in checklists
        if checklist.watch and (base := moments.of(checklist.watch.counted_from))
    ]
    return max(ends, default=None)


def reported_minutes(checklist: Checklist, moments: Moments, until: datetime) -> int | None:
    """The whole minutes that a report gives, from where it counts to `until`; None where that did not happen."""
    base = moments.of(checklist.watch.reported_from) if checklist.watch else None
    return int((until.astimezone(UTC) - base).total_seconds() // 60) if base else None


def missing(
    checklists: Sequence[Checklist], chart: Chart, moments: Moments, verb: Verb, *, now: datetime, cut_short: bool = False
) -> tuple[Item, ...]:
    """The required items that are open before a move. The release asks for all; before a start or a dose only what is due before it.

    A treatment that was `cut_short` owes nothing that is asked for at no particular time.
    """
    return tuple(
        item
        for checklist in checklists
        for item in checklist.items
        if item.required and _is_open(checklist, item, chart, moments, verb, now, cut_short=cut_short)
    )


def check_release(  # noqa: PLR0913  # what a release depends on
    checklists: Sequence[Checklist],
    chart: Chart,
    moments: Moments,
    *,
    now: datetime,
    signed: Collection[str] = (),
    overridden: Collection[str] = (),
    cut_short: bool = False,
) -> None:
    """Raises `TooEarly`, `StillOpen` or `NotSigned`, in this order. `signed` are the codes of meanings whose signatures still hold.

    `overridden` may name `EARLY` and `OPEN`. Gates before the release are another question, see `gates.standing`.
    """
    at, instant = earliest_release(checklists, moments), now.astimezone(UTC)
    if at and instant < at and EARLY not in overridden:
        raise TooEarly(ceil((at - instant).total_seconds()), at)
    items = missing(checklists, chart, moments, Verb.RELEASE, now=now, cut_short=cut_short)
    if items and OPEN not in overridden:
        raise StillOpen(items)
    meanings = [each for checklist in checklists for each in checklist.meanings if each.before_release and each.code not in signed]
    if meanings:
        raise NotSigned(meanings)


def _is_open(  # noqa: PLR0913
    checklist: Checklist, item: Item, chart: Chart, moments: Moments, verb: Verb, now: datetime, *, cut_short: bool
) -> bool:
    if any(not _is_done(due, item, chart, moments, now) for due in item.due if _stands_before(due, verb, moments)):
        return True
    if verb is not Verb.RELEASE:
        return False
    if not item.due:
        return not cut_short and not chart.of(item.code)
    timed = due_list([checklist], chart, moments, now=now, until=now)
    return any(each.item is item and each.done_by is None and not each.is_missed for each in timed)


def _stands_before(due: Due, verb: Verb, moments: Moments) -> bool:
    """Whether a move asks for it: the release for all, but not for what comes before a dose where none was given."""
    if verb is not Verb.RELEASE:
        return due.before is verb
    return due.before is not None and (due.before is not Verb.DOSE or moments.first_dose is not None)


def _is_done(due: Due, item: Item, chart: Chart, moments: Moments, now: datetime) -> bool:
    """Whether an answer came in time: before a dose not after the first was given, and no older than asked."""
    first_dose = moments.of(Moment.FIRST_DOSE) if due.before is Verb.DOSE else None
    at = first_dose or (moments.of(Moment.START) if due.before is Verb.START else None) or now.astimezone(UTC)
    oldest = at - timedelta(minutes=due.within_minutes) if due.within_minutes is not None else None
    return any(
        (oldest is None or reading.observed_at >= oldest) and (first_dose is None or reading.observed_at <= first_dose)
        for reading in chart.of(item.code)
    )

"""A pack with everything in it, made of values."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from courses.checklists.checklist import Checklist, Meaning, UsedFor, Watch
from courses.checklists.item import Bands, Due, Gate, GateClass, Item, ItemKind, Moment, Range, Verb
from scheduler.printing.day import Named, PrintedDay, PrintedResource, PrintedVisit
from scheduler.printing.frame import Origin
from scheduler.printing.pack import Pack
from scheduler.printing.phones import PrintedColleague, PrintedPhone
from scheduler.printing.watch import PrintedWatch

ZONE = ZoneInfo("America/New_York")
ZOFIA = Named("Zofia Łukaszewicz", "MR-100", date(1980, 5, 17))
INIGO = Named("Íñigo Ñandú <b>& Co", "MR-101", date(1975, 1, 2))
WON = Named("원 김", "MR-102", date(1990, 12, 31))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=ZONE)


ORIGIN = Origin("Harbor Clinic", at(14, 45), at(14, 41), "3f2a91c07be4")
VISIT = PrintedVisit(at(9), at(11, 30), ZOFIA, "Esketamine for TRD 3 of 8", "Nurse A, Dr. Reed", "in observation", "first visit")
BP = Bands(possible=Range(40, 300), likely=Range(70, 220), limits=Range(None, 140))
CHECKLIST = Checklist(
    "dose-day",
    "Dose day",
    (
        Item("fasting", "Nothing eaten for two hours", ItemKind.CHECK, required=True, due=(Due(before=Verb.START),)),
        Item(
            "enrolled",
            "Enrolled in the safety program",
            ItemKind.CHECK,
            due=(Due(before=Verb.DOSE),),
            gate=Gate(Verb.DOSE, GateClass.REGULATORY, ("yes",), says="no dose without it"),
        ),
        Item("device", "Device", ItemKind.DEVICE, due=(Due(before=Verb.DOSE),), marks=Moment.LAST_DOSE),
        Item(
            "systolic",
            "Systolic pressure",
            ItemKind.NUMBER,
            unit="mmHg",
            bands=BP,
            due=(Due(after=Moment.FIRST_DOSE, minutes=40, every=15),),
            unconfirmed=True,
        ),
        Item(
            "sedation",
            "Sedation",
            ItemKind.CHOICE,
            choices=("awake", "drowsy", "asleep"),
            due=(Due(after=Moment.FIRST_DOSE, minutes=40),),
        ),
        Item("escort", "Who takes them home", ItemKind.TEXT, required=True, due=(Due(before=Verb.RELEASE),)),
    ),
    used_for=(UsedFor("esketamine"),),
    watch=Watch(120),
    meanings=(Meaning("watched", "I watched this patient from the first device to the release", ("RN",)),),
    instructions=("Do not drive until the day after a restful sleep.",),
)


def pack(n_visits: int = 3) -> Pack:
    visits = tuple(VISIT for _ in range(n_visits))
    chair = PrintedResource("Chair 1", visits, ("12:00–13:00 servicing",))
    return Pack(
        ORIGIN,
        (
            PrintedDay(
                date(2026, 11, 23), (chair, PrintedResource("Chair 2", (PrintedVisit(at(10), at(12), INIGO, "TMS", "", "booked"),)))
            ),
            PrintedDay(date(2026, 11, 24), (), ("Staff meeting",), ("Chair 1", "Chair 2")),
        ),
        (
            PrintedWatch("Chair 2", INIGO, "Esketamine", at(13, 30), at(13, 40), at(15, 40), ("15:00 blood pressure",)),
            PrintedWatch("Chair 1", ZOFIA, "Esketamine", at(12, 50), at(13, 0), at(15, 0)),
        ),
        ((CHECKLIST, "version 2, from 2026-11-01"),),
        (PrintedPhone("Mon 09:00", ZOFIA, ""), PrintedPhone("Mon 10:00", WON, "+1 212 555 0100")),
        (PrintedColleague("Dr. Reed", "08:00–17:00"),),
    )

"""Room reserved for urgent patients: what it costs others, where and until when, and whom it helps when more is asked for than there is."""

import json
from collections import defaultdict
from datetime import date, timedelta
from random import Random

import pytest

from courses.plans.batch import take
from courses.plans.best_plan import Situation, plan_course
from courses.plans.plan import CoursePlan
from courses.plans.pricing.prices import Prices
from courses.plans.pricing.reserve import DAYS_OF_WAITING, reserved_prices
from courses.plans.request import CourseRequest, PatientHours
from rooms.bookings.calendar import Calendar
from scheduler.clinic_file import ClinicFile, read_clinic

MONDAY = date(2026, 11, 30)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
VISITS_A_DAY = 12


def clinic(reserve: dict[str, float] | None) -> ClinicFile:
    """Three chairs for eight hours a day, visits of two hours, and a nurse who never is what lacks."""
    visit = {
        "steps": [{"name": "visit", "minutes": 120}],
        "requirements": [{"capability": "chair"}, {"capability": "nurse"}],
    }
    kinds = [
        ("regular", {"sessions": 4, "per_week": 1, "min_gap_days": 5, "max_gap_days": 10}, None),
        ("urgent", {"sessions": 2, "per_week": 2, "max_gap_days": 7}, reserve),
    ]
    document = {
        "clinic": {
            "timezone": "America/New_York",
            "granularity_minutes": 30,
            "hours": {day: [["08:00", "16:00"]] for day in WEEKDAYS},
        },
        "resources": [
            *({"id": f"chair-{n}", "kind": "chair", "capabilities": ["chair"]} for n in (1, 2, 3)),
            {"id": "nurse", "kind": "staff", "capabilities": ["nurse"], "capacity": 9},
        ],
        "protocols": [
            {
                "id": name,
                "phases": [{"name": "all", **phase}],
                "session_templates": {"visit": visit},
                "session_rules": [{"template": "visit"}],
                **({"reserve": kept} if kept else {}),
            }
            for name, phase, kept in kinds
        ],
    }
    return read_clinic(json.dumps(document))


def mean_waits(reserve: dict[str, float] | None, seed: int) -> dict[str, float]:
    """Days from asking to the first session, by protocol: for eight weeks half as much again is asked for as there is, each planned when it
    is asked for. Urgent patients ask for a tenth of the room."""
    file, chance = clinic(reserve), Random(seed)
    protocols = {key: document.protocol for key, document in file.protocols.items()}
    calendar = Calendar(file.site, file.resources)
    waits = defaultdict(list)
    a_day = {"regular": 1.4 * VISITS_A_DAY / 4, "urgent": 0.1 * VISITS_A_DAY / 2}
    for today in (MONDAY + timedelta(days=day) for day in range(56) if day % 7 < 5):
        asking = [kind for kind, mean in a_day.items() for _ in range(10) if chance.random() < mean / 10]
        for number, kind in enumerate(asking):
            request = CourseRequest(f"{today} {number}", f"{today} {number}", protocols[kind], today + timedelta(days=1))
            prices = reserved_prices(calendar, protocols.values(), protocols[kind], file.weights, today)
            plan = plan_course(request, Situation(calendar, PatientHours(request.patient), file.weights, prices=prices))
            assert isinstance(plan, CoursePlan)
            take(calendar, plan)
            waits[kind].append((calendar.time.date_of(plan.sessions[0].interval.starts_at) - today).days)
    return {kind: sum(each) / len(each) for kind, each in waits.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_urgent_patients_wait_half_as_long_and_others_little_longer(seed: int) -> None:
    served_as_they_come = mean_waits(None, seed)

    reserved = mean_waits({"share": 0.1, "until_days": 2}, seed)

    assert served_as_they_come["urgent"] > 0.8 * served_as_they_come["regular"]
    assert reserved["urgent"] < 0.55 * served_as_they_come["urgent"]
    assert reserved["regular"] < served_as_they_come["regular"] + 2


class TestPrices:
    """Of a visit from eight to ten on a day that is full but for the reserved share, and on others."""

    on = MONDAY + timedelta(days=7)

    def price_of_a_visit(self, prices: Prices | None, resource: str = "chair-1") -> float:
        added_up = prices.of_resource(resource, self.on) if prices else None
        return 0.0 if added_up is None else float(added_up[600] - added_up[480])

    def prices_of(self, n_booked: int, asking: str = "regular", days_before: int = 7) -> Prices | None:
        file = clinic({"share": 0.5, "until_days": 3})
        calendar = Calendar(file.site, file.resources)
        day = calendar.day(self.on)
        for n in range(n_booked):
            calendar.take(f"chair-{n % 3 + 1}", day.interval(480 + n // 3 * 120, 600 + n // 3 * 120), 1)
        protocols = {key: document.protocol for key, document in file.protocols.items()}
        return reserved_prices(calendar, protocols.values(), protocols[asking], file.weights, self.on - timedelta(days=days_before))

    def test_the_reserved_half_costs_others_thirty_days_of_delay(self) -> None:
        assert self.price_of_a_visit(self.prices_of(6)) == pytest.approx(10 * DAYS_OF_WAITING)

    def test_the_other_half_is_free_to_all(self) -> None:
        assert self.price_of_a_visit(self.prices_of(5)) == 0

    def test_the_protocol_s_own_courses_pay_nothing(self) -> None:
        assert self.prices_of(6, "urgent") is None

    @pytest.mark.parametrize(("days_before", "price"), [(4, 300), (3, 0)])
    def test_the_reserve_ends_so_many_days_before_the_date(self, days_before: int, price: float) -> None:
        assert self.price_of_a_visit(self.prices_of(6, days_before=days_before)) == pytest.approx(price)

    def test_only_what_lacks_first_is_reserved(self) -> None:
        assert self.price_of_a_visit(self.prices_of(6), "nurse") == 0

    def test_a_closed_day_has_no_price(self) -> None:
        prices = self.prices_of(6)

        assert prices is not None
        assert prices.of_resource("chair-1", MONDAY + timedelta(days=6)) is None


def test_nothing_is_priced_where_nobody_reserves() -> None:
    file = clinic(None)
    protocols = {key: document.protocol for key, document in file.protocols.items()}

    assert reserved_prices(Calendar(file.site, file.resources), protocols.values(), protocols["regular"], file.weights, MONDAY) is None

"""A place that became free, taken or left by the link in the message that offers it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from courses.openings.offer import OfferStatus
from courses.queries import openings as looks
from scheduler.app import create_app
from scheduler.database import Database
from scheduler.linking import Links
from scheduler.reminders.message import length_of
from scheduler.reminding.working import Worker
from scheduler.settings import Settings
from tests.openings.test_messages import Told
from tests.openings.test_offering import EIGHT
from tests.openings.ward import DAY, starts_of
from tests.patient_page.visitor import FIELD, FORM

ADDRESS = "https://clinic.example"


class Offered:
    """Somebody who was offered a place that became free, and their browser."""

    def __init__(self, told: Told, browser: TestClient) -> None:
        self.told, self.browser = told, browser
        told.worker = Worker(told.ward.database, told.ward.clock, Links(ADDRESS, told.ward.clock))
        told.turn()
        (self.text,) = (text for text in told.box.texts if "new time" in text)
        (self.path,) = re.findall(rf"{ADDRESS}(/v/[0-9A-Za-z]{{22}})", self.text)

    def press(self, part: str) -> Response:
        carried = {action.rpartition("/")[2]: dict(FIELD.findall(inside)) for action, inside in FORM.findall(self.look().text)}
        answer = self.browser.post(f"{self.path}/{part}", data=carried[part] | {"do": "yes"})
        return self.browser.get(answer.headers["location"])

    def look(self) -> Response:
        return self.browser.get(self.path)

    @property
    def status(self) -> OfferStatus:
        with self.told.ward.database.reading() as db:
            offer = looks.newest_offer_of(db, [looks.ended_offers(db, self.told.ward.site_id)[0].patient_id])
        assert offer is not None
        return offer.status


@pytest.fixture
def offered(database: Database) -> Iterator[Offered]:
    told = Told(database)
    app = create_app(Settings(database_url=database.url, public_address=ADDRESS), told.ward.clock, database)
    with TestClient(app, base_url=ADDRESS, follow_redirects=False) as browser:
        yield Offered(told, browser)


def test_to_take_it(offered: Offered) -> None:
    assert length_of(offered.text).segments == 1
    assert "A new time is free for you" in offered.look().text

    page = offered.press("take-offer")

    assert "Your visit has a new time" in page.text
    assert "A new time is free" not in page.text
    assert starts_of(offered.told.ward.now_of(offered.told.bea)) == [EIGHT]
    assert offered.status is OfferStatus.ACCEPTED


def test_to_keep_what_one_has(offered: Offered) -> None:
    before = starts_of(offered.told.ward.now_of(offered.told.bea))

    page = offered.press("leave-offer")

    assert "A new time is free" not in page.text
    assert starts_of(offered.told.ward.now_of(offered.told.bea)) == before
    assert offered.status is OfferStatus.DECLINED


def test_one_that_ran_out_is_not_there(offered: Offered) -> None:
    offered.told.ward.pass_time(DAY)

    assert "A new time is free" not in offered.look().text
    assert starts_of(offered.told.ward.now_of(offered.told.bea)) != [EIGHT]

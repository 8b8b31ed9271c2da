"""Accounts from the command line, the code of the first run, and the people of the demo."""

from __future__ import annotations

import re

import pytest

from scheduler import admitting
from scheduler.access.role import Role
from scheduler.cli.people import tell_first_run
from scheduler.clock import SystemClock
from scheduler.demo import PEOPLE
from scheduler.demo.people import WORDS, WORDS_OF_A_PASSPHRASE
from scheduler.proving import Means
from scheduler.settings import Settings
from tests.accounts.staff import PASSPHRASE, Staff
from tests.scheduler.command import chairtime


@pytest.fixture
def url(staff: Staff) -> str:
    staff.clock.set(SystemClock().now())
    return staff.database.url


def test_invited_from_the_command_line(staff: Staff, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAIRTIME_PUBLIC_ADDRESS", "https://chairtime.example")
    named = ("--given-name", "Nora", "--family-name", "Moss")

    code = chairtime("account", "invite", "nora", *named, "--role", "nurse@main", "--role", "admin@east", "--database-url", url)

    link = capsys.readouterr().out.strip()
    assert code == 0
    assert re.fullmatch(r"https://chairtime\.example/invitation/[A-Za-z0-9_-]{32}", link)
    kept = staff.means.kept(PASSPHRASE, alone=True)
    staff.database.run(lambda db: admitting.follow_link(db, link.rpartition("/")[2], kept, now=staff.now))
    chairtime("account", "list", "--database-url", url)
    assert capsys.readouterr().out.split() == ["nora", "Nora", "Moss", "active", "nurse@main", "admin@east"]


@pytest.mark.parametrize("role", ["nurse", "king@main", "@main", "nurse@"])
def test_role_that_is_none_is_refused(url: str, capsys: pytest.CaptureFixture[str], role: str) -> None:
    arguments = ("account", "invite", "nora", "--given-name", "N", "--family-name", "M", "--role", role, "--database-url", url)

    assert chairtime(*arguments) == 2
    assert "write it as nurse@riverside" in capsys.readouterr().err


def test_disabled_and_enabled_from_the_command_line(staff: Staff, url: str) -> None:
    opened = staff.sign_in(staff.add("nora", main={Role.NURSE}))

    assert chairtime("account", "disable", "Nora", "--database-url", url) == 0
    assert staff.actor(opened.token) is None
    assert chairtime("account", "link", "nora", "--database-url", url) == 1
    assert chairtime("account", "enable", "nora", "--database-url", url) == 0
    assert staff.actor(staff.sign_in(staff.add("bo", main={Role.NURSE})).token) is not None
    assert chairtime("account", "disable", "nobody", "--database-url", url) == 2


def test_code_of_the_first_run_is_told_until_there_is_somebody(staff: Staff, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(database_url=staff.database.url, public_address="https://chairtime.example")
    tell_first_run(staff.database, settings)
    told = capsys.readouterr().err
    code = re.search(r"https://chairtime\.example/first-run - the code of the first run: ([A-Za-z0-9_-]{32})\n$", told)
    assert code

    named, kept = admitting.Named("ada", "Ada", "Young"), staff.means.kept(PASSPHRASE, alone=True)
    now = Means(settings, SystemClock()).clock.now()
    staff.database.run(lambda db: admitting.add_first(db, named, code[1], kept, now=now, new_id=staff.new_id))
    tell_first_run(staff.database, settings)

    assert capsys.readouterr().err == ""


def test_demo_has_somebody_for_each_role_and_draws_from_many_words() -> None:
    assert [person.role for person in PEOPLE] == list(Role)
    assert len(set(WORDS)) ** WORDS_OF_A_PASSPHRASE > 2**40

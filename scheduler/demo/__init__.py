"""The demo clinic: made-up people in a lively week, with every protocol of the library ready to be booked."""

from __future__ import annotations

from scheduler.demo.making import SITE, build_demo, made_on
from scheduler.demo.people import PEOPLE, DemoPerson, add_people

__all__ = ["PEOPLE", "SITE", "DemoPerson", "add_people", "build_demo", "made_on"]

"""Planning a clinic document as the commands do, and judging what comes out twice: by our judge and by the shared checker."""

from __future__ import annotations

import importlib.util
import json
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from courses.plans.batch import Clinic, plan_clinic
from courses.plans.plan import ClinicPlan
from courses.plans.repair import replan
from scheduler.clinic_file import ClinicFile, plan_document, read_clinic, read_disruptions
from tests.plans.judge import compare, judge
from tests.plans.site_facts import Document

SHARED = Path(__file__).parents[2].parent / "shared" / "clinic-file"
"""The format's own description, examples and checker: a folder beside the checkout."""


def shared_module(name: str) -> ModuleType:
    """A script of the shared folder as a module. Skips the test where the folder is not there."""
    path = SHARED / f"{name}.py"
    if not path.is_file():
        pytest.skip(f"the shared folder with {path.name} is not beside the checkout")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shared_document(name: str) -> Document:
    """A document of the shared folder."""
    loaded: Document = shared_module("check_plan").load(str(SHARED / name))
    return loaded


def shared_faults(document: Document, plan: Document, happened: Document | None = None, before: Document | None = None) -> list[str]:
    """What the shared checker finds broken. What a course loses that has no place any more is not counted."""
    checker = shared_module("check_plan")
    clinic = checker.Clinic(document, happened["disruptions"] if happened else [])
    now: datetime | None = clinic.instant(happened["now"]) if happened else None
    faults, _ = checker.check(clinic, plan, now)
    if before is not None:
        more, _ = checker.compare(clinic, before, plan, happened)
        lost = tuple(course["id"] + " session" for course in plan["courses"] if course["status"] == "unplaceable")
        faults += [fault for fault in more if not (fault.startswith(lost) and fault.endswith(": lost"))]
    found: list[str] = faults
    return found


class Planned:
    """A clinic document, read and planned."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.file: ClinicFile = read_clinic(json.dumps(document))
        self.clinic: Clinic = self.file.as_planned_against()
        self.plan: ClinicPlan = plan_clinic(self.clinic, self.file.requests)
        self.written = self.write(self.plan)

    def write(self, plan: ClinicPlan) -> Document:
        """A plan as its document."""
        return dict(plan_document(plan, self.file.site.timezone))

    def replanned(self, happened: Document) -> Document:
        """The document of the plan after what happened."""
        disruptions = read_disruptions(json.dumps(happened), self.file)
        return self.write(replan(self.clinic, self.file.requests, self.plan, disruptions))

    def faults(self) -> list[str]:
        """What either judge finds broken in the plan."""
        return judge(self.document, self.written).faults + shared_faults(self.document, self.written)

    def faults_after(self, happened: Document, after: Document) -> list[str]:
        """What either judge finds broken in a re-plan."""
        own = judge(self.document, after, happened).faults + compare(self.document, self.written, after, happened)[0]
        return own + shared_faults(self.document, after, happened, self.written)

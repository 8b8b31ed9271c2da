"""The clinic file, its plans and its disruptions: documents in, values out, and back.

Read a file with `open_clinic`, `open_plan`, `open_disruptions`; a text with `read_clinic`, `read_plan`, `read_disruptions`. All raise
`FaultyDocument` with every fault at its line.
"""

from __future__ import annotations

from courses.protocols.located.faults import Fault, FaultyDocument
from scheduler.clinic_file.clinic import ClinicFile, HeldBooking, Person
from scheduler.clinic_file.disruptions import open_disruptions, read_disruptions
from scheduler.clinic_file.plan_reading import open_plan, read_plan
from scheduler.clinic_file.plan_writing import plan_document
from scheduler.clinic_file.reading import open_clinic, read_clinic
from scheduler.clinic_file.schema import clinic_schema
from scheduler.clinic_file.writing import document_text, write_clinic

__all__ = [
    "ClinicFile",
    "Fault",
    "FaultyDocument",
    "HeldBooking",
    "Person",
    "clinic_schema",
    "document_text",
    "open_clinic",
    "open_disruptions",
    "open_plan",
    "plan_document",
    "read_clinic",
    "read_disruptions",
    "read_plan",
    "write_clinic",
]

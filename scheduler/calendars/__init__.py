"""Visits as calendar files: one visit, or all visits of a course for a calendar that subscribes to them."""

from __future__ import annotations

from scheduler.calendars.writing import Entry, Publisher, calendar, entry_of

__all__ = ["Entry", "Publisher", "calendar", "entry_of"]

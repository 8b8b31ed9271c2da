"""The words of the page that a patient comes to by a link, and what is shown on it."""

from __future__ import annotations

from scheduler.patient_page.words import PageWords, page_languages, page_words

__all__ = ["PageWords", "page_languages", "page_words"]

"""The weekly review: what looked unusual at a site in a week, judged one by one, and signed by an auditor who did none of it."""

from __future__ import annotations

from scheduler.reviewing.judging import NotOver, OwnAccess, Unjudged, Verdict, judge, sign
from scheduler.reviewing.listing import Judged, Review, week_of, weekly_review

__all__ = ["Judged", "NotOver", "OwnAccess", "Review", "Unjudged", "Verdict", "judge", "sign", "week_of", "weekly_review"]

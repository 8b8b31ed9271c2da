"""Answers as JSON: what a table or a signature keeps of them, and what came from there or over the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias

from courses.checklists.answers import WrongKind
from courses.checklists.entry import Answer, DeviceAnswer
from courses.checklists.item import Item, ItemKind

Kept: TypeAlias = bool | int | float | str | dict[str, str | int] | None


def kept_answer(value: Answer) -> Kept:
    """An answer as JSON, the same for equal answers: 120.0 is 120, a time is UTC."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case DeviceAnswer():
            return {"product": value.product, "lot": value.lot, "units": value.units}
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def answer_of(item: Item, data: object) -> Answer:
    """The answer that JSON tells. Raises `WrongKind`; whether the item allows it, `check_answer` says."""
    if item.kind is ItemKind.TIME and isinstance(data, str):
        try:
            return datetime.fromisoformat(data)
        except ValueError:
            raise WrongKind(item.code, f"{item.words}: a time such as 2026-12-01T09:00:00+00:00 is wanted") from None
    if isinstance(data, dict):
        return _device(item, data)
    if data is None or isinstance(data, bool | int | float | str):
        return data
    raise WrongKind(item.code, f"{item.words}: a list is no answer")


def _device(item: Item, data: dict[str, object]) -> DeviceAnswer:
    product, lot, units = data.get("product"), data.get("lot"), data.get("units")
    if not isinstance(product, str) or not isinstance(lot, str) or not isinstance(units, int) or isinstance(units, bool):
        raise WrongKind(item.code, f"{item.words}: a product, its lot and how many are wanted")
    return DeviceAnswer(product, lot, units)

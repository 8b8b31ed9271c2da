"""Clinical values in answers: which fields hold them, and whether whoever asks may read them.

A field that is marked `Clinical` is left out of an answer to somebody who may not, and not replaced by an empty one.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel


class Clinical:
    """Marks a field: `reason: Annotated[str | None, Clinical]`."""


_SEEN: ContextVar[bool] = ContextVar("clinical values are seen", default=False)


def let_see(*, values: bool) -> None:
    """Say whether the answer that is being made may hold clinical values."""
    _SEEN.set(values)


def sees_values() -> bool:
    """Whether it may; not, as long as nobody said so."""
    return _SEEN.get()


def written(body: BaseModel) -> str:
    """An answer as JSON, without what whoever asked may not read."""
    return body.model_dump_json(exclude=None if sees_values() else clinical_fields(type(body)))


@lru_cache
def clinical_fields(shape: type[BaseModel]) -> dict[str, Any] | None:
    """The marked fields of a shape and of those within it, as Pydantic wants to have them left out; None where there are none."""
    found: dict[str, Any] = {}
    for name, field in shape.model_fields.items():
        if Clinical in field.metadata:
            found[name] = True
            continue
        within = [part for part in _parts(field.annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
        deeper = clinical_fields(within[0]) if within and within[0] is not shape else None
        if deeper:
            found[name] = {"__all__": deeper} if _is_many(field.annotation) else deeper
    return found or None


def _parts(annotation: object) -> list[object]:
    arguments = get_args(annotation)
    return [part for each in arguments for part in _parts(each)] if arguments else [annotation]


def _is_many(annotation: object) -> bool:
    return getattr(annotation, "__origin__", None) in {list, tuple} or any(_is_many(each) for each in get_args(annotation))

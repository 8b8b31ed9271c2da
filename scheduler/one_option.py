"""Many options of a statement as one, so that a statement is not slowed down by each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm.interfaces import CriteriaOption, ORMOption
from sqlalchemy.sql.visitors import ExtendedInternalTraversal


class Together(CriteriaOption):
    """All of `options`, which `name` must tell from all others: what was compiled for it once is taken again wherever it is named.

    SQLAlchemy looks through each option of each statement before it finds what it has compiled already, and there is one for nearly
    every table.
    """

    _traverse_internals = [("name", ExtendedInternalTraversal.dp_plain_obj)]  # noqa: RUF012  # as in SQLAlchemy itself
    propagate_to_loaders = True

    def __init__(self, name: frozenset[int], options: Sequence[ORMOption]) -> None:
        self.name = name
        self.options = [option for option in options if isinstance(option, CriteriaOption)]
        if len(self.options) != len(options):
            raise TypeError("only what keeps statements to some rows goes together")

    def process_compile_state(self, compile_state: Any) -> None:
        """For what is looked at."""
        for option in self.options:
            option.process_compile_state(compile_state)

    def process_compile_state_replaced_entities(self, compile_state: Any, mapper_entities: Any) -> None:
        """For what is looked at with other columns."""
        for option in self.options:
            option.process_compile_state_replaced_entities(compile_state, mapper_entities)

    def get_global_criteria(self, attributes: dict[Any, Any]) -> None:
        """For what is changed or removed."""
        for option in self.options:
            option.get_global_criteria(attributes)

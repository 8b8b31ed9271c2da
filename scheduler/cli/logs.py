"""What the server and the worker write into the log: what happened and where in the program, never a word about a person."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    """Tells of an error its kind and where it came from. Its own words may hold what was typed or stored, and stay out."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        if record.name == "asyncio":  # its further lines show the error itself
            record.msg, record.args = record.getMessage().partition("\n")[0], None
        return super().format(record)

    def formatException(self, ei: Raised) -> str:  # noqa: N802  # the name is the library's
        """Where an error came from, and those that it came of."""
        return "\n".join(_told(ei[1])) if ei[1] is not None else ""


def _told(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _told(each)


LOG_CONFIG: dict[str, object] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": Discreet, "fmt": LINE}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "discreet", "stream": "ext://sys.stderr"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {"apscheduler": {"level": "WARNING"}},  # it tells of every beat
}

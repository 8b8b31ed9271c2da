"""The command line, run in the test's own process."""

from pathlib import Path

import pytest

from scheduler.cli import main


def chairtime(*arguments: str | Path) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as left:
        main([str(each) for each in arguments])
    code = left.value.code
    assert code is None or isinstance(code, int)
    return code or 0

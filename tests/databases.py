"""On which databases tests of pages and commands run."""

import pytest

postgres_in_soak = pytest.mark.parametrize("database_kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
"""For pages and commands: what a database decides is tested beneath them, on both."""

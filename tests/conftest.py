"""What every test may ask for: an empty database built by the real migrations, on SQLite and on PostgreSQL."""

from pathlib import Path

# Until the database is there, tests of pure code must run without it.
pytest_plugins = ["tests.database_fixtures"] if Path(__file__).parent.with_name("scheduler").joinpath("database.py").exists() else []

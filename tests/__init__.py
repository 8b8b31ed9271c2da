"""The tests: a mirror of the house, on a real SQLite and a real PostgreSQL."""

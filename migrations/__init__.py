"""How the tables came to be, revision by revision, the same on SQLite and PostgreSQL."""

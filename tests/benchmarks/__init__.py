"""How long things take on this machine, with a hundred thousand bookings in the database: `python -m tests.benchmarks`."""

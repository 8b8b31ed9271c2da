"""Who is treated: how a person is told from another, and when they can come."""

"""Who may do what, tried on every operation."""

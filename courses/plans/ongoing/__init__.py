"""A course as it stands, and what becomes of its sessions when something changes."""

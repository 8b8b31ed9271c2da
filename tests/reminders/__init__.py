"""Reminders: what is said when, and that it is said once."""

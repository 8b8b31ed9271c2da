"""Checklists: what is asked of whom and when, what was entered, and what is shown of it."""

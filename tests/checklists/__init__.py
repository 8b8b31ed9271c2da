"""Checklists: the pure part, the shipped library, and what publishes them."""

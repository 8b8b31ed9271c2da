"""Wishes for other places, and free places that are offered for them."""

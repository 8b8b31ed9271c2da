"""Accounts, sign-ins, and the pages for them."""

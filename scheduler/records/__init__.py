"""Tables of the top floor: answers that are kept, accounts and their sign-ins."""

from scheduler.records import accounts, idempotency

__all__ = ["accounts", "idempotency"]

"""Tables of the top floor: answers that are kept, accounts and their sign-ins, the audit trail."""

from scheduler.records import accounts, audit, idempotency

__all__ = ["accounts", "audit", "idempotency"]

"""The links by which patients come to their own visit: given with each message, opened by whoever has one, and done by.

`Links` gives them, `opened` looks what one opens, `answering` does what the patient says, `revoking` has them die before their time.
"""

from __future__ import annotations

from scheduler.linking.issuing import Links, LinkWanted
from scheduler.linking.opening import CUT_OFF, Opened, opened
from scheduler.linking.queries import within
from scheduler.linking.revoking import revoke_links

__all__ = ["CUT_OFF", "LinkWanted", "Links", "Opened", "opened", "revoke_links", "within"]

"""The downtime pack: what a clinic goes on with on paper when the program cannot be reached.

`pack_of` gathers it, in a look; `told_pack` also tells the audit trail of the look; `write_packs` puts a PDF for each site into a folder.
"""

from __future__ import annotations

from scheduler.downtime.gathering import named, origin_of, pack_of
from scheduler.downtime.writing import Printer, Written, newest_in, printer_of, told_pack, write_packs

__all__ = ["Printer", "Written", "named", "newest_in", "origin_of", "pack_of", "printer_of", "told_pack", "write_packs"]

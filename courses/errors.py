"""What the desk is told when a course cannot be done as asked."""

from __future__ import annotations

from rooms.errors import DomainError, Faulty, Unknown

__all__ = ["DomainError", "Faulty", "Unknown"]

"""What planning is measured against, and how."""

"""First floor: a protocol becomes a patient's course. It knows no web and no reminders."""

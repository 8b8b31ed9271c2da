"""The audit trail: what is in it, that nobody bends it unnoticed, and who reads it."""

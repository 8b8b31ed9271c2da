"""Secrets, backups and a safe start."""

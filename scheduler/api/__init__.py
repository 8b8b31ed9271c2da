"""The HTTP API: one router per file, with its request and response bodies."""

"""Tests of the HTTP API, through the whole application."""

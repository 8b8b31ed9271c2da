"""Tests of the page that a patient comes to by a link."""

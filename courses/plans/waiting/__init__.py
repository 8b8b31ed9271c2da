"""Courses that wait for a place, and their plans until they are booked."""

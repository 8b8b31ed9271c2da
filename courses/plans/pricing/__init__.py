"""What time costs besides the wishes: room shared with other courses, or kept for those who cannot wait."""

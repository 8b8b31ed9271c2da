"""What carries messages: one file for each channel."""

"""One treatment session: its states, and the moves between them."""

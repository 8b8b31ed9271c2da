"""Who holds what, and the rules that a booking may break."""

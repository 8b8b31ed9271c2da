"""Who would come at another time, and what becomes of a place that is free for them: pure values and rules."""

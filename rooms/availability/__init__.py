"""When a site and its resources can be had: the only interval code and the only summer-time code."""

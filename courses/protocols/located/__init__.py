"""Documents that people write by hand: what they say, and the line at which each entry stands, so that every fault can be named there."""

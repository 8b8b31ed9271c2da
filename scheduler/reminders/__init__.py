"""What is to be said to patients and when, in which words, and by what: rules (pure), texts, and the channels that carry them."""

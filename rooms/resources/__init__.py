"""Sites, their resources, and what a session may ask of them."""

"""What is owed after a visit: by when a form is due and what stands in it, who is enrolled where, devices by lot, untoward events."""

"""What a desk is offered while the caller is on the phone: choices, what each costs, and what would help where there is none."""

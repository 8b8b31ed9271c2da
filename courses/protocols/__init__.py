"""What should happen: a treatment protocol, its phases, and what each of its sessions is made of."""

"""What to prepare: Hamiltonians, initial states and the problems made of them."""

"""Time-evolved states in, short circuits out."""

"""Simple generators on the same data, to compare the model with."""

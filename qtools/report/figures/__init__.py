"""Figures that several reports draw; each is one function from values to a Figure."""

"""The report of a compiled state, of a compiled evolution operator, and of a series."""

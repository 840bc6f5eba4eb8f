"""A GPT-style model that writes circuits, and the verification of what it writes."""

"""What a fit minimises: one cost per file."""

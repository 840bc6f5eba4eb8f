"""How a fit minimises: one algorithm per file, all behind the interface in ``optimizer.py``."""

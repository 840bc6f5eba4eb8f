"""``<target|V|0>`` and its derivative by every block of ``V``."""

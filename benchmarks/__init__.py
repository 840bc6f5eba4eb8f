"""Measurements behind the figures in README and docs: ratios within one run."""

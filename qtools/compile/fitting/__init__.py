"""Costs, optimisers, stages and stop rules of a fit, and the sitting that drives it."""

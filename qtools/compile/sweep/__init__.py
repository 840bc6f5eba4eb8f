"""Sweeps: the product of models, sizes, times, depths and seeds, one circuit per combination."""

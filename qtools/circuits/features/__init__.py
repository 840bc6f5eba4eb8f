"""Structural features of circuits: the 18 of Bandic et al. and the 6 of SupermarQ."""

from qtools.circuits.features.table import FEATURE_NAMES, Features, features

__all__ = ["FEATURE_NAMES", "Features", "features"]

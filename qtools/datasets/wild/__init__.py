"""Circuits from files of unknown quality: read, repaired where certain, quarantined otherwise."""

from qtools.datasets.wild.read import Reading, read_circuit, read_file

__all__ = ["Reading", "read_circuit", "read_file"]

"""Corpora of quantum circuits: licensed, deduplicated, split without leaks, kept as Parquet."""

"""The reports of sampled circuits and of their verification."""

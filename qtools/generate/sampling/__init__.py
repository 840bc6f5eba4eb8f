"""From a model to circuits: groups in step, campaigns over machines, files."""

"""Is what the model writes good? Execution, structure, novelty, classifiers; each usable alone."""

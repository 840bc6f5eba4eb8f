"""From a corpus to a model directory: training that can be killed, on one rank or many."""

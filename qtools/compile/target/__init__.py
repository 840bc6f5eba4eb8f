"""From a problem to its target state: evolution of matrix product states, with an error account."""

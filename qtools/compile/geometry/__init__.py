"""Which qubits are coupled, in which order they stand on the chain, and how gates get across it."""

"""What the blocks of a circuit may be: any two-qubit unitary, or a family that saves gates."""

"""What comes in as files or Qiskit objects: Hamiltonians, problems, circuits, states."""

"""From fitted blocks to a circuit of native gates."""

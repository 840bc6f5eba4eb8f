"""The command line of compile."""

"""The network, column by column, and its directory on disk."""

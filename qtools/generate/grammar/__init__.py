"""What is asked for, and which rows may come next."""

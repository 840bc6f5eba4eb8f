"""What goes out: run directories and the files in them."""

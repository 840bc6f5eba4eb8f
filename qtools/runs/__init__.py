"""What every job knows about long work: files written whole, provenance, tasks and stores."""

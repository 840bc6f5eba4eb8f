"""What every job knows about circuits: reading and writing them, and their structure."""

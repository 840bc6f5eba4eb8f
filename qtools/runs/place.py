"""Which of the workers of its run a process is."""

import os

#: Set in worker processes. A worker that takes over from a dead one has its number.
VARIABLE = "QTOOLS_WORKER"


def place_of_worker() -> int:
    """From 0 to one less than the number of workers; 0 in any other process."""
    place = os.environ.get(VARIABLE, "")
    return int(place) if place.isdecimal() else 0

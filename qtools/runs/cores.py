"""How many cores this process may keep busy."""

import os

#: Set to 1 in workers: the workers are the parallelism, and must not fight for cores.
VARIABLE = "QTOOLS_THREADS"


def cores() -> int:
    """``QTOOLS_THREADS`` where it is a positive number, else the cores that the system grants."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # no such call outside Linux
        return os.cpu_count() or 1

"""The largest resident memory of this process, for either environment."""

import resource
from pathlib import Path


def peak_mib() -> float:
    """Of this program alone: ``getrusage`` also remembers the process that it was forked from."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

"""What a command needs in its environment before its process starts.

The C library reads its settings when a process starts, torch when it is loaded; so the program
starts itself again, in the same process, where one is missing. None of them changes a result.
"""

import os
import sys
from collections.abc import Mapping, Sequence

# A training step takes and returns memory in pieces of very many sizes. The C library's usual ways
# leave the heap in crumbs, and searching them takes longer and longer: freed crumbs are therefore
# joined with their neighbours at once. Nothing is handed back to the system, which would have to
# clear it again, and all of it is in large pages.
_HEAP = {
    "hugetlb": 1,
    "mmap_max": 0,
    "mxfast": 0,
    "tcache_count": 0,
    "top_pad": 1 << 28,
    "trim_threshold": 1 << 34,
}
#: What ``qtools generate train`` asks of the C library and of oneDNN. Batches have many shapes, and
#: making a kernel for a shape takes longer than the product: all of them are kept.
TRAINING = {
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in _HEAP.items()),
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "8192",
}
_OF_COMMANDS: Mapping[tuple[str, ...], Mapping[str, str]] = {("generate", "train"): TRAINING}


def in_its_environment(arguments: Sequence[str]) -> None:
    """Start again, with the same command line, if the command's environment lacks something.

    What the user has set stays as it is.
    """
    lacking = missing(arguments, os.environ)
    os.environ.update(lacking)
    if lacking and sys.platform == "linux":
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def missing(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """What the command of these arguments wants and the environment does not have."""
    command = tuple(word for word in arguments if not word.startswith("-"))[:2]
    wanted = _OF_COMMANDS.get(command, {})
    return {name: value for name, value in wanted.items() if name not in environment}

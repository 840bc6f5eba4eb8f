"""A function that does what its argument says, for executors to cope with."""

import os
import signal
import time

from qtools.errors import BadInputError


def behave(what: str) -> str:
    """Do as told; anything else is a short calculation.

    Args:
        what: ``hang``, ``spin``, ``bomb``, ``hoard``, ``abort``, ``exit``, ``kill``, ``raise`` or
            ``refuse``.

    Raises:
        ValueError, BadInputError: when told to.
    """
    if what == "hang":
        time.sleep(60)
    while what == "spin":
        pass
    if what == "bomb":
        return str(len(bytearray(8 << 30)))
    if what == "hoard":
        _hoard()
    if what == "abort":
        os.abort()
    if what == "exit":
        os._exit(3)
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "raise":
        raise ValueError("no")
    if what == "refuse":
        raise BadInputError("expected x, got y; do z")
    time.sleep(0.02)
    return what.upper()


_hoarded: list[bytes] = []


def _hoard() -> None:
    """Take all memory, to the last kilobyte, keep it, and refuse."""
    refusal = BadInputError("the hoard is full")
    for size in (1 << 24, 1 << 20, 1 << 12, 1 << 6):
        try:
            while True:
                _hoarded.append(bytes(size))
        except MemoryError:
            continue
    raise refusal

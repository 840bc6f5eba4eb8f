"""A function that does what its argument says, for executors to cope with."""

import os
import time

from qtools.errors import BadInputError


def behave(what: str) -> str:
    """``hang``, ``bomb``, ``abort``, ``exit``, ``raise`` or ``refuse``; else a short calculation.

    Raises:
        ValueError, BadInputError: when told to.
    """
    if what == "hang":
        time.sleep(60)
    if what == "bomb":
        return str(len(bytearray(8 << 30)))
    if what == "abort":
        os.abort()
    if what == "exit":
        os._exit(3)
    if what == "raise":
        raise ValueError("no")
    if what == "refuse":
        raise BadInputError("expected x, got y; do z")
    time.sleep(0.02)
    return what.upper()

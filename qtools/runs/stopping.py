"""Batch systems end a job with SIGTERM: take it as a wish to save and stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from qtools.errors import StoppedEarlyError


@contextmanager
def stopping_on_sigterm() -> Iterator[None]:
    """Raise :class:`StoppedEarlyError` where the body is when SIGTERM comes.

    Python delivers signals to the main thread; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise StoppedEarlyError("stopped by SIGTERM with its state saved; run it again to go on")

"""One thread per matrix product: the matrices of chains are small."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Keep BLAS and LAPACK on the calling thread while the body runs.

    Their worker threads gain nothing on matrices this small, and when other processes want the
    cores too, waiting for them costs up to a hundred times the work.
    """
    with threadpool_limits(limits=1):
        yield

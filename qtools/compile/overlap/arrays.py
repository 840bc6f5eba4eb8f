"""Which library holds an engine's arrays, on which device, in which precision.

NumPy and torch (through array-api-compat) share the array API, so the engines are written once. On
the processor they run on NumPy; torch is loaded only when a GPU is asked for.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtools.compile.mps import ComplexArray
from qtools.errors import BadInputError, MissingDependencyError
from qtools.runs.cores import cores

Array = Any
"""An array of either library."""

_POOL = ThreadPoolExecutor(1)


class Device(StrEnum):
    """Where the engines compute."""

    CPU = "cpu"
    CUDA = "cuda"


class Precision(StrEnum):
    """Complex numbers of 16 bytes, or of 8."""

    DOUBLE = "double"
    SINGLE = "single"

    @property
    def bytes(self) -> int:
        """Of one complex number."""
        return 16 if self is Precision.DOUBLE else 8

    @property
    def rounding(self) -> float:
        """The relative error of one operation."""
        return 1.2e-16 if self is Precision.DOUBLE else 6e-8


@dataclass(frozen=True, kw_only=True)
class Arrays:
    """A library with a device and a precision.

    Attributes:
        xp: a namespace of the array API.
        dtype: of complex arrays.
        precision: of ``dtype``.
        device: as the library names it; None for NumPy.
    """

    xp: Any
    dtype: Any
    precision: Precision
    device: Any = None

    @property
    def is_numpy(self) -> bool:
        """Whether arrays live in this process's memory as NumPy's."""
        return self.xp is np

    @property
    def in_double(self) -> "Arrays":
        """The same library and device in double precision."""
        if self.precision is Precision.DOUBLE:
            return self
        return replace(self, dtype=self.xp.complex128, precision=Precision.DOUBLE)

    def put(self, array: NDArray[Any]) -> Array:
        """A NumPy array as one of these."""
        if self.is_numpy:
            return np.asarray(array, dtype=self.dtype)
        return self.xp.asarray(np.ascontiguousarray(array), dtype=self.dtype, device=self.device)

    def get(self, array: Array) -> ComplexArray:
        """One of these as a NumPy array in double precision."""
        if not self.is_numpy:
            array = array.resolve_conj().cpu().numpy()
        return np.asarray(array, dtype=complex)

    def index(self, sites: Any) -> Any:
        """Integers to pick sites with."""
        if self.is_numpy:
            return sites
        return self.xp.asarray(np.asarray(sites), device=self.device)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        """Complex zeros."""
        if self.is_numpy:
            return np.zeros(shape, dtype=self.dtype)
        return self.xp.zeros(shape, dtype=self.dtype, device=self.device)

    def empty(self, shape: tuple[int, ...]) -> Array:
        """Complex numbers yet to be written."""
        if self.is_numpy:
            return np.empty(shape, dtype=self.dtype)
        return self.xp.empty(shape, dtype=self.dtype, device=self.device)

    def halves(self, work: Callable[[slice], None], count: int) -> None:
        """Do ``work`` on ``count`` independent items: on two threads, or at once on a device.

        NumPy drops the interpreter lock in its products and decompositions.
        """
        if not self.is_numpy or count < 2 or cores() < 2:
            work(slice(0, count))
            return
        other = _POOL.submit(work, slice(count // 2, count))
        work(slice(0, count // 2))
        other.result()


def on_cpu(precision: Precision = Precision.DOUBLE) -> Arrays:
    """NumPy."""
    dtype = np.complex128 if precision is Precision.DOUBLE else np.complex64
    return Arrays(xp=np, dtype=dtype, precision=precision)


def on_torch(device: str, precision: Precision = Precision.DOUBLE) -> Arrays:
    """torch on a device that it knows, such as ``cpu`` or ``cuda``.

    Raises:
        MissingDependencyError: without torch.
        BadInputError: when torch has no such device here.
    """
    try:
        import array_api_compat.torch as xp
        import torch
    except ImportError as error:
        raise MissingDependencyError.of("torch", extra="gpu") from error
    if device == Device.CUDA and not torch.cuda.is_available():
        raise BadInputError(
            f"torch {torch.__version__} finds no CUDA device on this machine; use --device cpu, or "
            "install a CUDA build of torch where there is a GPU"
        )
    dtype = torch.complex128 if precision is Precision.DOUBLE else torch.complex64
    return Arrays(xp=xp, dtype=dtype, precision=precision, device=torch.device(device))


def arrays_for(device: Device, precision: Precision = Precision.DOUBLE) -> Arrays:
    """The arrays of ``--device`` and ``--precision``.

    Raises:
        MissingDependencyError: without torch, for a GPU.
        BadInputError: without a GPU.
    """
    return on_cpu(precision) if device is Device.CPU else on_torch(device, precision)


DOUBLE = on_cpu()
"""NumPy in double precision, the default."""

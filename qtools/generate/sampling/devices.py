"""Where models compute: the processor, or GPUs that workers share out among themselves.

Of several devices a worker takes the one of its own number (:mod:`qtools.runs.place`). On clusters
whose workers are shown one GPU each (``CUDA_VISIBLE_DEVICES``) that is the one they see.
"""

import re
from collections.abc import Sequence

import torch

from qtools.errors import BadInputError, UsageError
from qtools.runs.place import place_of_worker

CPU = "cpu"


def parse_devices(text: str) -> tuple[str, ...]:
    """``cpu``, ``cuda`` (all GPUs that there are), or numbers of GPUs such as ``cuda:0,cuda:2``.

    Raises:
        UsageError: anything else.
        BadInputError: no such GPU here.
    """
    if text == CPU:
        return (CPU,)
    there = torch.cuda.device_count()
    if text == "cuda":
        if not there:
            raise BadInputError("expected a GPU that torch can use, found none; use --devices cpu")
        return tuple(f"cuda:{number}" for number in range(there))
    names = text.split(",")
    if not all(re.fullmatch(r"cuda:[0-9]{1,3}", name) for name in names):
        raise UsageError(f"expected --devices cpu, cuda, or such as cuda:0,cuda:1, got {text!r}")
    for name in names:
        if int(name.removeprefix("cuda:")) >= there:
            raise BadInputError(f"expected GPUs among the {there} that torch can use, got {name}")
    return tuple(names)


def kind_of(text: str) -> str:
    """``cpu`` or ``cuda``: results depend on the kind, not on which device of it computes."""
    return text.partition(":")[0]


def device_of_worker(devices: Sequence[str]) -> str:
    """The device of this process."""
    return devices[place_of_worker() % len(devices)]

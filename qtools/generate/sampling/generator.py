"""The Python API: a model that writes circuits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from qtools.circuits.normal import NormalCircuit
from qtools.errors import BadInputError
from qtools.generate.grammar.condition_table import Order
from qtools.generate.grammar.limits import Measure
from qtools.generate.grammar.request import Request
from qtools.generate.language.conditions import FIELDS, OPEN, Conditions, size_bin
from qtools.generate.language.rows import decode_rows
from qtools.generate.model.pretrained import Pretrained, load_pretrained, save_pretrained
from qtools.generate.sampling.devices import CPU, device_of_worker
from qtools.generate.sampling.draw import USUAL, Temper
from qtools.generate.sampling.group import Drawn, sample_group
from qtools.runs.calls import Limits
from qtools.runs.executors import Processes, run_all

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

#: Circuits sampled in one batch: few, so that small requests keep several workers busy, or many,
#: which costs less time per circuit.
GROUPS = (64, 128, 256)
#: Circuits in a request from which on groups of the next size are made.
_MANY = (4 * 64, 4 * 128)
#: Bin of the longest circuits for the largest groups: keys and values of 256 longer ones would take
#: up to 2 GB.
_SHORT = size_bin(254) + 1
_LIMITS = Limits(seconds=4 * 3600.0, memory_bytes=64 << 30)
_LENGTH = FIELDS.index("length")
Span = int | tuple[int, int] | None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sampled circuit and where it comes from.

    Attributes:
        index: its number within the request.
        circuit: in normal form.
        conditions: what the model was told.
        removed: mean probability that the grammar removed per cell: 0 for a model that needs
            no grammar.
    """

    index: int
    circuit: NormalCircuit
    conditions: Conditions
    removed: float


class CircuitGenerator:
    """Samples circuits from a trained model; make one with :meth:`from_pretrained`."""

    def __init__(self, pretrained: Pretrained, source: str | Path | None = None) -> None:
        self.pretrained = pretrained
        self._source = source

    @classmethod
    def from_pretrained(cls, name_or_path: str | Path = "default") -> "CircuitGenerator":
        """Load a bundled model by name, or a model directory.

        Raises:
            BadInputError: no such model, or a damaged one.
        """
        return cls(load_pretrained(name_or_path), name_or_path)

    def save_pretrained(self, directory: Path | str) -> None:
        """Write the model to a directory that :meth:`from_pretrained` reads."""
        held = self.pretrained
        save_pretrained(Path(directory), held.model, held.table, held.card)

    def like(self, conditions: Iterable[Conditions]) -> "CircuitGenerator":
        """The same model, with open conditions drawn from these and not from its training data.

        Args:
            conditions: of the circuits that samples should be like, one per circuit; see
                :func:`qtools.generate.training.corpus.document_conditions`.

        Raises:
            BadInputError: none, or names that the model does not know.
        """
        table = self.pretrained.table.drawing(conditions)
        return CircuitGenerator(replace(self.pretrained, table=table), self._source)

    @property
    def model_id(self) -> str:
        """Content id of the weights."""
        return self.pretrained.id

    def sample(
        self,
        n: int,
        *,
        num_qubits: Span = None,
        family: str | None = None,
        gate_set: str | None = None,
        level: str | None = None,
        gates: Span = None,
        max_depth: int | None = None,
        measure: Measure = Measure.ANY,
        seed: int = 0,
        temperature: float = USUAL.temperature,
        top_p: float = USUAL.top_p,
        cutoff: float = USUAL.cutoff,
        min_p: float = USUAL.min_p,
        guidance: float = USUAL.guidance,
        workers: int = 1,
    ) -> "list[QuantumCircuit]":
        """Sample ``n`` circuits as Qiskit circuits; see :meth:`samples` for the arguments."""
        from qtools.circuits.qiskit_io import to_qiskit

        request = Request(
            family=family,
            gate_set=gate_set,
            level=level,
            num_qubits=_span(num_qubits),
            gates=_span(gates),
            max_depth=max_depth,
            measure=measure,
        )
        temper = Temper(
            temperature=temperature,
            top_p=top_p,
            cutoff=cutoff,
            min_p=min_p,
            guidance=guidance,
        )
        found = self.samples(n, request, seed=seed, temper=temper, workers=workers)
        return [to_qiskit(s.circuit) for s in sorted(found, key=lambda s: s.index)]

    def samples(
        self,
        n: int,
        request: Request | None = None,
        *,
        seed: int = 0,
        temper: Temper | None = None,
        workers: int = 1,
    ) -> Iterator[Sample]:
        """Sample circuits group by group, in the order in which groups are finished.

        Equal ``n``, request, seed and temper give equal circuits on the same machine, whatever the
        number of workers; every circuit has a random stream of its own.

        Args:
            n: how many.
            request: conditions on all of them.
            seed: of everything random.
            temper: temperature, top-p, cutoff, min-p and guidance;
                :data:`qtools.generate.sampling.draw.USUAL` when None.
            workers: processes; each uses one thread. More than one needs a model on disk.

        Raises:
            BadInputError: conditions that cannot be met, with the reason.
        """
        if n < 0 or workers < 1:
            raise BadInputError(f"expected n >= 0 and workers >= 1, got {n} and {workers}")
        table = self.pretrained.table
        orders = table.orders(request or Request(), range(n), seed=seed)
        by_index = {order.index: order for order in orders}
        for drawn in self.draw(orders, seed=seed, temper=temper, workers=workers):
            yield self.sample_of(drawn, by_index[drawn.index])

    def sample_of(self, drawn: Drawn, order: Order) -> Sample:
        """The circuit of drawn rows."""
        return Sample(
            index=drawn.index,
            circuit=decode_rows(drawn.rows),
            conditions=self.pretrained.table.conditions(order),
            removed=drawn.removed,
        )

    def groups(self, orders: Sequence[Order]) -> list[list[Order]]:
        """The orders as groups that are each sampled in one batch."""
        # Circuits of like length share a group, so that none waits long for the others.
        ordered = sorted(orders, key=lambda o: (-o.conditions[_LENGTH], -o.limits.num_qubits))
        most = GROUPS[sum(len(ordered) >= many for many in _MANY)]
        groups: list[list[Order]] = []
        while ordered:
            size = most if _are_short(ordered[:most]) else min(most, GROUPS[1])
            groups.append(ordered[:size])
            ordered = ordered[size:]
        return groups

    def draw(
        self,
        orders: Sequence[Order],
        *,
        seed: int = 0,
        temper: Temper | None = None,
        workers: int = 1,
    ) -> Iterator[Drawn]:
        """Sample circuits whose conditions and limits are settled; see :meth:`samples`."""
        yield from self._drawn(self.groups(orders), seed, temper or USUAL, workers)

    def _drawn(
        self, groups: list[list[Order]], seed: int, temper: Temper, workers: int
    ) -> Iterator[Drawn]:
        if workers == 1 or len(groups) == 1:
            with _one_thread():
                for group in groups:
                    yield from sample_group(self.pretrained.model, group, seed=seed, temper=temper)
            return
        if self._source is None:
            raise BadInputError(
                "expected a model loaded with from_pretrained for several workers; save it first"
            )
        work = partial(_sample_group, str(self._source), seed=seed, temper=temper)
        executor = Processes(count=min(workers, len(groups)))
        for outcome in run_all(work, groups, executor=executor, limits=_LIMITS):
            if outcome.value is None:
                raise BadInputError(f"a group could not be sampled: {outcome.message}; run again")
            yield from outcome.value


def _are_short(orders: Sequence[Order]) -> bool:
    return all(OPEN < order.conditions[_LENGTH] <= _SHORT for order in orders)


class _one_thread:  # noqa: N801 - a context manager that reads like a function
    """One torch thread inside: results must not depend on the number of threads."""

    def __enter__(self) -> None:
        self._before = torch.get_num_threads()
        torch.set_num_threads(1)

    def __exit__(self, *exception: object) -> None:
        torch.set_num_threads(self._before)


@lru_cache(maxsize=1)
def _loaded(source: str, device: str) -> Pretrained:
    """The model with its trunk, which does nearly all the arithmetic, on a device."""
    made = load_pretrained(source)
    nn.Module.to(made.model.trunk, device)
    return made


def sample_in_worker(
    source: str,
    orders: Sequence[Order],
    seed: int,
    temper: Temper,
    devices: Sequence[str] = (CPU,),
) -> list[Drawn]:
    """Sample one group in a process that keeps the model for the next one, on its device."""
    with _one_thread():
        model = _loaded(source, device_of_worker(devices)).model
        return sample_group(model, orders, seed=seed, temper=temper)


def _sample_group(
    source: str, orders: Sequence[Order], *, seed: int, temper: Temper
) -> list[Drawn]:
    return sample_in_worker(source, orders, seed, temper)


def _span(value: Span) -> tuple[int, int] | None:
    return (value, value) if isinstance(value, int) else value

"""``report.html`` of sampled circuits: what was asked, what came, and a look at every one."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qtools.circuits.features.schedule import schedule
from qtools.generate.pages.drawings import diagram, interaction_graph
from qtools.generate.sampling.generator import Sample
from qtools.generate.sampling.write import Origin
from qtools.report.figures.bars import Bars, bars
from qtools.report.page import (
    REPORT,
    Figure,
    Gallery,
    Page,
    Section,
    Table,
    Tile,
    named_table,
    write_page,
)

_MOST_DRAWN = 24
_MOST_LISTED = 1500


def write_samples_page(out: Path, samples: Sequence[Sample], origin: Origin) -> None:
    """Write the report of samples into their directory."""
    write_page(out / REPORT, samples_page(samples, origin))


def samples_page(samples: Sequence[Sample], origin: Origin) -> Page:
    """The report of samples with where they come from."""
    sizes = [sample.circuit.num_qubits for sample in samples]
    gates = [_gates(sample) for sample in samples]
    drawn = samples[:: max(1, -(-len(samples) // _MOST_DRAWN))]
    return Page(
        kind="sampled circuits",
        title=f"{len(samples)} circuits from a model",
        lead="Every one is valid by construction: a grammar masks what the model may choose, and "
        "nothing is rejected afterwards.",
        tiles=(
            Tile(label="Circuits", value=f"{len(samples):,}"),
            Tile(label="Qubits", value=_range(sizes)),
            Tile(label="Gates", value=_range(gates), note=f"{sum(gates):,} in all"),
            Tile(
                label="Removed by the grammar",
                value=f"{np.mean([sample.removed for sample in samples]):.2%}",
                note="of the model's probability, mean per choice",
            ),
        ),
        sections=(
            Section(title="What was asked", blocks=(_asked(origin),)),
            Section(title="What came", blocks=(_gate_names(samples), _families(samples))),
            Section(
                title="A look at them",
                blocks=(
                    Gallery(
                        title="circuit diagrams",
                        figures=tuple(
                            diagram(one.circuit, title=_title(one), more=_told(one))
                            for one in drawn
                        ),
                    ),
                ),
            ),
            Section(
                title="Interaction graphs",
                blocks=tuple(
                    interaction_graph(one.circuit, title=_title(one)) for one in drawn[:8]
                ),
                fine=True,
            ),
            Section(title="All of them", blocks=(_listed(samples),)),
        ),
        foot=f"model {origin.model}",
    )


def _asked(origin: Origin) -> Table:
    rows = [(name, str(value)) for name, value in origin.request.as_json().items()]
    rows += [
        ("seed", str(origin.seed)),
        *((name.replace("_p", "-p"), f"{v:g}") for name, v in vars(origin.temper).items()),
        ("model", origin.model),
    ]
    return named_table("The request; what it leaves open follows the training circuits", rows)


def _gate_names(samples: Sequence[Sample]) -> Figure:
    counts: Counter[str] = Counter()
    for sample in samples:
        counts.update(sample.circuit.gate_histogram())
    common = counts.most_common(24)
    return bars(
        [name for name, _ in common],
        [Bars(name="", values=[float(count) for _, count in common])],
        title="Operations",
        caption="All circuits together.",
        alternative="; ".join(f"{name}: {count}" for name, count in common[:8]),
        unit="times",
    )


def _families(samples: Sequence[Sample]) -> Figure:
    counts = Counter(sample.conditions.family or "open" for sample in samples).most_common(24)
    return bars(
        [name for name, _ in counts],
        [Bars(name="", values=[float(count) for _, count in counts], tone=2)],
        title="Families that the model was told",
        caption="A family is a wish: the model decides how far it follows it.",
        alternative="; ".join(f"{name}: {count}" for name, count in counts[:8]),
        unit="circuits",
    )


def _listed(samples: Sequence[Sample]) -> Table:
    rows = tuple(
        (
            str(sample.index),
            sample.conditions.family or "open",
            sample.conditions.gate_set or "open",
            str(sample.circuit.num_qubits),
            str(_gates(sample)),
            str(schedule(sample.circuit).total_depth),
            f"{sample.removed:.4f}",
        )
        for sample in samples[:_MOST_LISTED]
    )
    columns = ("circuit", "family", "gate set", "qubits", "gates", "depth", "removed")
    return Table(columns=columns, rows=rows, caption="Sampled circuits", searchable=True)


def _title(sample: Sample) -> str:
    return f"Circuit {sample.index}"


def _told(sample: Sample) -> str:
    told = [sample.conditions.family, sample.conditions.gate_set, sample.conditions.level]
    names = ", ".join(name for name in told if name)
    return f"; told: {names}" if names else ""


def _gates(sample: Sample) -> int:
    return sum(1 for _ in sample.circuit.gates())


def _range(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}–{high}"

"""``report.html`` of a corpus: what it holds, from where, and what was kept out of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from qtools.circuits import qasm2
from qtools.datasets.corpus import Corpus
from qtools.datasets.manifest import FILE_NAME, Manifest
from qtools.report.figures.axes import Axis
from qtools.report.figures.bars import Bars, bars
from qtools.report.figures.circuit_diagram import circuit_diagram
from qtools.report.figures.curves import Curve, curves
from qtools.report.page import (
    REPORT,
    Figure,
    Gallery,
    Links,
    Page,
    Section,
    Table,
    Tile,
    named_table,
    write_page,
)

_MOST_LISTED = 1500  # circuits in the searchable table
_MOST_FAMILIES = 24  # bars
_MOST_DRAWN, _WIDEST_DRAWN, _LONGEST_DRAWN = 12, 12, 120
_COLUMNS = (
    *("id", "family", "source", "split", "level", "gate_set"),
    *("num_qubits", "num_gates", "two_qubit_gates", "depth"),
)
_SHOWN = ("num_qubits", "num_gates", "two_qubit_gates", "depth")


@dataclass
class _Seen:
    """What one pass over the released rows collects."""

    families: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    gate_sets: Counter[str] = field(default_factory=Counter)
    sizes: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in _SHOWN})
    listed: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0


def write_corpus_page(path: Path, manifest: Manifest) -> None:
    """Write the report of the corpus at ``path``; equal corpora give equal bytes."""
    write_page(path / REPORT, corpus_page(Corpus(path=path, manifest=manifest)))


def corpus_page(corpus: Corpus) -> Page:
    """The report of a corpus; one pass over its columns."""
    manifest = corpus.manifest
    seen = _pass(corpus)
    candidates = sum(entry.candidates for entry in manifest.sources)
    refused = sum((Counter(entry.rejected) for entry in manifest.sources), Counter())
    licences = dict.fromkeys(entry.license for entry in manifest.sources if entry.released)
    return Page(
        kind="corpus of circuits",
        title=manifest.name or "corpus",
        lead=f"{seen.total:,} circuits of {len(seen.families)} families, deduplicated modulo "
        "relabelling and commuting order, near-duplicates kept in one split.",
        tiles=(
            Tile(label="Circuits", value=f"{seen.total:,}", note=f"of {candidates:,} candidates"),
            Tile(label="Families", value=str(len(seen.families))),
            Tile(label="Sources", value=str(len(manifest.sources))),
            Tile(label="Licences", value=str(len(licences)), note=", ".join(licences)),
            Tile(label="Kept out", value=f"{sum(refused.values()):,}", note="each with its reason"),
        ),
        sections=(
            Section(title="Where it comes from", blocks=(_sources(manifest), _splits(manifest))),
            Section(title="What it holds", blocks=tuple(_contents(seen))),
            Section(title="What was kept out", blocks=tuple(_quarantine(refused))),
            Section(title="Some of its circuits", blocks=tuple(_drawn(corpus))),
            Section(title="All circuits", blocks=tuple(_listed(seen))),
            Section(title="Files", blocks=(_files(corpus),)),
        ),
        foot=", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
    )


def _pass(corpus: Corpus) -> _Seen:
    seen = _Seen()
    stride = max(1, -(-sum(corpus.manifest.circuits().values()) // _MOST_LISTED))
    for row in corpus.rows(columns=_COLUMNS):
        if seen.total % stride == 0:
            seen.listed.append(row)
        seen.total += 1
        seen.families[row["family"]] += 1
        seen.levels[row["level"]] += 1
        seen.gate_sets[row["gate_set"]] += 1
        for name in _SHOWN:
            seen.sizes[name].append(float(row[name]))
    return seen


def _sources(manifest: Manifest) -> Table:
    rows = tuple(
        (
            entry.name,
            entry.license + ("" if entry.released else " (not released)"),
            entry.generator,
            str(len(entry.families)),
            f"{entry.candidates:,}",
            f"{sum(entry.circuits.values()):,}",
            f"{sum(entry.rejected.values()):,}",
        )
        for entry in manifest.sources
    )
    columns = ("source", "licence", "generator", "families", "candidates", "circuits", "kept out")
    return Table(columns=columns, rows=rows, caption="Sources and licences")


def _splits(manifest: Manifest) -> Table:
    rows = [(split, f"{count:,}") for split, count in manifest.circuits().items()]
    return named_table("Released circuits per split", rows)


def _contents(seen: _Seen) -> Iterable[Figure]:
    if not seen.total:
        return
    most = seen.families.most_common(_MOST_FAMILIES)
    rest = len(seen.families) - len(most)
    yield bars(
        [name for name, _ in most],
        [Bars(name="", values=[float(count) for _, count in most])],
        title="Circuits per family",
        caption="The largest families" + (f"; {rest} smaller ones are not drawn." if rest else "."),
        alternative=f"{len(seen.families)} families, the largest is {most[0][0]} with {most[0][1]}",
        unit="circuits",
    )
    for title, counts, tone in (
        ("Circuits per level", seen.levels, 2),
        ("Circuits per gate set", seen.gate_sets, 3),
    ):
        common = counts.most_common(_MOST_FAMILIES)
        yield bars(
            [name or "none" for name, _ in common],
            [Bars(name="", values=[float(count) for _, count in common], tone=tone)],
            title=title,
            caption="As the sources lowered them.",
            alternative="; ".join(f"{name or 'none'}: {count}" for name, count in common[:10]),
            unit="circuits",
        )
    for name in _SHOWN:
        yield _distribution(name, seen.sizes[name])


def _distribution(name: str, values: Sequence[float]) -> Figure:
    """The fraction of circuits up to each size: needs no bins, hides nothing."""
    ordered = np.sort(values)
    log = ordered[-1] > 60
    places = np.unique(np.linspace(0, len(ordered) - 1, 400).astype(int))
    label = name.replace("num_", "").replace("_", "-", 1).replace("_", " ")
    return curves(
        [
            Curve(
                name="",
                x=np.maximum(ordered[places], 0.5 if log else 0).tolist(),
                y=((places + 1) / len(ordered)).tolist(),
                tone=1,
            )
        ],
        x=Axis(label=label, log=log),
        y=Axis(label="fraction of circuits", low=0.0, high=1.0),
        title=f"Distribution of {label}",
        caption="Fraction of the circuits that are at most so large.",
        alternative=f"From {ordered[0]:g} to {ordered[-1]:g}, median {np.median(ordered):g}",
    )


def _quarantine(refused: Counter[str]) -> Iterable[Figure | str]:
    if not refused:
        yield "Every candidate was kept."
        return
    common = refused.most_common()
    yield bars(
        [name for name, _ in common],
        [Bars(name="", values=[float(count) for _, count in common], tone=1)],
        title="Reasons of the quarantine",
        caption="Each candidate with its message is in quarantine/; the documentation explains "
        "every reason.",
        alternative="; ".join(f"{name}: {count}" for name, count in common[:12]),
        unit="candidates",
    )


def _drawn(corpus: Corpus) -> Iterable[Gallery]:
    figures: list[Figure] = []
    families: set[str] = set()
    for row in corpus.rows(columns=["id", "family", "qasm", "num_qubits", "num_gates"]):
        small = row["num_qubits"] <= _WIDEST_DRAWN and row["num_gates"] <= _LONGEST_DRAWN
        if small and row["family"] not in families:
            families.add(row["family"])
            figures.append(_diagram(row))
        if len(figures) == _MOST_DRAWN:
            break
    if figures:
        yield Gallery(title="circuits of the corpus", figures=tuple(figures))


def _diagram(row: dict[str, Any]) -> Figure:
    circuit = qasm2.loads(row["qasm"])
    size = f"{row['num_qubits']} qubits, {row['num_gates']} gates"
    svg = circuit_diagram(
        circuit.operations,
        num_qubits=circuit.num_qubits,
        title=row["family"],
        description=f"circuit diagram, {size}",
    )
    return Figure(title=row["family"], svg=svg, caption=f"{size}; circuit {row['id']}", wide=True)


def _listed(seen: _Seen) -> Iterable[Table]:
    if not seen.listed:
        return
    caption = "Released circuits"
    if len(seen.listed) < seen.total:
        caption += f": {len(seen.listed):,} of {seen.total:,}, evenly spread"
    columns = ("circuit", "family", "source", "split", "level", "gate set")
    yield Table(
        columns=(*columns, "qubits", "gates", "2q gates", "depth"),
        rows=tuple(tuple(str(row[name])[:16] for name in _COLUMNS) for row in seen.listed),
        caption=caption,
        searchable=True,
    )


def _files(corpus: Corpus) -> Links:
    entries = [
        (FILE_NAME, "recipe, counts and the hash of every file"),
        ("README.md", "the card"),
        ("NOTICE.md", "copyright and licences"),
    ]
    entries += [
        (entry.quarantine, f"what was kept out of {entry.name}")
        for entry in corpus.manifest.sources
        if entry.quarantine
    ]
    return Links(entries=tuple(entries))

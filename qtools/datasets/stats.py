"""Counts and feature ranges of a corpus, in one streaming pass."""

import json
from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np
import typer

from qtools import console
from qtools.circuits.features import FEATURE_NAMES
from qtools.datasets.corpus import Corpus

_COUNTED = ("split", "source", "license", "level", "gate_set", "family")


@dataclass(frozen=True, kw_only=True)
class FeatureRange:
    """Quantiles of one feature over the corpus; ``missing`` counts rows without it."""

    name: str
    minimum: float
    median: float
    maximum: float
    missing: int


@dataclass(frozen=True, kw_only=True)
class CorpusStats:
    """Statistics of the released circuits.

    Attributes:
        circuits: how many.
        structures: how many different circuits if angles are ignored.
        counts: column -> value -> circuits.
        features: one range per feature.
    """

    circuits: int
    structures: int
    counts: dict[str, dict[str, int]]
    features: tuple[FeatureRange, ...]


def corpus_stats(corpus: Corpus) -> CorpusStats:
    """Statistics of the released circuits; memory holds the feature values only."""
    counters: dict[str, Counter[str]] = {name: Counter() for name in _COUNTED}
    structures: set[str] = set()
    values: dict[str, list[float]] = {name: [] for name in FEATURE_NAMES}
    circuits = 0
    for row in corpus.rows(columns=[*_COUNTED, "structure", *FEATURE_NAMES]):
        circuits += 1
        structures.add(row["structure"])
        for name in _COUNTED:
            counters[name][row[name]] += 1
        for name in FEATURE_NAMES:
            if row[name] is not None:
                values[name].append(float(row[name]))
    return CorpusStats(
        circuits=circuits,
        structures=len(structures),
        counts={name: dict(counter.most_common()) for name, counter in counters.items()},
        features=tuple(_range(name, found, circuits) for name, found in values.items()),
    )


def _range(name: str, found: list[float], circuits: int) -> FeatureRange:
    low, middle, high = np.quantile(found, [0, 0.5, 1]).tolist() if found else (0.0, 0.0, 0.0)
    return FeatureRange(
        name=name, minimum=low, median=middle, maximum=high, missing=circuits - len(found)
    )


def show_stats(stats: CorpusStats, *, as_json: bool) -> None:
    """Tables on stderr, or JSON on stdout."""
    if as_json:
        typer.echo(json.dumps(asdict(stats)))
        return
    console.note(f"{stats.circuits} circuits, {stats.structures} structures")
    for column, counts in stats.counts.items():
        rows = [(value, str(count)) for value, count in counts.items()]
        console.table(column, (column, "circuits"), rows)
    ranges = [
        (r.name, f"{r.minimum:.4g}", f"{r.median:.4g}", f"{r.maximum:.4g}", str(r.missing))
        for r in stats.features
    ]
    console.table("features", ("feature", "min", "median", "max", "missing"), ranges)

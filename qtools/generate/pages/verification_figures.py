"""The figures of a verification: sets of circuits beside real ones that no model has seen."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtools.circuits.features import FEATURE_NAMES
from qtools.generate.verify.structure import Scale
from qtools.report.figures.axes import Axis
from qtools.report.figures.bars import Bars, bars
from qtools.report.figures.curves import Curve, curves
from qtools.report.figures.matrix import matrix
from qtools.report.page import Figure

Record = Mapping[str, Any]
HELD_OUT = "held-out real"
_HELD_OUT_TONE = 5
_CURVE_POINTS = 80
#: So many stand out from a cloud of more, with larger dots.
_FEW_POINTS = 60
_MOST_POINTS = 400  # of one set on the map
_SMALL = (340.0, 220.0)
_MOST_LINEAR = 60  # features that reach further are drawn on a logarithmic axis


def tones(record: Record) -> dict[str, int]:
    """A colour per set."""
    return {one["name"]: index % 5 for index, one in enumerate(record["sets"])}


def execution(record: Record) -> Iterator[Figure]:
    """How many texts of each set pass each step."""
    sets = record["sets"]
    steps = list(dict.fromkeys(step for one in sets for step in one["execution"]["rates"]))
    drawn = [
        Bars(
            name=one["name"],
            values=[_share(one["execution"]["rates"].get(step)) for step in steps],
            tone=tones(record)[one["name"]],
        )
        for one in sets
    ]
    least = min((v for v in drawn[0].values if v is not None), default=0.0)
    yield bars(
        steps,
        drawn,
        title="Do they run?",
        caption="Of those texts that passed the steps above.",
        alternative=f"Of the {sets[0]['name']} circuits at least {least:.1%} pass each step",
        unit="share",
        shown=lambda value: f"{value:.1%}",
        wide=True,
    )


def separability(record: Record) -> Iterator[Figure]:
    """How well classifiers tell each set from held-out real circuits."""
    tested = [one for one in record["sets"] if one["two_sample"]]
    if not tested:
        return
    floor = next((t["two_sample"]["floor"] for t in tested if t["two_sample"]["floor"]), None)
    names = [one["name"] for one in tested] + (["real against real"] if floor else [])
    both = []
    for key, name, tone in (("two_sample", "boosting", 0), ("sequence", "sequence model", 2)):
        values = [one[key]["auc"]["value"] if one[key] else None for one in tested]
        floors = [one[key]["floor"] for one in tested if one[key] and one[key]["floor"]]
        last = [floors[0]["value"] if floors else None] if floor else []
        both.append(Bars(name=name, values=[*values, *last], tone=tone))
    first = tested[0]["two_sample"]["auc"]["value"]
    yield bars(
        names,
        both,
        title="Can a classifier tell them from real circuits?",
        caption="Area under the ROC curve: 0.5 is a coin, 1 is every time. The last row is what "
        "two halves of the real circuits give.",
        alternative=f"The {tested[0]['name']} circuits have {first:.3f}",
        unit="AUC",
        shown=lambda value: f"{value:.3f}",
    )
    yield curves(
        [
            *(
                Curve(
                    name=one["name"],
                    x=[point[0] for point in one["two_sample"]["roc"]],
                    y=[point[1] for point in one["two_sample"]["roc"]],
                    tone=tones(record)[one["name"]],
                )
                for one in tested
            ),
            Curve(name="coin", x=[0, 1], y=[0, 1], tone=_HELD_OUT_TONE, dashed=True),
        ],
        x=Axis(label="real circuits called made", low=0.0, high=1.0),
        y=Axis(label="made circuits called made", low=0.0, high=1.0),
        title="ROC of the two-sample test",
        caption="By gradient boosting on structure. The nearer to the dashed line, the more alike.",
        alternative=f"Area under the curve of the {tested[0]['name']} circuits: {first:.3f}",
    )
    yield matrix(
        tested[0]["two_sample"]["confusion"],
        ["real", "made"],
        title=f"Confusion: {tested[0]['name']} against real",
        caption="At the threshold that calls half of all circuits made.",
        rows_are="is",
        columns_are="called",
    )


def embedding(record: Record) -> Iterator[Figure]:
    """Principal components of the real circuits' features, and where every set lies on them."""
    real = np.array(record["held_out"]["features"], dtype=float)
    if len(real) < 3:
        return
    scale = Scale.of(real)
    scaled = scale.apply(real)
    _, weights, axes = np.linalg.svd(scaled - scaled.mean(0), full_matrices=False)
    share = weights**2 / (weights**2).sum()
    drawn = [_cloud(HELD_OUT, scaled @ axes[:2].T, _HELD_OUT_TONE)]
    for one in record["sets"]:
        features = _features(one)
        if len(features):
            places = scale.apply(features) @ axes[:2].T
            drawn.append(_cloud(one["name"], places, tones(record)[one["name"]]))
    yield curves(
        drawn,
        x=Axis(label=f"first component, {share[0]:.0%} of the variance"),
        y=Axis(label=f"second, {share[1]:.0%}"),
        title="A map of structures",
        caption="Principal components of the real circuits' features; every dot is a circuit.",
        alternative=f"{len(drawn)} clouds of points; the real ones spread over both components",
        table=False,
    )


def wasserstein(record: Record) -> Iterator[Figure]:
    """Distance of every feature's distribution from the real one."""
    compared = [one for one in record["sets"] if one["structure"]]
    if not compared:
        return
    drawn = [
        Bars(
            name=one["name"],
            values=[one["structure"]["wasserstein"][name]["value"] for name in FEATURE_NAMES],
            tone=tones(record)[one["name"]],
        )
        for one in compared
    ]
    mean = compared[0]["structure"]["mean_wasserstein"]
    yield bars(
        FEATURE_NAMES,
        drawn,
        title="Distance from real circuits, feature by feature",
        caption="Wasserstein's, in standard deviations of the real circuits; shorter is better.",
        alternative=f"Mean of the {compared[0]['name']} circuits: {mean:.3f}",
        unit="standard deviations",
        shown=lambda value: f"{value:.2f}",
        wide=True,
    )


def distributions(record: Record) -> Iterator[Figure]:
    """One small figure per feature: the fraction of each set up to each value."""
    real = np.array(record["held_out"]["features"], dtype=float)
    for column, name in enumerate(FEATURE_NAMES):
        sets = [
            (one["name"], _features(one)[:, column], tones(record)[one["name"]])
            for one in record["sets"]
            if one["features"]
        ]
        every = [(HELD_OUT, real[:, column], _HELD_OUT_TONE), *sets]
        log = max(float(values.max()) for _, values, _ in every) > _MOST_LINEAR
        medians = ", ".join(f"{set_} {np.median(values):.3g}" for set_, values, _ in every)
        yield curves(
            [_cumulated(set_, values, tone, log=log) for set_, values, tone in every],
            x=Axis(label=name, log=log),
            y=Axis(label="fraction", low=0.0, high=1.0),
            title=name,
            caption=f"Medians: {medians}.",
            alternative=f"cumulative distributions; medians: {medians}",
            size=_SMALL,
            table=False,
            named=False,
        )


def novelty(record: Record) -> Iterator[Figure]:
    """How much of each set is copied from the training circuits."""
    compared = [one for one in record["sets"] if one["novelty"]]
    drawn = [
        _shared(one["name"], one["novelty"]["shared_ngrams"], tones(record)[one["name"]])
        for one in compared
    ]
    drawn.append(_shared(HELD_OUT, record["held_out"]["shared_ngrams"], _HELD_OUT_TONE))
    yield curves(
        drawn,
        x=Axis(label="gates in a row", log=True),
        y=Axis(label="share seen in training", low=0.0, high=1.0),
        title="Novelty curve",
        caption="How many runs of so many gates occur in the training circuits. Real circuits "
        "share much, too: compare with the dashed curve.",
        alternative="; ".join(
            f"{curve.name}: {curve.y[0]:.0%} of runs of {curve.x[0]:g} gates, {curve.y[-1]:.0%} of "
            f"{curve.x[-1]:g}"
            for curve in drawn
        ),
    )
    near = [
        _cumulated(
            one["name"],
            np.array(one["novelty"]["similarity"]),
            tones(record)[one["name"]],
            log=False,
        )
        for one in compared
        if one["novelty"]["similarity"]
    ]
    if near:
        yield curves(
            near,
            x=Axis(label="similarity to the nearest training circuit", low=0.0, high=1.0),
            y=Axis(label="fraction of the set", low=0.0, high=1.0),
            title="Nearest training circuits",
            caption="1 is a copy. A curve further right lies closer to the training circuits.",
            alternative="; ".join(f"{c.name}: median {np.median(c.x):.2f}" for c in near),
        )


def behaviour(record: Record) -> Iterator[Figure]:
    """What a compiler makes of the sets on devices."""
    measured = [one for one in record["sets"] if one["behaviour"]]
    if not measured:
        return
    devices = [f"{d['device']}, level {d['level']}" for d in measured[0]["behaviour"]]
    for key, what in (("two_qubit", "two-qubit gates"), ("depth", "two-qubit depth")):
        yield bars(
            devices,
            [
                Bars(
                    name=one["name"],
                    values=[device[key]["value"] for device in one["behaviour"]],
                    tone=tones(record)[one["name"]],
                )
                for one in measured
            ],
            title=f"Overhead in {what}",
            caption="Mean ratio to all-to-all connections, by Qiskit's transpiler.",
            alternative=f"For {len(measured)} sets on {len(devices)} devices and levels",
            unit="ratio",
            shown=lambda value: f"{value:.2f}",
        )


def _features(one: Record) -> NDArray[np.float64]:
    found = np.array(
        [[np.nan if value is None else value for value in row] for row in one["features"]],
        dtype=float,
    )
    numbers: NDArray[np.float64] = np.nan_to_num(found)
    return numbers


def _cloud(name: str, places: NDArray[np.float64], tone: int) -> Curve:
    kept = places[:: max(1, -(-len(places) // _MOST_POINTS))]
    return Curve(
        name=name,
        x=kept[:, 0].tolist(),
        y=kept[:, 1].tolist(),
        tone=tone,
        joined=False,
        small=len(kept) > _FEW_POINTS,
    )


def _cumulated(name: str, values: NDArray[np.float64], tone: int, *, log: bool) -> Curve:
    ordered = np.sort(np.nan_to_num(values))
    places = np.unique(np.linspace(0, len(ordered) - 1, _CURVE_POINTS).astype(int))
    return Curve(
        name=name,
        x=np.maximum(ordered[places], 0.5 if log else -np.inf).tolist(),
        y=((places + 1) / len(ordered)).tolist(),
        tone=tone,
        dashed=name == HELD_OUT,
    )


def _shared(name: str, shares: Mapping[str, float], tone: int) -> Curve:
    lengths = sorted(shares, key=int)
    return Curve(
        name=name,
        x=[float(length) for length in lengths],
        y=[shares[length] for length in lengths],
        tone=tone,
        marked=True,
        dashed=name == HELD_OUT,
    )


def _share(rate: Record | None) -> float | None:
    return None if rate is None or not rate["total"] else rate["count"] / rate["total"]

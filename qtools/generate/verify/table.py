"""Verifications side by side, as a table and as JSON values."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from qtools.circuits.features import FEATURE_NAMES
from qtools.generate.verify.ngrams import NGRAM_LENGTHS
from qtools.generate.verify.statistics import Estimate, Rate
from qtools.generate.verify.verification import Verification

Rows = list[list[str]]


def comparison(verifications: Sequence[Verification]) -> tuple[list[str], Rows]:
    """Columns and rows of the table: one column per set, one row per figure."""
    return side_by_side({f"{v.name} ({v.programs})": cells(v) for v in verifications})


def side_by_side(columns: dict[str, dict[str, str]]) -> tuple[list[str], Rows]:
    """The same from the :func:`cells` of each column."""
    figures = dict.fromkeys(figure for column in columns.values() for figure in column)
    rows = [[name, *(column.get(name, "-") for column in columns.values())] for name in figures]
    return ["figure", *columns], rows


def cells(verification: Verification) -> dict[str, str]:
    """Figure -> its text."""
    found = {step: show_rate(rate) for step, rate in verification.execution.rates.items()}
    found |= {name: show(verification) for name, show in _FIGURES.items()}
    for device in verification.behaviour:
        title = f"{device.device}, level {device.level}, over all-to-all"
        found[f"two-qubit gates on {title}"] = show_estimate(device.two_qubit)
        found[f"two-qubit depth on {title}"] = show_estimate(device.depth)
    return found


def markdown(columns: Sequence[str], rows: Rows) -> str:
    """The table as Markdown."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def as_json(verification: Verification) -> dict[str, Any]:
    """A verification as JSON values; what is not a number becomes null."""
    record: dict[str, Any] = _jsonable(asdict(verification))
    record["feature_names"] = list(FEATURE_NAMES)
    return record


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _jsonable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def show_rate(rate: Rate) -> str:
    """A rate with its interval, in percent."""
    if not rate.total:
        return "-"
    low, high = rate.interval()
    return f"{rate.value:.1%} [{low:.1%}, {high:.1%}]"


def show_estimate(estimate: Estimate) -> str:
    """An estimate with its interval."""
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _of(part: str, show: Callable[[Any], str]) -> Callable[[Verification], str]:
    def cell(verification: Verification) -> str:
        found = getattr(verification, part)
        return "-" if found is None else show(found)

    return cell


def _shared(n: int) -> Callable[[Any], str]:
    return lambda novelty: f"{novelty.shared_ngrams[n]:.1%}"


_FIGURES: dict[str, Callable[[Verification], str]] = {
    "unique": _of("novelty", lambda n: show_rate(n.unique)),
    "unique, varied families": _of("novelty", lambda n: show_rate(n.unique_varied)),
    "novel": _of("novelty", lambda n: show_rate(n.novel)),
    "novel, varied families": _of("novelty", lambda n: show_rate(n.novel_varied)),
    "similarity to the nearest training circuit": _of(
        "novelty", lambda n: show_estimate(n.nearest)
    ),
    **{f"{n}-grams seen in training": _of("novelty", _shared(n)) for n in NGRAM_LENGTHS},
    "Wasserstein, mean": _of("structure", lambda s: f"{s.mean_wasserstein:.3f}"),
    "MMD^2": _of("structure", lambda s: show_estimate(s.mmd)),
    "density": _of("structure", lambda s: show_estimate(s.density)),
    "coverage": _of("structure", lambda s: show_estimate(s.coverage)),
    "two-sample AUC, boosting": _of("two_sample", lambda t: show_estimate(t.auc)),
    "... floor, real against real": _of(
        "two_sample", lambda t: show_estimate(t.floor) if t.floor else "-"
    ),
    "two-sample AUC, sequence model": _of("sequence", lambda t: show_estimate(t.auc)),
    "... floor, real against real (sequence)": _of(
        "sequence", lambda t: show_estimate(t.floor) if t.floor else "-"
    ),
    "called real by KetGPT's classifier": _of("ketgpt", show_rate),
}

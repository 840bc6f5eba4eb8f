"""Verifications side by side, as a table and as JSON values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qtools.generate.verify.novelty import NGRAM_LENGTHS
from qtools.generate.verify.statistics import Estimate, Rate
from qtools.generate.verify.suite import Verification

Rows = list[list[str]]


def comparison(verifications: Sequence[Verification]) -> tuple[list[str], Rows]:
    """Columns and rows of the table: one column per set, one row per figure."""
    columns = ["figure", *(f"{v.name} ({v.circuits})" for v in verifications)]
    steps = list(dict.fromkeys(step for v in verifications if v.execution for step in _steps(v)))
    rows = [[step, *(_execution(v, step) for v in verifications)] for step in steps]
    rows.append(["unique", *(_rate(v.novelty.unique) for v in verifications)])
    rows.append(["novel", *(_rate(v.novelty.novel) for v in verifications)])
    rows.append(["novel, varied families", *(_rate(v.novelty.novel_varied) for v in verifications)])
    for n in NGRAM_LENGTHS:
        shared = [f"{v.novelty.shared_ngrams[n]:.1%}" for v in verifications]
        rows.append([f"{n}-grams seen in training", *shared])
    rows.append(
        ["Wasserstein, mean", *(f"{v.structure.mean_wasserstein:.3f}" for v in verifications)]
    )
    rows.append(["MMD^2", *(_estimate(v.structure.mmd) for v in verifications)])
    rows.append(["density", *(_estimate(v.structure.density) for v in verifications)])
    rows.append(["coverage", *(_estimate(v.structure.coverage) for v in verifications)])
    tests = [v.two_sample for v in verifications]
    rows.append(["two-sample AUC, boosting", *(_estimate(t.auc) if t else "-" for t in tests)])
    models = [v.sequence for v in verifications]
    rows.append(["two-sample AUC, sequence model", *(_estimate(e) if e else "-" for e in models)])
    rows.append(
        ["floor of boosting, real against real", *(_estimate(t.floor) if t else "-" for t in tests)]
    )
    return columns, rows


def markdown(columns: Sequence[str], rows: Rows) -> str:
    """The table as Markdown."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def as_json(verification: Verification) -> dict[str, Any]:
    """A verification as JSON values."""
    record = asdict(verification)
    record["novelty"]["shared_ngrams"] = {
        str(n): value for n, value in verification.novelty.shared_ngrams.items()
    }
    return record


def _steps(verification: Verification) -> list[str]:
    return list(verification.execution.rates) if verification.execution else []


def _execution(verification: Verification, step: str) -> str:
    if verification.execution is None or step not in verification.execution.rates:
        return "-"
    return _rate(verification.execution.rates[step])


def _rate(rate: Rate) -> str:
    if not rate.total:
        return "-"
    low, high = rate.interval()
    return f"{rate.value:.1%} [{low:.1%}, {high:.1%}]"


def _estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"

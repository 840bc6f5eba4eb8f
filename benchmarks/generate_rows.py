"""The rows of the table of a model: what is asked, what the stages measured, whether it is met."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.generate_stages import Record, rate_of
from qtools.generate.verify.statistics import Rate

Row = dict[str, str]
Found = dict[str, Record]


def must_show(found: Found) -> list[Row]:
    """One row per figure asked for; those whose stages have not run say so."""
    return [row for rows in _ROWS for row in rows(found)]


def _row(what: str, asked: str, measured: str, met: bool | None) -> Row:
    return {
        "what": what,
        "asked": asked,
        "measured": measured,
        "met": {True: "yes", False: "no", None: "-"}[met],
    }


def _missing(what: str, asked: str) -> Row:
    return _row(what, asked, "not measured yet", None)


def _show(rate: Rate) -> str:
    low, high = rate.interval()
    return f"{rate.count} of {rate.total} = {rate.value:.2%} [{low:.2%}, {high:.2%}]"


def _estimate(record: Any) -> str:
    return f"{record['value']:.3f} [{record['low']:.3f}, {record['high']:.3f}]"


def _validity(found: Found) -> Iterator[Row]:
    chunks = [record for name, record in found.items() if name.startswith("validity")]
    asked = "100 % of 10,000 by both, nothing rejected"
    if not chunks:
        yield _missing("validity, 2 to 64 qubits", asked)
        return
    for step in chunks[0]["rates"]:
        parts = [rate_of(chunk["rates"][step]) for chunk in chunks if step in chunk["rates"]]
        rate = Rate(count=sum(p.count for p in parts), total=sum(p.total for p in parts))
        yield _row(f"loads: {step}", asked, _show(rate), rate.count == rate.total)
    removed = sum(chunk["removed"] for chunk in chunks) / len(chunks)
    yield _row(
        "probability removed by the grammar, mean per cell", "reported", f"{removed:.2%}", None
    )


def _novelty(found: Found) -> Iterator[Row]:
    model = found.get("set model")
    if model is None:
        yield _missing("uniqueness; novelty", "99 %; 95 %")
        return
    novelty = model["record"]["novelty"]
    for name, asked, least in (("unique", "99 %", 0.99), ("novel", "95 %", 0.95)):
        varied, every = rate_of(novelty[f"{name}_varied"]), rate_of(novelty[name])
        yield _row(f"{name}, varied families", asked, _show(varied), varied.value >= least)
        yield _row(f"{name}, one-circuit families included", "apart", _show(every), None)


def _two_sample(found: Found) -> Iterator[Row]:
    names = [name for name in found if name.startswith("set ")]
    if "set model" not in names:
        yield _missing("two-sample AUC (boosting; sequence model)", "at most 0.70; 0.80")
        return
    for test, title, most in (
        ("two_sample", "boosting", 0.70),
        ("sequence", "sequence model", 0.80),
    ):
        for name in names:
            record = found[name]["record"][test]
            if record is None:
                continue
            floor = f"; floor {_estimate(record['floor'])}" if record["floor"] else ""
            met = record["auc"]["value"] <= most if name == "set model" else None
            asked = f"at most {most:.2f}" if name == "set model" else "beside it"
            shown = "real circuits of the validation split" if name == "set real" else name[4:]
            title_of = f"two-sample AUC, {title}: {shown}"
            yield _row(title_of, asked, _estimate(record["auc"]) + floor, met)
        perfect = found.get("training circuits")
        if perfect is not None:
            title_of = f"two-sample AUC, {title}: training circuits, as of a perfect model of them"
            yield _row(title_of, "beside it", _estimate(perfect[test]), None)
        same = found.get("same conditions")
        if same is not None:
            auc = same[test]
            title_of = f"two-sample AUC, {title}: model, asked for what the held-out circuits are"
            yield _row(title_of, f"at most {most:.2f}", _estimate(auc), auc["value"] <= most)


def _ketgpt(found: Found) -> Iterator[Row]:
    model = found.get("set model")
    if model is None:
        yield _missing("KetGPT's classifier calls generated circuits real", "99 %")
        return
    rate = rate_of(model["record"]["ketgpt"])
    accuracy = rate_of(model["ketgpt_accuracy"])
    measured = f"{_show(rate)}; its accuracy on real and random {accuracy.value:.2%}"
    title = "KetGPT's classifier calls generated circuits real"
    yield _row(title, "99 %", measured, rate.value >= 0.99)


def _losses(found: Found) -> Iterator[Row]:
    asked = "30 % below trigram and line tokens"
    if "losses" not in found or "baseline losses" not in found:
        yield _missing("bits per gate on test, structure", asked)
        return
    losses = found["losses"] | found["baseline losses"]
    structure = {name: losses[name]["structure"] for name in ("model", "trigram", "line tokens")}
    best = min(structure["trigram"], structure["line tokens"])
    shown = ", ".join(f"{name} {value:.3f}" for name, value in structure.items())
    shown += f": {1 - structure['model'] / best:.0%} below the better"
    yield _row("bits per gate on test, structure", asked, shown, structure["model"] <= 0.7 * best)
    apart = {name: losses[name]["total"] - value for name, value in structure.items()}
    yield _row(
        "bits per gate on test, angles with residuals",
        "apart",
        ", ".join(f"{name} {value:.3f}" for name, value in apart.items()),
        None,
    )
    open_ = losses["model, conditions open"]["structure"]
    yield _row(
        "bits per gate on test, structure, no condition told",
        "-",
        f"{open_:.3f}: {1 - open_ / best:.0%} below the better",
        None,
    )


def _conditioning(found: Found) -> Iterator[Row]:
    record = found.get("conditioning")
    asked = {"qubits": "100 %", "gate_set": "100 %", "gate_budget": "100 %"}
    if record is None:
        yield _missing("conditions obeyed", "hard ones 100 %, family 90 %")
        return
    for name, least in asked.items():
        rate = rate_of(record[name])
        title = f"{name.replace('_', ' ')} obeyed"
        yield _row(title, least, _show(rate), rate.count == rate.total)
    generated, real = rate_of(record["family, generated"]), rate_of(record["family, real"])
    shown = f"{_show(generated)}; the classifier on held-out real circuits {_show(real)}"
    yield _row("family obeyed, by a classifier", "90 %", shown, generated.value >= 0.9)
    guided, same = found.get("guidance"), found.get("same conditions")
    for what, other in (
        (f"with guidance {guided['guidance']:g}" if guided else "", guided),
        ("asked for what the held-out circuits are", same),
    ):
        if other is not None:
            rate = rate_of(other["family, generated"])
            title = f"family obeyed, by a classifier: {what}"
            yield _row(title, "90 %", _show(rate), rate.value >= 0.9)


def _unseen(found: Found) -> Iterator[Row]:
    record = found.get("unseen")
    title = "sizes never seen, exactly right up to relabelling"
    if record is None:
        yield _missing(title, "at least half")
        return
    rate = rate_of(record["exact"])
    yield _row(title, "at least half", _show(rate), rate.value >= 0.5)
    seeded = _show(rate_of(record["seeded"]))
    yield _row("... of families drawn from a seed, which sizes do not tell", "-", seeded, None)
    each = (f"{name} {rate['count']}/{rate['total']}" for name, rate in record["by_family"].items())
    yield _row("... by family", "-", ", ".join(each), None)


def _memory(found: Found) -> Iterator[Row]:
    model, held = found.get("set model"), found.get("held-out n-grams")
    asked = "not above held-out real by more than 10 %"
    if model is None or held is None:
        yield _missing("n-grams shared with training", asked)
        return
    for n, shared in model["record"]["novelty"]["shared_ngrams"].items():
        yield _shared(f"{n}-grams shared with training", asked, shared, held["shared_ngrams"][n])
    same = found.get("same conditions")
    for n, shared in same["shared_ngrams"].items() if same else ():
        title = f"{n}-grams shared with training, asked for what the held-out circuits are"
        yield _shared(title, asked, shared, held["shared_ngrams"][n])
    near = model["record"]["novelty"]["nearest"]
    shown = f"generated {_estimate(near)}, held-out real {held['nearest']:.3f}"
    yield _row("similarity to the nearest training circuit", "reported", shown, None)


def _shared(what: str, asked: str, shared: float, real: float) -> Row:
    ratio = shared / real if real else float("inf") if shared else 1.0
    shown = f"generated {shared:.1%}, held-out real {real:.1%}, ratio {ratio:.2f}"
    return _row(what, asked, shown, ratio <= 1.1)


def _speed(found: Found) -> Iterator[Row]:
    record = found.get("speed")
    if record is None:
        yield _missing("circuits of about 150 gates per second", "20; 10 times generate")
        return
    pace = record["per_second"]
    shown = (
        f"{pace:.1f} ({record['gates']:.0f} gates, {record['workers']} workers, load before "
        f"{record['load']:.1f})"
    )
    yield _row("circuits of about 150 gates per second", "20", shown, pace >= 20)
    one, threaded = (record[f"{how}generate_gates_per_second"] for how in ("", "threaded_"))
    # As both are used: workers here, and there as many threads as go fastest.
    whole = pace * record["gates"] / max(one, threaded)
    alone = record["batched_gates_per_second"] / one
    cpu = record["batched_gates_per_cpu_second"] / record["generate_gates_per_cpu_second"]
    shown = (
        f"{whole:.1f} on {record['workers']} cores; one process on one core {alone:.1f} "
        f"(by CPU time {cpu:.1f})"
    )
    yield _row("times as fast as model.generate one by one", "10", shown, whole >= 10)


_ROWS: tuple[Callable[[Found], Iterator[Row]], ...] = (
    _validity,
    _novelty,
    _two_sample,
    _ketgpt,
    _losses,
    _conditioning,
    _unseen,
    _memory,
    _speed,
)

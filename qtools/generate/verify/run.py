"""A verification from the command line: sets side by side, written as JSON and as a table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typer

from qtools import console
from qtools.circuits.normal import NormalCircuit
from qtools.console import Ticker
from qtools.errors import UsageError, nearest
from qtools.generate.pages.verification_page import MOST_DRAWN, write_verification_page
from qtools.generate.verify.circuits import Program, as_circuit, parsed, read_programs
from qtools.generate.verify.ketgpt import KetgptClassifier
from qtools.generate.verify.reference import Reference
from qtools.generate.verify.table import as_json, comparison, markdown
from qtools.generate.verify.verification import Depth, Verification, verify
from qtools.report.page import REPORT
from qtools.runs.files import write_text

#: What ``--baselines`` takes: no other sets; sets made in seconds; those of trained models too.
BASELINES = ("none", "random", "all")
RECORD, TABLE = "verification.json", "verification.md"


def run_verification(
    circuits: Path,
    against: Path,
    out: Path,
    *,
    baselines: str,
    depth: Depth,
    seed: int,
    as_json_: bool,
    quiet: bool,
    tick: Ticker,
) -> None:
    """Verify a directory and write :data:`RECORD`, :data:`TABLE` and the report.

    Raises:
        UsageError: unknown baselines.
        BadInputError: no circuits, or no corpus.
    """
    if baselines not in BASELINES:
        raise UsageError(
            f"expected --baselines {', '.join(BASELINES)}, got {baselines!r}"
            f"{nearest(baselines, BASELINES)}"
        )
    programs = read_programs(circuits)
    tick("reading the corpus", 0.0)
    reference = Reference.read(against)
    sets = {"generated": programs}
    if baselines != "none":
        sets |= real_set(reference) | baseline_sets(
            reference, against, len(programs), trained=baselines == "all", seed=seed, tick=tick
        )
    tick("training KetGPT's classifier", 0.0)
    ketgpt = train_ketgpt(reference, most=depth.ketgpt, seed=seed)
    made = [
        verify(
            name,
            members,
            reference,
            depth=depth,
            ketgpt=ketgpt,
            with_floor=name == "generated",
            seed=seed,
            tick=tick,
        )
        for name, members in sets.items()
    ]
    record = {"against": str(against), **record_of(made, reference, ketgpt)}
    columns, rows = comparison(made)
    caption = (
        f"Compared with {len(reference.held_out)} held-out and {len(reference.training)} training "
        f"circuits of {against}."
    )
    write_text(out / TABLE, f"# Verification\n\n{caption}\n\n{markdown(columns, rows)}")
    write_text(out / RECORD, json.dumps(record) + "\n")
    write_verification_page(out, record, (columns, rows), _examples(sets, reference))
    if as_json_:
        typer.echo(json.dumps(record))
    elif not quiet:
        console.table("verification", columns, rows)
        console.note(f"{caption} Written to {out}; look at {out / REPORT}")
        console.next_command("qtools", "generate", "suite", circuits, "-n", 50, "--out", "suite")


def real_set(reference: Reference) -> dict[str, list[Program]]:
    """The yardstick as a set of its own; nothing where the corpus has no validation split."""
    real = reference.yardstick
    members = [
        as_circuit(circuit, name, family).program
        for circuit, name, family in zip(real.circuits, real.names, real.families, strict=True)
    ]
    return {"real": members} if members else {}


def train_ketgpt(reference: Reference, *, seed: int, most: int = Depth.ketgpt) -> KetgptClassifier:
    """The KetGPT paper's classifier, trained on at most so many real circuits."""
    return KetgptClassifier.trained(
        reference.training.some(most).circuits,
        reference.held_out.circuits,
        seed=seed,
    )


def baseline_sets(
    reference: Reference, corpus: Path, count: int, *, trained: bool, seed: int, tick: Ticker
) -> dict[str, list[Program]]:
    """As many circuits of each baseline; those of trained models only if asked for."""
    from qtools.generate.baselines import sets
    from qtools.generate.baselines.line_model import LineModel, LineRecipe
    from qtools.generate.baselines.trigram import Trigram
    from qtools.generate.corpus import load_corpus

    like = sets.likenesses(reference.held_out.circuits, count, np.random.default_rng(seed))
    made = sets.random_sets(like, np.random.default_rng(seed))
    if trained:
        documents = load_corpus(corpus).split("train")
        tick("trigram model", 0.0)
        made["trigram"] = sets.trigram_set(Trigram.of(documents), like, seed=seed)
        model = LineModel.trained(sets.lines_of(documents), LineRecipe(seed=seed), tick=tick)
        made["line tokens"] = sets.line_set(model, like, seed=seed)
    return made


def record_of(
    made: Sequence[Verification], reference: Reference, ketgpt: KetgptClassifier
) -> dict[str, Any]:
    """Everything that a page about the sets needs, as JSON values."""
    places = {place for v in made if v.novelty for place in v.novelty.nearest_place}
    return {
        "sets": [as_json(verification) for verification in made],
        "held_out": {
            "features": np.nan_to_num(reference.features).tolist(),
            "families": list(reference.held_out.families),
            "shared_ngrams": {
                str(n): share
                for n, share in reference.index.ngrams.shared(reference.held_out.circuits).items()
            },
        },
        "training_circuits": len(reference.training),
        "training_ids": {str(place): reference.training.names[place] for place in sorted(places)},
        "ketgpt_accuracy": vars(ketgpt.accuracy),
    }


def _examples(
    sets: dict[str, list[Program]], reference: Reference
) -> dict[str, list[NormalCircuit]]:
    """Some circuits of each set to draw, and held-out real ones first to compare with."""
    some = {
        name: [circuit.normal for circuit in parsed(members[:MOST_DRAWN])]
        for name, members in sets.items()
        if name != "real"
    }
    return some | {"held-out real": list(reference.held_out.some(MOST_DRAWN).circuits)}

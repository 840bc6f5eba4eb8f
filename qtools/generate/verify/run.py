"""A verification from the command line: sets side by side, written as JSON and as a table."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import typer

from qtools import console
from qtools.circuits.normal import NormalCircuit
from qtools.console import Ticker
from qtools.errors import MissingDependencyError, UsageError, nearest
from qtools.generate.pages.verification_page import MOST_DRAWN, write_verification_page
from qtools.generate.verify.checks import answers, campaign_of, in_workers
from qtools.generate.verify.circuits import Program, as_circuit, parsed, read_programs
from qtools.generate.verify.ketgpt import KetgptClassifier
from qtools.generate.verify.reference import Reference
from qtools.generate.verify.table import Rows, as_json, comparison, markdown
from qtools.generate.verify.verification import Depth, Verification, checks_of, verify
from qtools.report.page import REPORT
from qtools.runs.campaign import FOLDER, Campaign, Results, forget, resumed
from qtools.runs.executors import Executor
from qtools.runs.files import write_text
from qtools.runs.publishing import merge_and_publish, run_and_publish
from qtools.runs.sharding import WHOLE, Shard
from qtools.runs.typed import typed

#: What ``--baselines`` takes: no other sets; sets made in seconds; those of trained models too.
BASELINES = ("none", "random", "all")
RECORD, TABLE = "verification.json", "verification.md"


@dataclass(frozen=True, kw_only=True)
class VerifyJob:
    """What to verify, in the words of the command line.

    Attributes:
        circuits: directory of the circuits.
        against: corpus with the real ones.
        baselines: one of :data:`BASELINES`.
        depth: how much to do.
        seed: of folds, bootstraps and baselines.
    """

    circuits: str
    against: str
    baselines: str = "random"
    depth: Depth = field(default_factory=Depth)
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A verification that is written.

    Attributes:
        circuits: directory of the circuits.
        record: everything found, as JSON values.
        columns, rows: the table of figures by set.
        caption: what the sets were compared with.
    """

    circuits: str
    record: dict[str, Any]
    columns: Sequence[str]
    rows: Rows
    caption: str


def run_verification(
    job: VerifyJob, out: Path, *, executor: Executor, tick: Ticker, shard: Shard = WHOLE
) -> Verified | None:
    """Verify a directory and write :data:`RECORD`, :data:`TABLE` and the report.

    What is checked circuit by circuit is recorded in ``out`` until all is written; a run that was
    stopped goes on from there. The result does not depend on the executor.

    Args:
        job: what to verify.
        out: directory of the result.
        executor: where circuits are checked.
        tick: told about progress.
        shard: which of these checks.

    Returns:
        What was written; None for a shard, after which :func:`merge_verification` does the rest.

    Raises:
        UsageError: unknown baselines.
        BadInputError: no circuits, no corpus, or another run works in ``out``.
        OutputExistsError: a verification of something else was begun in ``out``.
        MissingDependencyError: a parser or the simulator is not installed.
    """
    verifying = _Verifying.of(job, tick)
    publish = partial(verifying.publish, out, tick)
    where = in_workers(executor)
    return run_and_publish(verifying.campaign, out, publish, executor=where, tick=tick, shard=shard)


def merge_verification(out: Path, *, tick: Ticker) -> Verified:
    """Finish a verification whose shards have all run.

    Raises:
        StoppedEarlyError: some have not.
        BadInputError: records disagree or are damaged, or the circuits have changed.
    """
    request, _ = resumed(out / FOLDER)
    job = typed(VerifyJob, request, source="the request of the verification")
    verifying = _Verifying.of(job, tick)
    return merge_and_publish(verifying.campaign, out, partial(verifying.publish, out, tick))


@dataclass(frozen=True, kw_only=True)
class _Verifying:
    """A job with its sets of circuits and what is checked of each."""

    job: VerifyJob
    reference: Reference
    sets: dict[str, list[Program]]
    campaign: Campaign

    @classmethod
    def of(cls, job: VerifyJob, tick: Ticker) -> "_Verifying":
        if job.baselines not in BASELINES:
            raise UsageError(
                f"expected --baselines {', '.join(BASELINES)}, got {job.baselines!r}"
                f"{nearest(job.baselines, BASELINES)}"
            )
        programs = read_programs(Path(job.circuits))
        tick("reading the corpus", 0.0)
        reference = Reference.read(Path(job.against))
        sets = {"generated": programs}
        if job.baselines != "none":
            sets |= real_set(reference) | baseline_sets(
                reference,
                Path(job.against),
                len(programs),
                trained=job.baselines == "all",
                seed=job.seed,
                tick=tick,
            )
        asked = [check for members in sets.values() for check in checks_of(members, job.depth)]
        request = asdict(job) | {
            name: str(Path(path).absolute())
            for name, path in (("circuits", job.circuits), ("against", job.against))
        }
        return cls(job=job, reference=reference, sets=sets, campaign=campaign_of(asked, request))

    def publish(self, out: Path, tick: Ticker, results: Results) -> Verified:
        """Do what needs whole sets, and write everything."""
        job, reference = self.job, self.reference
        try:
            found = answers(results)
        except MissingDependencyError:
            forget(out / FOLDER)  # or the next run would believe it
            raise
        tick("training KetGPT's classifier", 0.0)
        ketgpt = train_ketgpt(reference, most=job.depth.ketgpt, seed=job.seed)
        made = [
            verify(
                name,
                members,
                reference,
                depth=job.depth,
                ketgpt=ketgpt,
                with_floor=name == "generated",
                seed=job.seed,
                tick=tick,
                answers=found,
            )
            for name, members in self.sets.items()
        ]
        columns, rows = comparison(made)
        verified = Verified(
            circuits=job.circuits,
            record={"against": job.against, **record_of(made, reference, ketgpt)},
            columns=columns,
            rows=rows,
            caption=f"Compared with {len(reference.held_out)} held-out and "
            f"{len(reference.training)} training circuits of {job.against}.",
        )
        self._write(verified, out)
        return verified

    def _write(self, verified: Verified, out: Path) -> None:
        table = markdown(verified.columns, verified.rows)
        write_text(out / TABLE, f"# Verification\n\n{verified.caption}\n\n{table}")
        write_text(out / RECORD, json.dumps(verified.record) + "\n")
        figures = (verified.columns, verified.rows)
        write_verification_page(out, verified.record, figures, _examples(self.sets, self.reference))


def show_verification(verified: Verified | None, out: Path, *, as_json: bool, quiet: bool) -> None:
    """The record as JSON on stdout, or the table on stderr unless quiet; a note after a shard."""
    if verified is None:
        console.note(f"this shard is done; when all are, run: qtools merge {out}")
    elif as_json:
        typer.echo(json.dumps(verified.record))
    elif not quiet:
        console.table("verification", verified.columns, verified.rows)
        console.note(f"{verified.caption} Written to {out}; look at {out / REPORT}")
        suite = ("qtools", "generate", "suite", verified.circuits, "-n", 50, "--out", "suite")
        console.next_command(*suite)


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
    from qtools.generate.training.corpus import load_corpus

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

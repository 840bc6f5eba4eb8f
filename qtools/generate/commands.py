"""``qtools generate ...``: train, sample, verify, suite."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from qtools import console
from qtools.command_help import examples

app = typer.Typer(no_args_is_help=True, help="Write realistic benchmark circuits with a model.")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")]
Where = Annotated[
    str,
    typer.Option("--executor", help="serial, processes:N, dask:ADDRESS or dask:FILE.toml."),
]
ShardOption = Annotated[
    str, typer.Option("--shard", help="Only part I/N, for job arrays; then: qtools merge.")
]
ModelOption = Annotated[
    str, typer.Option("--model", help="A bundled model's name, or a model directory.")
]


@app.callback()
def group() -> None:
    """Write realistic benchmark circuits with a model."""


@app.command()
@examples(
    "qtools generate train --corpus corpus/ --recipe default --out model/",
    "qtools generate train --corpus corpus/ --recipe tiny --out model/",
)
def train(
    corpus: Annotated[Path, typer.Option(help="Corpus made by `qtools datasets`.")],
    out: Annotated[Path, typer.Option(help="Directory of the model; holds the state as well.")],
    recipe: Annotated[str, typer.Option(help="default, gpu, tiny, or a .toml file.")] = "default",
    max_minutes: Annotated[
        float | None, typer.Option(help="Stop after this time; run again to go on.", min=0.0)
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads.", min=1)] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a model, or go on with a run that was stopped."""
    from qtools.generate.report import run_training

    run_training(
        corpus,
        out,
        recipe_name=recipe,
        max_minutes=max_minutes,
        threads=threads,
        as_json=json_,
        quiet=quiet,
    )


@app.command()
@examples(
    "qtools generate sample -n 20 --qubits 5:12 --out circuits/",
    "qtools generate sample --model model/ -n 100 --family qaoa --gates 50:200 \\",
    "       --gate-set ibm_heron --out circuits/",
)
def sample(
    out: Annotated[Path, typer.Option(help="Directory of the circuits.")],
    n: Annotated[int, typer.Option("-n", help="How many circuits.", min=1)] = 20,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal circuits.", min=0)] = 0,
    model: ModelOption = "default",
    qubits: Annotated[str, typer.Option(help="LOW:HIGH, or one number.")] = "",
    gates: Annotated[str, typer.Option(help="Number of gates, LOW:HIGH.")] = "",
    depth: Annotated[int | None, typer.Option(help="Most layers of gates.", min=1)] = None,
    family: Annotated[str, typer.Option(help="Family of circuits.")] = "",
    gate_set: Annotated[str, typer.Option(help="Native gate set, or universal.")] = "",
    level: Annotated[str, typer.Option(help="alg, indep, nativegates or mapped.")] = "",
    only_gates: Annotated[str, typer.Option(help="Gates to use, such as cx,rz,h.")] = "",
    measure: Annotated[str, typer.Option(help="any, none, or all.")] = "any",
    temperature: Annotated[float, typer.Option(help="Below 1: more typical circuits.")] = 1.0,
    top_p: Annotated[float, typer.Option(help="Keep the likeliest, to this sum.")] = 1.0,
    cutoff: Annotated[
        float, typer.Option(help="Cut what is rarer than this times a typical value.")
    ] = 0.2,
    min_p: Annotated[
        float, typer.Option(help="Cut what is rarer than this times the likeliest.")
    ] = 0.0,
    guidance: Annotated[
        float, typer.Option(help="About 1: more of the family, in twice the time.")
    ] = 0.0,
    format_: Annotated[str, typer.Option("--format", help="qasm2, qasm3 or parquet.")] = "qasm2",
    devices: Annotated[
        str, typer.Option(help="cpu, cuda (all GPUs) or cuda:0,cuda:1; one per worker process.")
    ] = "cpu",
    executor: Where = "serial",
    shard: ShardOption = "1/1",
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Sample circuits; every one is valid by construction. Run again to finish what was stopped."""
    from qtools.generate.report import run_sampling
    from qtools.generate.sampling.campaign import SampleJob
    from qtools.runs.executors import parse_executor
    from qtools.runs.sharding import parse_shard

    job = SampleJob(
        model=model,
        n=n,
        seed=seed,
        temperature=temperature,
        top_p=top_p,
        cutoff=cutoff,
        min_p=min_p,
        guidance=guidance,
        format=format_,
        qubits=qubits,
        gates=gates,
        depth=depth,
        family=family,
        gate_set=gate_set,
        level=level,
        only_gates=only_gates,
        measure=measure,
        devices=devices,
    )
    run_sampling(
        job,
        out,
        executor=parse_executor(executor),
        shard=parse_shard(shard),
        as_json=json_,
        quiet=quiet,
    )


@app.command()
@examples("qtools generate verify circuits/ --against corpus/ --out verification/")
def verify(
    circuits: Annotated[Path, typer.Argument(help="Directory written by `generate sample`.")],
    out: Annotated[Path, typer.Option(help="Directory of the report.")],
    against: Annotated[
        Path | None,
        typer.Option(help="Corpus with the real circuits; the excerpt of the bundled model's."),
    ] = None,
    baselines: Annotated[
        str, typer.Option(help="Sets beside it: none, random, or all (trains two models).")
    ] = "random",
    simulate: Annotated[
        int | None, typer.Option(help="Transpile and simulate only so many.", min=0)
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="In a minute or so: less of what takes long.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of folds and bootstraps.", min=0)] = 0,
    executor: Where = "processes:2",
    shard: ShardOption = "1/1",
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Verify circuits: execution, classifiers, structure, novelty, behaviour, with baselines.

    Run again to finish what was stopped.
    """
    from qtools.generate.model.pretrained import bundled_reference
    from qtools.generate.verify.run import VerifyJob, run_verification, show_verification
    from qtools.generate.verify.verification import QUICK, Depth
    from qtools.runs.executors import parse_executor
    from qtools.runs.sharding import parse_shard
    from qtools.runs.stopping import stopping_on_sigterm

    depth = QUICK if quick else Depth()
    if simulate is not None:
        depth = replace(depth, simulate=simulate)
    job = VerifyJob(
        circuits=str(circuits),
        against=str(against or bundled_reference()),
        baselines=baselines,
        depth=depth,
        seed=seed,
    )
    where, part = parse_executor(executor), parse_shard(shard)
    with stopping_on_sigterm(), console.progress(quiet=quiet) as tick:
        verified = run_verification(job, out, executor=where, tick=tick, shard=part)
    show_verification(verified, out, as_json=json_, quiet=quiet)


@app.command()
@examples("qtools generate publish model/ --corpus corpus/ --out qtools/generate/models/default")
def publish(
    model: Annotated[Path, typer.Argument(help="Directory written by `generate train`.")],
    corpus: Annotated[Path, typer.Option(help="Corpus that it was trained on.")],
    out: Annotated[Path, typer.Option(help="Directory to write; what is there is replaced.")],
    tables: Annotated[
        Path | None, typer.Option(help="Markdown with measured figures, for the card.")
    ] = None,
    json_: Json = False,
) -> None:
    """Write the files of a bundled model: weights, card, notices, an excerpt of its corpus."""
    from qtools.generate.report import run_publishing

    run_publishing(model, corpus, out, tables=tables, as_json=json_)


@app.command()
@examples("qtools generate suite circuits/ -n 50 --out suite/")
def suite(
    circuits: Annotated[Path, typer.Argument(help="Directory written by `generate sample`.")],
    out: Annotated[Path, typer.Option(help="Directory of the chosen circuits.")],
    n: Annotated[int, typer.Option("-n", help="How many to choose.", min=1)] = 50,
    seed: Annotated[int, typer.Option(help="Of the random picks compared with.", min=0)] = 0,
    json_: Json = False,
) -> None:
    """Choose circuits that cover the space of structural features evenly."""
    from qtools.generate.report import run_suite

    run_suite(circuits, out, n, seed=seed, as_json=json_)

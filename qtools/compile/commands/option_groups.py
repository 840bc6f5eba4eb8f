"""Groups of options that several ``qtools compile`` commands share, and what they stand for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from qtools.compile.commands import options as o
from qtools.compile.output.circuit_format import CircuitFormat
from qtools.errors import UsageError

if TYPE_CHECKING:
    from qtools.compile.inputs.problem_file import HamiltonianRequest
    from qtools.compile.output.run_directory import RunDirectory
    from qtools.compile.run import RunOptions


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """A lattice model."""

    model: o.Model = None
    sites: o.Sites = None
    lattice: o.Lattice = None
    size: o.Size = None
    coupling: Annotated[
        str | None, o.option("--coupling", "J, or Jx,Jy,Jz (of Pauli matrices).", o.PROBLEM)
    ] = None
    field: Annotated[
        str | None,
        o.option("--field", "hx,hy,hz; one number is hx for tfim, hz otherwise.", o.PROBLEM),
    ] = None
    disorder: Annotated[
        str | None,
        o.option("--disorder", "W, or W_coupling,W_field, random from --seed.", o.PROBLEM),
    ] = None

    def request(self, **more: Any) -> "HamiltonianRequest":
        """What is asked for; ``more`` are the request's other fields."""
        from qtools.compile.inputs.problem_file import HamiltonianRequest

        return HamiltonianRequest(
            model=self.model,
            sites=self.sites,
            lattice=self.lattice,
            size=o.rows_and_columns(self.size),
            coupling=o.numbers("--coupling", self.coupling),
            field=o.numbers("--field", self.field),
            disorder=o.numbers("--disorder", self.disorder),
            **more,
        )


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Where and how the contractions run."""

    max_memory: o.MaxMemory = None
    device: o.Device = None
    precision: o.Precision = None

    def settings(self) -> dict[str, Any]:
        """By the names of the settings."""
        return {
            "max_memory": o.size(self.max_memory),
            "device": self.device,
            "precision": self.precision,
        }


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """How blocks are found, and when that ends."""

    fidelity: o.Fidelity = None
    max_iterations: o.MaxIterations = None
    max_seconds: o.MaxSeconds = None
    objective: o.Objective = None
    optimizer: o.Optimizer = None
    blocks: o.Blocks = None

    def settings(self) -> dict[str, Any]:
        """By the names of the settings."""
        return {
            "fidelity": self.fidelity,
            "max_iterations": self.max_iterations,
            "max_seconds": self.max_seconds,
            "objective": self.objective,
            "optimizer": self.optimizer,
            "blocks": self.blocks,
        }


@dataclass(frozen=True, kw_only=True)
class StateFitOptions(FitOptions):
    """The same where a state is prepared, whose depth may be looked for."""

    budget: o.Budget = None
    start: o.Start = None

    def settings(self) -> dict[str, Any]:
        """By the names of the settings.

        Raises:
            UsageError: two limits of time.
        """
        limit = self.max_seconds
        if self.budget is not None:
            if limit is not None:
                raise UsageError("--max-seconds and --budget are the same limit; give one of them")
            limit = self.budget
        return super().settings() | {"max_seconds": limit, "start": self.start}


@dataclass(frozen=True, kw_only=True)
class WrittenOptions:
    """What is written where."""

    out: o.Out
    circuit_format: o.Format = CircuitFormat.QASM2
    force: o.Force = False

    def directory(self) -> "RunDirectory":
        """The directory to write to."""
        from qtools.compile.output.run_directory import RunDirectory

        return RunDirectory(path=self.out, circuit_format=self.circuit_format)


@dataclass(frozen=True, kw_only=True)
class ShownOptions:
    """What is shown on stdout and stderr."""

    as_json: o.AsJson = False
    quiet: o.Quiet = False


@dataclass(frozen=True, kw_only=True)
class RunningOptions:
    """How a state is prepared, and what becomes of the result; the end of three commands."""

    engine: EngineOptions
    fit: StateFitOptions
    seed: o.Seed = None
    observable: o.Observables = None
    written: WrittenOptions
    checkpoint_seconds: o.CheckpointSeconds = 1.0
    shown: ShownOptions

    def settings(self) -> dict[str, Any]:
        """By the names of the settings; None where nothing was said."""
        return {"seed": self.seed, **self.engine.settings(), **self.fit.settings()}

    def run(self, **more: Any) -> "RunOptions":
        """How the run is made; ``more`` are the other fields."""
        from qtools.compile.run import RunOptions
        from qtools.compile.target.observables import read_observables

        return RunOptions(
            force=self.written.force,
            interval=self.checkpoint_seconds,
            observables=read_observables(self.observable),
            **more,
        )

"""The model card: data, licences, losses, limits of the model."""

from dataclasses import dataclass

from qtools import __version__
from qtools.datasets.manifest import Manifest
from qtools.generate.model.network import CircuitModel
from qtools.generate.training.checkpoint import Progress
from qtools.generate.training.corpus import EncodedCorpus
from qtools.generate.training.losses import BitsPerGate
from qtools.generate.training.recipe import TrainRecipe


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Bits per gate on held-out circuits, with and without conditions; see BitsPerGate."""

    split: str
    conditioned: BitsPerGate
    unconditioned: BitsPerGate


def model_card(
    model: CircuitModel,
    recipe: TrainRecipe,
    corpus: EncodedCorpus,
    manifest: Manifest,
    progress: Progress,
    losses: tuple[Losses, ...],
) -> str:
    """The card as Markdown with the YAML header of model hubs."""
    parameters = sum(p.numel() for p in model.parameters())
    documents = corpus.split("train")
    sections = [
        "---\nlicense: apache-2.0\nlibrary_name: qtools\ntags: [quantum-circuits, openqasm]\n---",
        f"# Circuit model `{recipe.name}`",
        f"A decoder of {parameters / 1e6:.1f} M parameters that writes quantum circuits, one row "
        "(gate, qubits, angle) per position, under conditions on family, gate set, level, qubits, "
        "length and depth. Made with qtools "
        f"{__version__}; use it with `qtools generate sample` or `CircuitGenerator`.",
        "## Training",
        f"Recipe `{recipe.name}` (seed {recipe.seed}): {progress.step} of {recipe.steps} steps, "
        f"{progress.rows:,} rows in {progress.seconds / 60:.0f} minutes. Trained on "
        f"{len(documents):,} "
        f"circuits ({int(documents.gates.sum()):,} gates) of the corpus `{manifest.name}` "
        f"(recipe {manifest.recipe_id}).",
        _curve(progress),
        "## Losses on held-out circuits (bits per gate)",
        _losses(losses),
        "Structure is ops, operands, registers and ends; angles are angle tokens; residuals are "
        "the low bytes of free angles, mostly noise.",
        "## Data and licences",
        _sources(manifest),
        "## Limits",
        "Circuits are plausible in structure; they do not compute anything in particular. "
        "At most 128 qubits. Angles off the grid of fractions of pi are quantised to 2e-4 rad.",
    ]
    return "\n\n".join(sections) + "\n"


def _curve(progress: Progress) -> str:
    lines = ["| step | rows | structure | angles | residuals |", "|---|---|---|---|---|"]
    stride = max(1, len(progress.log) // 12)
    shown = [*progress.log[::stride], *progress.log[-1:]]
    for entry in {e["step"]: e for e in shown}.values():
        lines.append(
            f"| {entry['step']:.0f} | {entry['rows']:,.0f} | {entry['structure']:.3f} | "
            f"{entry['angles']:.3f} | {entry['residuals']:.3f} |"
        )
    return "Learning curve on the validation split, bits per gate:\n\n" + "\n".join(lines)


def _losses(losses: tuple[Losses, ...]) -> str:
    lines = ["| split | conditions | structure | angles | residuals |", "|---|---|---|---|---|"]
    for loss in losses:
        for name, bits in (("given", loss.conditioned), ("open", loss.unconditioned)):
            lines.append(
                f"| {loss.split} | {name} | {bits.structure:.3f} | {bits.angles:.3f} | "
                f"{bits.residuals:.3f} |"
            )
    return "\n".join(lines)


def _sources(manifest: Manifest) -> str:
    lines = ["| source | licence | origin | copyright |", "|---|---|---|---|"]
    lines += [
        f"| {entry.name} | {entry.license} | {entry.origin} | {entry.copyright} |"
        for entry in manifest.sources
        if entry.released
    ]
    return "\n".join(lines)

"""All checks of one set of circuits in one go, with the real circuits as yardstick."""

from collections.abc import Sequence
from dataclasses import dataclass

from qtools.console import Ticker
from qtools.generate.verify.behaviour import DeviceReport, behaviour_checks, verify_behaviour
from qtools.generate.verify.checks import Answers, Check
from qtools.generate.verify.circuits import Program, parsed
from qtools.generate.verify.classifier import TwoSampleReport, classifier_matrix, two_sample_test
from qtools.generate.verify.execution import ExecutionReport, execution_checks, verify_execution
from qtools.generate.verify.ketgpt import KetgptClassifier
from qtools.generate.verify.novelty import NoveltyReport, verify_novelty
from qtools.generate.verify.reference import Reference
from qtools.generate.verify.sequence import sequence_two_sample_test
from qtools.generate.verify.statements import LENGTH
from qtools.generate.verify.statistics import Rate, spread
from qtools.generate.verify.structure import StructureReport, compare_structure, feature_matrix

#: Fewer circuits than this cannot be told from real ones by five folds.
_MIN_TWO_SAMPLE = 20


@dataclass(frozen=True, kw_only=True)
class Depth:
    """How much is done of what takes long; None for all.

    Attributes:
        simulate: circuits to transpile and simulate.
        compile: circuits to transpile to devices.
        sequence: circuits per side of the two-sample test by a sequence model.
        statements: of each of them that the model sees.
        epochs: of that model in each fold.
        ketgpt: real circuits that the KetGPT paper's classifier is trained on.
    """

    simulate: int | None = None
    compile: int | None = 100
    sequence: int | None = 500
    statements: int = LENGTH
    epochs: int = 20
    ketgpt: int = 3000


#: For some twenty circuits half a minute alone, a minute and a half with random baselines.
QUICK = Depth(simulate=20, compile=4, sequence=60, statements=64, epochs=6, ketgpt=200)


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What is known about one set of circuits.

    Attributes:
        name: of the set.
        programs: how many texts it has.
        circuits: how many of them are circuits; the other checks are about those.
        execution: what became of the texts.
        features: (circuits, features) structural features, in the order of FEATURE_NAMES.
        structure, novelty: against the reference; None if no text is a circuit.
        two_sample, sequence: tests by boosting and by a sequence model; None for sets too small.
        ketgpt: circuits that the KetGPT paper's classifier calls real; None without one.
        behaviour: on devices.
    """

    name: str
    programs: int
    circuits: int
    execution: ExecutionReport
    features: tuple[tuple[float, ...], ...]
    structure: StructureReport | None
    novelty: NoveltyReport | None
    two_sample: TwoSampleReport | None
    sequence: TwoSampleReport | None
    ketgpt: Rate | None
    behaviour: tuple[DeviceReport, ...]


def verify(
    name: str,
    programs: Sequence[Program],
    reference: Reference,
    *,
    depth: Depth | None = None,
    ketgpt: KetgptClassifier | None = None,
    with_floor: bool = True,
    seed: int = 0,
    tick: Ticker | None = None,
    answers: Answers | None = None,
) -> Verification:
    """Run all checks on a set.

    Args:
        name: of the set.
        programs: the set.
        reference: real circuits.
        depth: how much to do.
        ketgpt: the KetGPT paper's classifier, trained.
        with_floor: also test real against real circuits.
        seed: of folds and bootstraps.
        tick: told what is being done.
        answers: to :func:`checks_of` the set; found here, one after the other, when None.
    """
    say = tick or (lambda text, fraction=None: None)
    depth = depth or Depth()
    say(f"{name}: execution", 0.0)
    execution = verify_execution(programs, simulate=depth.simulate, answers=answers)
    found = parsed(programs)
    normal = [circuit.normal for circuit in found]
    say(f"{name}: structure", 0.3)
    features = feature_matrix(normal)
    say(f"{name}: novelty", 0.4)
    fixed = [circuit.program.family in reference.fixed for circuit in found]
    novelty = verify_novelty(normal, reference.index, fixed=fixed, seed=seed) if found else None
    two_sample = sequence = None
    if min(len(normal), len(reference.held_out)) >= _MIN_TWO_SAMPLE:
        say(f"{name}: two-sample test", 0.5)
        two_sample = two_sample_test(
            classifier_matrix(normal),
            reference.classifier_features,
            groups=reference.held_out.groups,
            with_floor=with_floor,
            seed=seed,
        )
        say(f"{name}: sequence model", 0.6)
        real = reference.held_out.some(depth.sequence or len(reference.held_out))
        sequence = sequence_two_sample_test(
            [normal[place] for place in spread(len(normal), depth.sequence)],
            real.circuits,
            groups=real.groups,
            statements=depth.statements,
            epochs=depth.epochs,
            with_floor=with_floor,
            seed=seed,
        )
    say(f"{name}: behaviour", 0.8)
    return Verification(
        name=name,
        programs=len(programs),
        circuits=len(found),
        execution=execution,
        features=tuple(tuple(row) for row in features.tolist()),
        structure=compare_structure(features, reference.features, seed=seed) if found else None,
        novelty=novelty,
        two_sample=two_sample,
        sequence=sequence,
        ketgpt=ketgpt.called_real(normal) if ketgpt and found else None,
        behaviour=verify_behaviour(found, most=depth.compile, seed=seed, answers=answers),
    )


def checks_of(programs: Sequence[Program], depth: Depth) -> list[Check]:
    """What is checked circuit by circuit of a set."""
    of_texts = execution_checks(programs, depth.simulate)
    return [*of_texts, *behaviour_checks(parsed(programs), depth.compile)]

import json

import numpy as np
import pytest
from typer.testing import CliRunner
from writing_support import line_circuits, small_corpus

from qtools.circuits.features import FEATURE_NAMES
from qtools.cli import app, run
from qtools.errors import UsageError
from qtools.generate.baselines.random_circuits import matched_random
from qtools.generate.verify.circuits import Program, as_circuit
from qtools.generate.verify.ketgpt import KetgptClassifier
from qtools.generate.verify.reference import Reference, fixed_families
from qtools.generate.verify.run import real_set
from qtools.generate.verify.table import as_json, cells, comparison, side_by_side
from qtools.generate.verify.verification import Depth, verify

COUNTS = {"train": 30, "validation": 24, "test": 24}
FAST = Depth(simulate=2, compile=2, sequence=20, epochs=2)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return small_corpus(tmp_path_factory.mktemp("corpus"), COUNTS)


@pytest.fixture(scope="module")
def reference(corpus):
    return Reference.read(corpus.path)


def test_reference_reads_splits_and_takes_some(reference):
    assert (len(reference.training), len(reference.held_out)) == (30, 24)
    some = reference.held_out.some(5)
    assert len(some) == 5
    assert some == reference.held_out.some(5)
    assert set(some.names) < set(reference.held_out.names)
    assert len(real_set(reference)["real"]) == 24


def test_fixed_families_have_one_circuit_per_size_on_the_algorithmic_level():
    def row(family, fingerprint, *, level="alg", num_qubits=5, **parameters):
        parameters = json.dumps({"num_qubits": num_qubits, **parameters})
        return {
            "family": family,
            "fingerprint": fingerprint,
            "level": level,
            "gate_set": "universal",
            "num_qubits": num_qubits,
            "parameters": parameters,
        }

    rows = [
        row("ghz", "a"),
        row("ghz", "b", num_qubits=6),
        row("ghz", "c", level="mapped"),  # by two seeds of a transpiler
        row("ghz", "d", level="mapped"),
        row("qnn", "e"),  # random angles, which are no parameters
        row("qnn", "f"),
        row("bv", "g", hidden_string="101"),
        row("copied", "h", level="file"),
        row("copied", "i", level="file"),
        row("alone", "j", level="file"),
    ]
    assert fixed_families(rows) == {"ghz", "alone"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pytket and Aer on import
def test_every_check_of_a_set_with_texts_that_are_no_circuits(reference):
    rng = np.random.default_rng(0)
    programs = [
        as_circuit(matched_random(c, rng), str(i)).program
        for i, c in enumerate(line_circuits(22, seed=9))
    ]
    programs += [Program(name="bad", text="OPENQASM 2.0;\ncx q[0],q[1];\n")]
    ketgpt = KetgptClassifier.trained(
        reference.training.circuits, reference.held_out.circuits, epochs=1
    )
    made = verify("shuffled", programs, reference, depth=FAST, ketgpt=ketgpt, with_floor=False)
    assert (made.programs, made.circuits) == (23, 22)
    first, second = list(made.execution.rates.values())[:2]
    assert (first.count, first.total) == (22, 23)
    assert (second.count, second.total) == (22, 22)
    assert np.array(made.features).shape == (22, len(FEATURE_NAMES))
    assert made.two_sample.floor is None
    assert made.two_sample.roc[0] == (0, 0)
    assert made.two_sample.roc[-1] == (1, 1)
    assert sum(map(sum, made.two_sample.confusion)) == 44
    assert {(d.device, d.level) for d in made.behaviour} == {
        (device, level) for device in ("heavy-hex", "grid") for level in (1, 3)
    }
    record = json.loads(json.dumps(as_json(made), allow_nan=False))
    assert record["novelty"]["shared_ngrams"].keys() == {"4", "8", "16", "32", "64"}
    columns, rows = comparison([made])
    assert columns == ["figure", "shuffled (23)"]
    assert dict(rows)["two-sample AUC, boosting"] != "-"
    # Columns kept from other runs stand beside it, whatever figures they have.
    beside = side_by_side({"a": {"unique": "1"}, "b": cells(made)})
    assert beside[1][0] == ["unique", "1", dict(rows)["unique"]]


def test_a_set_without_circuits_is_told_so(reference):
    made = verify("empty", [Program(name="x", text="nothing")], reference, depth=FAST)
    assert made.circuits == 0
    assert made.structure is None
    assert made.novelty is None
    assert dict(comparison([made])[1])["unique"] == "-"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pytket and Aer on import
def test_verify_command_writes_record_and_table(corpus, tmp_path):
    for i, circuit in enumerate(line_circuits(3, seed=5)):
        program = as_circuit(circuit, str(i)).program
        (tmp_path / f"{i}.qasm").write_text(program.text)
    out = tmp_path / "out"
    arguments = ["generate", "verify", str(tmp_path), "--against", str(corpus.path)]
    arguments += ["--out", str(out), "--quick", "--baselines", "none", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert [one["name"] for one in record["sets"]] == ["generated"]
    assert len(record["held_out"]["features"]) == 24
    assert record == json.loads((out / "verification.json").read_text())
    assert "24 held-out and 30 training circuits" in (out / "verification.md").read_text()
    assert run([*arguments, "--baselines", "al"]) == UsageError.exit_code

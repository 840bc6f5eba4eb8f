import json
from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from typer.testing import CliRunner

from qtools.cli import app, run
from qtools.errors import BadInputError, OutputExistsError, UsageError
from qtools.generate.grammar.limits import Measure
from qtools.generate.grammar.options import make_request, parse_span
from qtools.generate.grammar.request import Request
from qtools.generate.language.conditions import OPEN, Conditions, size_bin
from qtools.generate.model.network import CircuitModel
from qtools.generate.model.pretrained import CONDITIONS, CONFIG, WEIGHTS
from qtools.generate.sampling.generator import CircuitGenerator
from qtools.generate.sampling.write import writer
from qtools.generate.verify.circuits import parse, read_programs
from tests.report.html_checks import checked


def test_model_survives_saving(directory, tmp_path):
    generator = CircuitGenerator.from_pretrained(directory)
    generator.save_pretrained(tmp_path / "again")
    again = CircuitGenerator.from_pretrained(tmp_path / "again")
    assert again.model_id == generator.model_id
    span = {"gates": (5, 15), "seed": 3}
    assert generator.sample(4, **span) == again.sample(4, **span)


def test_directory_opens_with_transformers_own_loader(directory):
    model = CircuitModel.from_pretrained(str(directory))
    assert model.config.width == 32


def test_circuits_like_others_have_their_conditions(directory):
    generator = CircuitGenerator.from_pretrained(directory)
    wanted = [
        Conditions(family="ghz", num_qubits=7, length=4),
        Conditions(family="ghz", num_qubits=9, length=5, depth=2),
    ]
    made = list(generator.like(wanted).samples(12, seed=5))
    # No circuit of the training data has nine qubits, so the model is not told that number.
    told = {wanted[0], replace(wanted[1], num_qubits=None)}
    assert {sample.conditions for sample in made} == told
    assert {sample.circuit.num_qubits for sample in made} == {7, 9}
    with pytest.raises(BadInputError, match="got none"):
        generator.like([])
    with pytest.raises(BadInputError, match="number of qubits"):
        generator.like([Conditions(family="ghz")])
    with pytest.raises(BadInputError, match="trained on"):
        generator.like([Conditions(family="no such family")])


def test_groups_are_large_where_circuits_are_many_and_short(directory):
    generator = CircuitGenerator.from_pretrained(directory)
    orders = generator.pretrained.table.orders(Request(), range(600), seed=1)

    def sizes(count, *lengths):
        some = [
            replace(order, conditions=(1, 1, 1, 5, length, 1))
            for order, length in zip(orders[:count], lengths * count, strict=False)
        ]
        groups = generator.groups(some)
        assert sorted(o.index for group in groups for o in group) == list(range(count))
        return [len(group) for group in groups]

    short, long = size_bin(200) + 1, size_bin(900) + 1
    assert sizes(600, short) == [256, 256, 88]
    assert sizes(600, long) == sizes(600, OPEN) == [128, 128, 128, 128, 88]
    # Longer ones come first, so only the last groups are of short circuits alone.
    assert sizes(600, long, short) == [128, 128, 128, 216]
    assert sizes(300, short) == [128, 128, 44]
    assert sizes(100, short) == [64, 36]


def test_conditions_are_obeyed(directory):
    made = CircuitGenerator.from_pretrained(directory).sample(
        12, num_qubits=(12, 20), gate_set="ibm", gates=(10, 20), measure=Measure.ALL, seed=1
    )
    for circuit in made:
        assert isinstance(circuit, QuantumCircuit)
        counts = circuit.count_ops()
        assert 12 <= circuit.num_qubits <= 20
        assert set(counts) - {"measure", "barrier", "reset"} <= {"sx", "rz", "cz"}
        gates = sum(counts.get(name, 0) for name in ("sx", "rz", "cz"))
        assert 10 <= gates <= 20
        assert counts["measure"] == circuit.num_qubits


def test_workers_do_not_change_the_circuits(directory):
    generator = CircuitGenerator.from_pretrained(directory)
    request = Request(gates=(5, 10))
    one, two = (
        {s.index: s.circuit for s in generator.samples(100, request, seed=2, workers=w)}
        for w in (1, 2)
    )
    assert one == two
    assert sorted(one) == list(range(100))


def test_open_conditions_come_from_training_circuits_that_agree(directory):
    table = CircuitGenerator.from_pretrained(directory).pretrained.table
    known = {tuple(ids) for ids in table.ids.tolist()}
    for order in table.orders(Request(family="ghz"), range(20), seed=0):
        assert order.conditions in known
        assert table.conditions(order).family == "ghz"
    for order in table.orders(Request(num_qubits=(90, 91)), range(20), seed=0):
        assert order.limits.num_qubits in (90, 91)
        assert order.conditions[3:] == (0, 0, 0)


def test_a_width_never_trained_on_is_left_to_the_register(directory):
    table = CircuitGenerator.from_pretrained(directory).pretrained.table
    told = table.ids[table.ids[:, 3] != 5]
    without = replace(
        table, ids=told, counts=np.ones(len(told), dtype=np.int64), widths=frozenset(told[:, 3])
    )
    assert 5 in table.widths
    for order in without.orders(Request(family="line", num_qubits=(5, 5)), range(8), seed=0):
        assert order.limits.num_qubits == 5
        # Length and depth are those of circuits of the nearest width.
        assert order.conditions[3:] == (0, 9, 7)
    far = without.orders(Request(family="line", num_qubits=(100, 100)), range(8), seed=0)
    assert {order.conditions[3:] for order in far} == {(0, 0, 0)}


def test_impossible_and_unknown_conditions_are_refused(directory):
    table = CircuitGenerator.from_pretrained(directory).pretrained.table
    with pytest.raises(BadInputError, match="'ccx' is not in the gate set ibm"):
        table.orders(Request(gate_set="ibm", only_gates=("ccx",)), [0], seed=0)
    with pytest.raises(BadInputError, match="did you mean 'line'"):
        table.orders(Request(family="lime"), [0], seed=0)
    with pytest.raises(BadInputError, match="measuring all 64"):
        table.orders(Request(num_qubits=(64, 64), gates=(5, 5), measure=Measure.ALL), [0], seed=0)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (WEIGHTS, None, "missing"),
        (WEIGHTS, b"short", "damaged"),
        (CONFIG, b"{", "damaged"),
        (CONFIG, b'{"model_type": "gpt2"}', "not that of a qtools-circuits"),
        (CONDITIONS, b'{"names": 3}', "damaged"),
        (CONDITIONS, None, "missing"),
    ],
)
def test_damaged_or_foreign_model_directories_are_refused(
    directory, tmp_path, name, content, reason
):
    for file in directory.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=reason):
        CircuitGenerator.from_pretrained(tmp_path)


def test_truncated_weights_and_giant_sizes_are_refused(directory, tmp_path):
    for file in directory.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = (directory / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(weights[: len(weights) // 2])
    with pytest.raises(BadInputError, match="damaged"):
        CircuitGenerator.from_pretrained(tmp_path)
    record = json.loads((directory / CONFIG).read_text())
    for wrong in ({"width": 10**9}, {"register_sizes": [3, 129]}, {"register_sizes": "all"}):
        (tmp_path / CONFIG).write_text(json.dumps(record | wrong))
        with pytest.raises(BadInputError, match="sizes"):
            CircuitGenerator.from_pretrained(tmp_path)


def test_unknown_model_names_the_bundled_ones():
    with pytest.raises(BadInputError, match="bundled models"):
        CircuitGenerator.from_pretrained("no-such-model")


@pytest.mark.parametrize("kind", ["qasm2", "qasm3", "parquet"])
def test_sample_command_writes_what_can_be_read_again(directory, tmp_path, kind):
    out = tmp_path / "out"
    arguments = ["generate", "sample", "--model", str(directory), "-n", "5", "--seed", "4"]
    arguments += ["--gates", "5:9", "--format", kind, "--out", str(out), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["circuits"] == 5
    found = [parse(program) for program in read_programs(out)]
    assert len(found) == 5
    assert sum(sum(1 for _ in c.normal.gates()) for c in found) == record["gates"]
    assert {c.program.version for c in found} == {3 if kind == "qasm3" else 2}
    assert all("// asked" in c.program.text for c in found)
    report = checked(out / "report.html")
    assert "5 circuits from a model" in report
    assert report.count('role="img"') >= 7


def test_suite_of_parquet_files_tells_where_its_circuits_come_from(directory, tmp_path):
    start = ["generate", "sample", "--model", str(directory), "-n", "6", "--gates", "5:9"]
    assert run([*start, "--format", "parquet", "--quiet", "--out", str(tmp_path / "made")]) == 0
    suite = ["generate", "suite", str(tmp_path / "made"), "-n", "3", "--out", str(tmp_path / "few")]
    assert run(suite) == 0
    files = list((tmp_path / "few").glob("*.qasm"))
    assert len(files) == 3
    model = CircuitGenerator.from_pretrained(directory).model_id
    for file in files:
        head, _, _ = file.read_text().partition("OPENQASM")
        assert f"// model {model}\n" in head
        assert "// license Apache-2.0\n" in head
        assert QuantumCircuit.from_qasm_file(str(file)).num_qubits


def test_sample_command_refuses_with_exit_codes(directory, tmp_path):
    (tmp_path / "file").write_text("")
    start = ["generate", "sample", "--model", str(directory), "--out"]
    assert run([*start, str(tmp_path)]) == OutputExistsError.exit_code
    assert run([*start, str(tmp_path / "a"), "--qubits", "x"]) == UsageError.exit_code
    assert run([*start, str(tmp_path / "a"), "--measure", "some"]) == UsageError.exit_code
    assert run([*start, str(tmp_path / "a"), "--family", "ghx"]) == BadInputError.exit_code


def test_spans():
    assert parse_span("--qubits", "12:20") == (12, 20)
    assert parse_span("--qubits", "7") == (7, 7)
    assert parse_span("--qubits", "") is None
    with pytest.raises(BadInputError, match="range"):
        make_request(qubits="9:3")


def test_writer_refuses_unknown_forms(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'qasm"):
        writer("qasm", tmp_path / "x")


def test_shards_and_executors_give_the_same_files(directory, tmp_path, capsys):
    from qtools.cli import run

    command = ["generate", "sample", "--model", str(directory), "-n", "70", "--gates", "2:12"]
    quiet = ["--quiet", "--out"]
    assert run([*command, *quiet, str(tmp_path / "one")]) == 0
    assert run([*command, "--executor", "processes:2", *quiet, str(tmp_path / "two")]) == 0
    for shard in ("1/2", "2/2"):
        assert run([*command, "--shard", shard, *quiet, str(tmp_path / "three")]) == 0
    assert run(["merge", str(tmp_path / "three")]) == 0
    found = [
        {path.name: path.read_bytes() for path in (tmp_path / name).glob("*.qasm")}
        for name in ("one", "two", "three")
    ]
    assert len(found[0]) == 70
    assert found[0] == found[1] == found[2]
    assert not (tmp_path / "one" / ".tasks").exists()


@pytest.mark.parametrize("kind", ["qasm2", "parquet"])
def test_a_sampling_that_is_there_is_found_done_and_another_one_refused(
    directory, tmp_path, capsys, kind
):
    command = ["generate", "sample", "--model", str(directory), "-n", "3", "--gates", "2:6"]
    command += ["--format", kind, "--out", str(tmp_path)]
    assert run([*command, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert run([*command, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    unknown = {"seconds": None, "circuits_per_second": None}
    assert again == first | unknown
    assert run(command) == 0
    assert "holds this sampling already" in capsys.readouterr().err
    assert run([*command, "--seed", "9"]) == OutputExistsError.exit_code
    other = "qasm3" if kind == "qasm2" else "qasm2"
    assert run([*command, "--format", other]) == OutputExistsError.exit_code
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before

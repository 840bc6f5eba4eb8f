"""Building, resuming, appending, reading and checking corpora."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from qiskit import qasm2 as qiskit_qasm2

from qtools.circuits import qasm2
from qtools.cli import run
from qtools.datasets import verify
from qtools.datasets.build import build
from qtools.datasets.corpus import Corpus
from qtools.datasets.manifest import Manifest
from qtools.datasets.recipe import load_recipe
from qtools.datasets.schema import SCHEMA
from qtools.datasets.sources import SOURCE_NAMES, source
from qtools.datasets.verify import verify_corpus
from qtools.errors import BadInputError, OutputExistsError
from qtools.runs.executors import Executor, Processes, Serial
from tests.report.html_checks import checked

RECIPE = """
name = "tiny"
seed = 5
max_qubits = 8
max_gates = 120

[splits]
validation = 0.1
test = 0.2
held_out_sizes = [5]
held_out_families = ["wstate"]

[[sources]]
name = "mqt_bench"
instances = 4
variants = 2
fixed_variants = 2
families = ["ghz", "wstate", "vqe_su2", "qaoa", "bv", "qft"]

[[sources]]
name = "trotter"
instances = 4
variants = 1
families = ["trotter_ising"]

[[sources]]
name = "compiled"
instances = 1
"""


def quiet(text: str, fraction: float | None = None) -> None:
    pass


def make(recipe: Path, out: Path, executor: Executor) -> Manifest:
    return build(load_recipe(str(recipe)), out, executor=executor, tick=quiet)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def corpus(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    out = tmp_path_factory.mktemp("corpus") / "tiny"
    make(recipe, out, Processes(count=2))
    return Corpus.open(out)


def test_every_row_is_what_its_columns_say(corpus: Corpus) -> None:
    rows = list(corpus.rows())
    assert len(rows) == sum(corpus.manifest.circuits().values()) > 30
    for row in rows:
        assert qiskit_qasm2.loads(row["qasm"], strict=True).num_qubits == row["num_qubits"]
        circuit = qasm2.loads(row["qasm"])
        assert json.loads(row["gate_counts"]) == circuit.gate_histogram()
        assert 2 <= row["num_qubits"] <= 8
        assert 1 <= row["num_gates"] <= 120
        assert row["split"] == "held_out_families" or row["family"] != "wstate"
    for shard in corpus.manifest.shards():
        assert pq.read_schema(corpus.path / shard.path).equals(SCHEMA)


def test_candidates_are_all_accounted_for(corpus: Corpus) -> None:
    for entry in corpus.manifest.sources:
        kept = sum(entry.circuits.values())
        assert entry.candidates == kept + sum(entry.rejected.values())
        listed = (corpus.path / entry.quarantine).read_text() if entry.quarantine else ""
        assert len(listed.splitlines()) == sum(entry.rejected.values())


def test_a_full_check_finds_nothing(corpus: Corpus) -> None:
    found = verify_corpus(corpus, full=True, tick=quiet)
    assert found == verify_corpus(corpus, full=True, tick=quiet, executor=Processes(count=2))
    assert found.problems == ()
    assert found.leaks.straddling == 0
    assert found.circuits == sum(corpus.manifest.circuits().values())


def test_a_full_check_that_was_stopped_goes_on(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = verify_corpus(corpus, full=True, tick=quiet, records=tmp_path / "checked")
    path = tmp_path / "checked" / "records.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == len(corpus.manifest.shards(released=False)) > 2
    path.write_bytes(b"".join(lines[:2]) + lines[2][:10])
    checked: list[str] = []
    plain = verify.row_problems

    def noted(row: tuple[str, str, str]) -> list[str]:
        checked.append(row[0])
        return plain(row)

    monkeypatch.setattr(verify, "row_problems", noted)
    assert verify_corpus(corpus, full=True, tick=quiet, records=tmp_path / "checked") == whole
    assert 0 < len(checked) < whole.circuits
    checked.clear()
    assert verify_corpus(corpus, full=True, tick=quiet, records=tmp_path / "checked") == whole
    assert not checked


def test_bytes_do_not_depend_on_the_executor(recipe: Path, corpus: Corpus, tmp_path: Path) -> None:
    make(recipe, tmp_path / "serial", Serial())
    assert contents(tmp_path / "serial") == contents(corpus.path)


def test_building_again_changes_nothing(recipe: Path, corpus: Corpus) -> None:
    before = {path: path.stat().st_mtime_ns for path in corpus.path.rglob("*")}
    make(recipe, corpus.path, Processes(count=2))
    assert {path: path.stat().st_mtime_ns for path in corpus.path.rglob("*")} == before


def test_a_killed_build_resumes_to_the_same_bytes(
    recipe: Path, corpus: Corpus, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "qtools", "datasets", "build", "--recipe", str(recipe)]
    command += ["--out", str(out), "--executor", "processes:1"]
    child = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    results = out / ".tasks" / "records.jsonl"
    for _ in range(600):
        if results.exists() and len(results.read_bytes().splitlines()) >= 3:
            break
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert results.exists()
    assert not (out / "manifest.json").exists()
    finished = results.read_bytes()
    assert finished
    make(recipe, out, Processes(count=2))
    assert contents(out) == contents(corpus.path)


def test_other_output_is_refused(recipe: Path, corpus: Corpus, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(RECIPE.replace("seed = 5", "seed = 6"), encoding="utf-8")
    with pytest.raises(OutputExistsError, match="another recipe"):
        make(other, corpus.path, Serial())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    with pytest.raises(OutputExistsError, match="other files"):
        make(recipe, tmp_path / "full", Serial())


def test_bad_recipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="did you mean 'small'"):
        load_recipe("smal")
    bad = tmp_path / "bad.toml"
    bad.write_text(RECIPE.replace('"wstate", "vqe', '"wstat", "vqe'), encoding="utf-8")
    with pytest.raises(BadInputError, match="did you mean 'wstate'"):
        make(bad, tmp_path / "out", Serial())
    bad.write_text("name = 1", encoding="utf-8")
    with pytest.raises(BadInputError):
        load_recipe(str(bad))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    head = 'OPENQASM 2.0; include "qelib1.inc"; '
    (folder / "bell_n2.qasm").write_text(head + "qreg q[2]; h q[0]; cx q[0],q[1];")
    (folder / "bell_n2_transpiled.qasm").write_text(head + "qreg q[2]; sx q[0]; cz q[0],q[1];")
    (folder / "sub" / "twin.qasm").write_text(head + "qreg q[2]; h q[1]; cx q[1],q[0];")
    (folder / "empty.qasm").write_text("")
    (folder / "huge.qasm").write_text(head + "qreg q[1000000000]; h q;")
    (folder / "overflow.qasm").write_text(head + "qreg q[2]; h q[99999999999999999999999];")
    levels = "".join(f"gate g{i + 1} a {{ g{i} a; g{i} a; }} " for i in range(60))
    (folder / "bomb.qasm").write_text(
        head + "gate g0 a { h a; } " + levels + "qreg q[1]; g60 q[0];"
    )
    (folder / "LICENSE").write_text("do as you like")
    return folder


def test_import_appends_without_rewriting(
    recipe: Path, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "corpus"
    make(recipe, out, Processes(count=2))
    before = contents(out / "data")
    command = ["datasets", "import", str(files), "--source", "mine", "--out", str(out)]
    assert run(command) == 4
    assert "--license" in capsys.readouterr().err
    assert run([*command, "--license", "MIT", "--seconds", "20"]) == 0
    after = contents(out / "data")
    assert {name: after[name] for name in before} == before
    entry = Corpus.open(out).manifest.sources[-1]
    assert entry.candidates == 7
    assert sum(entry.circuits.values()) + sum(entry.rejected.values()) == 7
    listed = [json.loads(line) for line in (out / entry.quarantine).read_text().splitlines()]
    reasons = {item["candidate"]: item["reason"] for item in listed}
    assert reasons["empty.qasm"] == "empty"
    assert reasons["sub/twin.qasm"] == "duplicate"
    assert reasons["bomb.qasm"] == "too-many-operations", listed
    assert reasons["overflow.qasm"] == "number-too-large"
    assert reasons["huge.qasm"] == "qubits-out-of-bounds"
    documented = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
    assert [reason for reason in reasons.values() if reason not in documented] == []
    assert entry.notices == ("LICENSES/mine-LICENSE",)
    whole = contents(out)
    assert run([*command, "--license", "MIT"]) == 0
    assert contents(out) == whole
    assert run([*command, "--license", "Apache-2.0"]) == 4
    assert verify_corpus(Corpus.open(out), full=True, tick=quiet).problems == ()


def test_circuits_of_unknown_licence_are_kept_but_not_released(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    command = ["datasets", "import", str(files / "bell_n2.qasm"), "--source", "mine"]
    assert run([*command, "--out", str(out), "--license", "unknown"]) == 0
    corpus = Corpus.open(out)
    assert sum(corpus.manifest.circuits().values()) == 0
    assert [row["source"] for row in corpus.rows(released=False)] == ["mine"]
    assert not list(out.glob("data/*"))
    assert run(["datasets", "export", str(out), "--out", str(tmp_path / "e")]) == 0
    assert not list((tmp_path / "e").rglob("*.qasm"))


@pytest.mark.parametrize("format_", ["qasm2", "qasm3", "parquet"])
def test_export(corpus: Corpus, tmp_path: Path, format_: str) -> None:
    out = tmp_path / "export"
    command = ["datasets", "export", str(corpus.path), "--out", str(out), "--format", format_]
    assert run([*command, "--limit", "10"]) == 0
    assert run(command) == 4
    if format_ == "parquet":
        assert pq.read_metadata(out / "corpus.parquet").num_rows == 10
        return
    written = list(out.rglob("*.qasm"))
    assert len(written) == 10
    assert "// source: " in written[0].read_text()
    if format_ == "qasm2":
        for path in written:
            qiskit_qasm2.load(path)


def test_damage_is_found(corpus: Corpus, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name, data in contents(corpus.path).items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    shard = copy / Corpus.open(copy).manifest.shards()[0].path
    shard.write_bytes(shard.read_bytes()[:-1])
    assert run(["datasets", "verify", str(copy)]) == 3
    (copy / "manifest.json").write_text("{")
    assert run(["datasets", "verify", str(copy)]) == 4
    assert run(["datasets", "stats", str(tmp_path)]) == 4


def test_commands_print_json(corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["datasets", "stats", str(corpus.path), "--json"]) == 0
    stats = json.loads(capsys.readouterr().out)
    assert stats["circuits"] == sum(corpus.manifest.circuits().values())
    assert run(["datasets", "verify", str(corpus.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []
    assert run(["datasets", "sources", "--json"]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert tuple(listed) == SOURCE_NAMES
    assert len(listed["mqt_bench"]["families"]) >= 36


def test_a_full_disk_leaves_nothing_half_written(recipe: Path, tmp_path: Path) -> None:
    # A limit on the size of files acts on writes as a full disk does.
    out = tmp_path / "corpus"
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
        "from qtools.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "datasets", "build", "--recipe", str(recipe)]
    command += ["--out", str(out), "--executor", "serial"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "cannot write" in done.stderr
    assert not list(out.glob("data/*"))
    lines = (out / ".tasks" / "records.jsonl").read_bytes()
    assert not lines or lines.endswith(b"\n")
    make(recipe, out, Processes(count=2))
    assert Corpus.open(out).manifest.circuits()["train"] > 0


def test_hugging_face_opens_the_folder(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(corpus.path), cache_dir=str(tmp_path))
    counts = corpus.manifest.circuits()
    assert {name: len(part) for name, part in loaded.items()} == {
        name: count for name, count in counts.items() if count
    }
    assert loaded["train"].column_names == SCHEMA.names
    streamed = datasets.load_dataset(str(corpus.path), split="test", streaming=True)
    assert qiskit_qasm2.loads(next(iter(streamed))["qasm"], strict=True).num_qubits >= 2


def test_every_source_names_its_licence() -> None:
    for name in SOURCE_NAMES:
        made = source(name)
        assert made.license in ("MIT", "Apache-2.0")
        assert made.origin
        assert made.copyright


def test_the_report_of_a_corpus_says_what_it_holds(corpus: Corpus) -> None:
    text = checked(corpus.path / "report.html")
    assert f"{sum(corpus.manifest.circuits().values()):,} circuits" in text
    for entry in corpus.manifest.sources:
        assert entry.name in text
        for reason in entry.rejected:
            assert reason in text

import json

import pytest
from typer.testing import CliRunner
from writing_support import small_corpus

from qtools.circuits import qasm2
from qtools.cli import app, run
from qtools.datasets.corpus import Corpus
from qtools.datasets.excerpt import write_excerpt
from qtools.datasets.verify import verify_corpus
from qtools.errors import BadInputError, OutputExistsError
from qtools.generate.model import pretrained
from qtools.generate.model.pretrained import CARD, REFERENCE, bundled_reference
from qtools.generate.sampling.generator import CircuitGenerator
from qtools.generate.training import bundle
from qtools.generate.training.bundle import bundle_model
from qtools.generate.verify.statistics import Rate
from qtools.generate.verify.unseen import Asked, verify_unseen

COUNTS = {"train": 12, "validation": 6, "test": 8}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return small_corpus(tmp_path_factory.mktemp("corpus"), COUNTS)


def test_an_excerpt_is_a_corpus_with_its_notices(corpus, tmp_path):
    manifest = write_excerpt(corpus, tmp_path / "some", {"train": 5, "test": 100})
    excerpt = Corpus.open(tmp_path / "some")
    assert manifest.circuits() == excerpt.manifest.circuits()
    assert (manifest.circuits()["train"], manifest.circuits()["test"]) == (5, 8)
    found = verify_corpus(excerpt, full=True, tick=lambda text, fraction=None: None)
    # The circuits of this corpus leak from split to split; nothing else may be wrong.
    assert ["more than one split" in problem for problem in found.problems] == [True]
    ids = {row["id"] for row in corpus.rows("train", columns=["id"])}
    assert {row["id"] for row in excerpt.rows("train", columns=["id"])} < ids
    again = write_excerpt(corpus, tmp_path / "again", {"train": 5, "test": 100})
    assert again.shards() == manifest.shards()
    with pytest.raises(OutputExistsError):
        write_excerpt(corpus, tmp_path / "some", {"train": 5})


def test_bundled_files_are_a_model_with_card_notices_and_real_circuits(
    directory, corpus, tmp_path, monkeypatch
):
    table = tmp_path / "table.md"
    table.write_text("# Title\n\n| what | measured |\n")
    out = tmp_path / "models" / "default"
    arguments = ["generate", "publish", str(directory), "--corpus", str(corpus.path)]
    arguments += ["--out", str(out), "--tables", str(table), "--json"]
    for _ in range(2):  # what is there is replaced
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    assert json.loads(result.stdout)["bytes"] == size
    assert (out / CARD).read_text() == "# card\n\n## Measured\n\n| what | measured |\n"
    assert "Nobody" in (out / "NOTICE.md").read_text()
    assert (out / "LICENSES" / "lines-LICENSE").read_text() == "Do as you like.\n"
    monkeypatch.setattr(pretrained, "BUNDLED", out.parent)
    generator = CircuitGenerator.from_pretrained()
    assert generator.model_id == CircuitGenerator.from_pretrained(directory).model_id
    assert generator.sample(2, gates=(3, 6)) == CircuitGenerator.from_pretrained(directory).sample(
        2, gates=(3, 6)
    )
    assert Corpus.open(bundled_reference()).manifest.circuits()["test"] == 8


def test_what_must_not_be_bundled_is_refused(directory, corpus, tmp_path, monkeypatch):
    closed = small_corpus(tmp_path / "closed", {"train": 2}, license_="AGPL-3.0-only")
    with pytest.raises(BadInputError, match=r"AGPL-3\.0-only for 'lines'"):
        bundle_model(directory, closed.path, tmp_path / "out")
    monkeypatch.setattr(bundle, "MAX_BYTES", 1000)
    with pytest.raises(BadInputError, match="at most 1000 bytes"):
        bundle_model(directory, corpus.path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_a_bundled_model_commands_say_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pretrained, "BUNDLED", tmp_path / "none")
    assert run(["generate", "sample", "--out", str(tmp_path / "a")]) == BadInputError.exit_code
    assert "bundled models (none)" in " ".join(capsys.readouterr().err.split())
    (tmp_path / "x.qasm").write_text("OPENQASM 2.0;\nqreg q[1];\n")
    arguments = ["generate", "verify", str(tmp_path), "--out", str(tmp_path / "v")]
    assert run(arguments) == BadInputError.exit_code
    assert "--against" in capsys.readouterr().err
    with pytest.raises(BadInputError, match="--against"):
        bundled_reference()
    assert REFERENCE == "reference"


def test_the_bundled_model_writes_widths_that_it_never_saw():
    generator = CircuitGenerator.from_pretrained("default")
    widths = (19, 41, 97)
    assert generator.pretrained.table.widths.isdisjoint(widths)
    asked = [
        Asked(family="ghz", gate_set="universal", level="alg", circuit=_ghz(width))
        for width in widths
    ]
    assert verify_unseen(generator, asked).exact == Rate(count=3, total=3)


def _ghz(width):
    chain = [f"cx q[{i + 1}],q[{i}];" for i in reversed(range(width - 1))]
    everything = ",".join(f"q[{i}]" for i in range(width))
    reads = [f"measure q[{i}] -> c[{i}];" for i in range(width)]
    body = [f"h q[{width - 1}];", *chain, f"barrier {everything};", *reads]
    return qasm2.loads("\n".join([qasm2.HEADER, f"qreg q[{width}];", f"creg c[{width}];", *body]))

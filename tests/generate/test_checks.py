"""What is checked circuit by circuit is a campaign like others: any executor, resumed, merged."""

import json
import os
import signal

import pytest
from writing_support import line_circuits, small_corpus

from qtools.cli import run
from qtools.errors import MissingDependencyError
from qtools.generate.verify.checks import Check, answers, campaign_of, in_workers
from qtools.generate.verify.circuits import Program, as_circuit
from qtools.generate.verify.execution import SIMULATED, verify_execution
from qtools.generate.verify.verification import Depth, checks_of
from qtools.runs.campaign import Failure, results, run_campaign
from qtools.runs.executors import Processes, Serial
from qtools.runs.store import Records

COUNTS = {"train": 24, "validation": 4, "test": 4}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pytket and Aer on import


def programs_of(count, seed):
    made = [as_circuit(c, str(i)).program for i, c in enumerate(line_circuits(count, seed=seed))]
    return [*made, Program(name="bad", text="OPENQASM 2.0;\ncx q[0],q[1];\n")]


def silent(text, fraction=None):
    pass


def length_or_death(program):
    """For a check: the length of the text, unless that asks for something else."""
    if program.text == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if program.text == "lack":
        raise MissingDependencyError.of("pytket", extra="verify")
    return len(program.text)


def lengths(*texts):
    return [
        Check(name="length", function=length_or_death, program=Program(name=text, text=text))
        for text in texts
    ]


def test_a_check_whose_process_dies_is_one_failure_also_serially(tmp_path):
    asked = lengths("a", "die", "abc", "a")
    campaign = campaign_of(asked, {})
    assert len(campaign.tasks) == 3
    run_campaign(campaign, tmp_path, executor=in_workers(Serial()), tick=silent)
    found = answers(results(campaign, tmp_path))
    assert [found.of(asked[i]) for i in (0, 2, 3)] == [1, 3, 1]
    assert isinstance(found.of(asked[1]), Failure)


def test_a_package_that_is_missing_is_told(tmp_path):
    campaign = campaign_of(lengths("a", "lack"), {})
    run_campaign(campaign, tmp_path, executor=Processes(count=1), tick=silent)
    with pytest.raises(MissingDependencyError, match="pytket is not installed"):
        answers(results(campaign, tmp_path))


def test_a_package_that_was_missing_is_asked_for_again(tmp_path, monkeypatch):
    corpus = small_corpus(tmp_path / "corpus", COUNTS)
    (tmp_path / "circuits").mkdir()
    (tmp_path / "circuits" / "a.qasm").write_text(programs_of(1, 8)[0].text)
    command = ["generate", "verify", str(tmp_path / "circuits"), "--against", str(corpus.path)]
    command += ["--quick", "--baselines", "none", "--quiet", "--out", str(tmp_path / "out")]
    lacking = Failure(reason="missing-dependency", message="pytket is not installed")
    with monkeypatch.context() as patched:
        patched.setattr("qtools.runs.campaign.Results.of", lambda self, task: lacking)
        assert run(command) == MissingDependencyError.exit_code
    assert not (tmp_path / "out" / ".tasks").exists()


def test_a_simulator_that_dies_fails_that_step_alone():
    class Dead:
        def of(self, check):
            if check.name == "simulate":
                return Failure(reason="memory-limit", message="signal 11")
            return {"passed": 4, "message": ""}

    good = programs_of(2, 5)[:2]
    report = verify_execution(good, answers=Dead())
    assert [rate.value for rate in report.rates.values()] == [1, 1, 1, 1, 0]
    assert {failure.step for failure in report.failures} == {SIMULATED}


def test_checks_that_were_made_are_not_made_again(tmp_path):
    asked = checks_of(programs_of(2, 6)[:2], Depth(simulate=1, compile=1))
    campaign = campaign_of(asked, {})
    run_campaign(campaign, tmp_path / "a", executor=Processes(count=2), tick=silent)
    records = tmp_path / "a" / "records.jsonl"
    whole = records.read_bytes()
    # Killed while it wrote its third record.
    lines = whole.splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:2]) + lines[2][:40])
    before = set(Records([records]))
    run_campaign(campaign, tmp_path / "a", executor=in_workers(Serial()), tick=silent)
    assert records.read_bytes().startswith(b"".join(lines[:2]))
    assert len(before) == 2
    run_campaign(campaign, tmp_path / "b", executor=in_workers(Serial()), tick=silent)
    one, other = (answers(results(campaign, tmp_path / name)) for name in "ab")
    assert [one.of(check) for check in asked] == [other.of(check) for check in asked]
    assert not any(isinstance(one.of(check), Failure) for check in asked)


def test_shards_and_executors_give_the_same_verification(tmp_path, monkeypatch, capsys):
    corpus = small_corpus(tmp_path / "corpus", COUNTS)
    (tmp_path / "circuits").mkdir()
    for program in programs_of(3, 7):
        (tmp_path / "circuits" / f"{program.name}.qasm").write_text(program.text)
    command = ["generate", "verify", str(tmp_path / "circuits"), "--against", str(corpus.path)]
    command += ["--quick", "--baselines", "none", "--quiet"]
    one, two, three = (str(tmp_path / name) for name in ("one", "two", "three"))
    assert run([*command, "--executor", "serial", "--out", one]) == 0
    assert run([*command, "--executor", "processes:2", "--out", two]) == 0
    assert run([*command, "--shard", "1/2", "--out", three]) == 0
    assert run(["merge", three]) == 75
    assert run([*command, "--shard", "2/2", "--out", three]) == 0
    assert run(["merge", three, "--json"]) == 0
    record = json.loads((tmp_path / "one" / "verification.json").read_text())
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == record
    names = ("verification.json", "verification.md", "report.html")
    files = [[(tmp_path / out / name).read_bytes() for name in names] for out in (one, two, three)]
    assert files[0] == files[1] == files[2]
    assert not any((tmp_path / out / ".tasks").exists() for out in (one, two, three))

"""Devices are shared out by the numbers of workers; here with names that all mean the processor."""

import time

import pytest

from qtools.cli import run
from qtools.errors import BadInputError, UsageError
from qtools.generate.sampling.devices import device_of_worker, kind_of, parse_devices
from qtools.runs.executors import Processes, run_all
from qtools.runs.place import VARIABLE

FAKE = ("cpu:0", "cpu:1")


def test_names_of_devices(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 3)
    assert parse_devices("cpu") == ("cpu",)
    assert parse_devices("cuda") == ("cuda:0", "cuda:1", "cuda:2")
    assert parse_devices("cuda:2,cuda:0") == ("cuda:2", "cuda:0")
    assert (kind_of("cuda:2,cuda:0"), kind_of("cuda"), kind_of("cpu")) == ("cuda", "cuda", "cpu")
    with pytest.raises(BadInputError, match="among the 3"):
        parse_devices("cuda:3")
    for wrong in ("gpu", "cuda:0,cpu", "cuda:-1", ""):
        with pytest.raises(UsageError, match="expected --devices"):
            parse_devices(wrong)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(BadInputError, match="found none"):
        parse_devices("cuda")


def device_after_a_while(devices):
    time.sleep(0.2)
    return device_of_worker(devices)


def test_workers_take_devices_by_their_numbers(monkeypatch):
    found = run_all(device_after_a_while, [FAKE] * 8, executor=Processes(count=2))
    assert {outcome.value for outcome in found} == set(FAKE)
    for place in range(5):
        monkeypatch.setenv(VARIABLE, str(place))
        assert device_of_worker(FAKE) == FAKE[place % 2]


def test_several_devices_give_the_same_circuits(directory, tmp_path, monkeypatch):
    command = ["generate", "sample", "--model", str(directory), "-n", "70", "--gates", "2:12"]
    command += ["--executor", "processes:2", "--quiet", "--out"]
    assert run([*command, str(tmp_path / "one")]) == 0
    monkeypatch.setattr("qtools.generate.sampling.campaign.parse_devices", lambda text: FAKE)
    assert run([*command, str(tmp_path / "two")]) == 0
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).glob("*.qasm")}
        for name in ("one", "two")
    )
    assert len(one) == 70
    assert one == two

import json

import pytest
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import CouplingMap

from qtools.compile.geometry.device import device_of, read_coupling_map
from qtools.compile.geometry.lattices import chain, heavy_hex, ladder, ring
from qtools.compile.geometry.placement import placed_on
from qtools.errors import BadInputError


@pytest.mark.parametrize(
    "text",
    [
        "[[0, 1], [1, 2]]",
        '{"coupling_map": [[0, 1], [1, 2], [2, 1]]}',
        "0 1\n# a comment\n1, 2  # another\n\n",
    ],
)
def test_files_with_the_same_edges(tmp_path, text):
    path = tmp_path / "map"
    path.write_text(text)
    device = read_coupling_map(path)
    assert (device.num_qubits, list(device.pairs), device.errors) == (3, [(0, 1), (1, 2)], None)


def test_errors_of_edges_are_read_and_the_better_direction_counts(tmp_path):
    path = tmp_path / "map.json"
    path.write_text(json.dumps([[0, 1, 0.02], [1, 0, 0.01], [1, 2, 0.03]]))
    assert read_coupling_map(path).pairs == {(0, 1): 0.01, (1, 2): 0.03}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[0, 1], [2, 3]]", "disconnected: no edges lead from qubit 0 to qubit 2"),
        ("[[0, 1], [1, 1]]", r"edge \[1, 1\]; expected two different qubits"),
        ("[[0, 1, 1.5]]", "an error between 0 and 1"),
        ("[[0, 1", "not complete JSON"),
        ('{"edges": []}', "no list of edges"),
        ("[]", "has no edges"),
        ("0 1\n1 -> 2\n", "line 2 .* is no edge"),
    ],
)
def test_what_is_no_connected_map_is_refused(tmp_path, text, message):
    path = tmp_path / "map"
    path.write_text(text)
    with pytest.raises(BadInputError, match=message):
        read_coupling_map(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInputError, match=r"none\.json"):
        read_coupling_map(tmp_path / "none.json")


def test_a_backend_and_its_target_are_the_same_device():
    backend = GenericBackendV2(5, basis_gates=["cz", "rz", "sx", "x"], seed=1)
    device, target = device_of(backend), device_of(backend.target)
    assert device.pairs == target.pairs
    assert device.basis == ("cz", "rz", "sx", "x")
    assert device.errors is not None
    with pytest.raises(BadInputError, match="got int"):
        device_of(7)


def edges_of(placement, couplings):
    return {tuple(sorted((placement.qubits[i], placement.qubits[j]))) for i, j in couplings}


@pytest.mark.parametrize("found", [chain(9), ring(12), heavy_hex(1, 2)], ids=lambda x: x.name)
def test_a_problem_goes_where_the_device_has_its_edges(found):
    device = device_of(CouplingMap([list(e) for e in heavy_hex(2, 3).edges]))
    placement = placed_on(device, found.num_sites, found.edges)
    assert placement.circuit_edges is None
    assert len(set(placement.qubits)) == found.num_sites
    assert edges_of(placement, found.edges) <= set(device.pairs)


def test_the_copy_with_the_smallest_errors_is_taken():
    rows = [[i, i + 1] for i in range(7)]
    device = device_of(CouplingMap(rows))
    errors = tuple(0.001 if 3 <= i < 6 else 0.05 for i in range(7))
    object.__setattr__(device, "errors", errors)
    assert sorted(placed_on(device, 4, chain(4).edges).qubits) == [3, 4, 5, 6]


def test_where_the_device_lacks_the_edges_blocks_go_on_its_own():
    device = device_of(CouplingMap([list(e) for e in ladder(5).edges]))
    placement = placed_on(device, 5, [(i, j) for i in range(5) for j in range(i)])
    assert placement.circuit_edges is not None
    assert edges_of(placement, placement.circuit_edges) <= set(device.pairs)
    touched = {site for edge in placement.circuit_edges for site in edge}
    assert touched == set(range(5))


def test_a_device_that_is_too_small_is_refused():
    device = device_of(CouplingMap([[0, 1], [1, 2], [3, 4]]))
    with pytest.raises(BadInputError, match=r"4 qubits, but the largest connected part .* has 3"):
        placed_on(device, 4, chain(4).edges)

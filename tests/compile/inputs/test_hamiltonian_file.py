import pytest

from qtools.compile.inputs.hamiltonian_file import parse_hamiltonian, read_hamiltonian
from qtools.compile.problem.hamiltonians import ChainHamiltonian
from qtools.errors import BadInputError

GOOD = '{"num_qubits": 4, "terms": [["XY", [1, 0], 0.25], ["Z", [2], 1]]}'


def test_a_file_is_read(tmp_path):
    path = tmp_path / "H.json"
    path.write_text(GOOD)
    expected = ChainHamiltonian.from_terms([("YX", [0, 1], 0.25), ("Z", [2], 1.0)], num_qubits=4)
    assert read_hamiltonian(path) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD[:-9], "not complete JSON"),
        ("[" * 100_000, "not complete JSON"),
        ("[]", "JSON object"),
        ('{"num_qubits": 4, "term": []}', "unknown key 'term'.*did you mean 'terms'"),
        ('{"num_qubits": 4}', "lacks the key 'terms'"),
        ('{"num_qubits": 4, "terms": 3}', "list of terms"),
        ('{"num_qubits": 4, "terms": [["X", 0, 1.0]]}', "term 0 is"),
        ('{"num_qubits": 4, "terms": [["X", [0], "1j"]]}', "coefficient '1j'"),
        ('{"num_qubits": 4, "terms": [["X", [0], [0.0, 1.0]]]}', "expected a real number"),
        ('{"num_qubits": 4, "terms": [["X", [0], true]]}', "expected a real number"),
        ('{"num_qubits": 4, "terms": [["X", [0], NaN]]}', "finite real number"),
        ('{"num_qubits": 4, "terms": [["X", [9], 1.0]]}', "names site 9"),
        ('{"num_qubits": 4, "terms": [["X", ["0"], 1.0]]}', "names the site '0'"),
        ('{"num_qubits": 4.0, "terms": []}', "whole number of sites"),
        ('{"num_qubits": 4, "terms": [["X", [0], 1' + "0" * 400 + "]]}", "expected a real number"),
    ],
)
def test_bad_text_is_refused(text, message):
    with pytest.raises(BadInputError, match=message):
        parse_hamiltonian(text)


def test_a_missing_or_binary_file_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="cannot read the Hamiltonian file"):
        read_hamiltonian(tmp_path / "none.json")
    (tmp_path / "H.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_hamiltonian(tmp_path / "H.json")

import contextlib
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtools import cli
from qtools.compile.inputs.hamlib import parse_openfermion, read_hamlib
from qtools.compile.problem.models import heisenberg
from qtools.errors import BadInputError

h5py = pytest.importorskip("h5py")

KEY = "graph-1D-grid-nonpbc-qubitnodes_Lx-4_h-2"


def openfermion(terms):
    return " +\n".join(
        f"({coefficient}+0j) [{' '.join(f'{c}{s}' for c, s in zip(label, sites, strict=True))}]"
        for label, sites, coefficient in terms
    )


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "chains.hdf5"
    with h5py.File(path, "w") as file:
        terms = [(t.label, t.sites, t.coefficient) for t in heisenberg(4, coupling=-0.25).terms]
        file[KEY] = openfermion([*terms, ("", [], 0.5)]).encode()
        file[f"group/{KEY}-long"] = openfermion([("XYZ", [0, 1, 2], 1.0)]).encode()
        file["numbers"] = np.ones(3)
    return path


def test_a_key_gives_its_hamiltonian_zipped_or_not(tmp_path, path):
    zipped = tmp_path / "chains.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "chains.hdf5")
    for file in (path, zipped):
        found = read_hamlib(file.parent / f"{file.name}::{KEY}")
        assert found.terms == heisenberg(4, coupling=-0.25).terms
        assert found.energy_shift == 0.5


def test_a_missing_key_lists_the_nearest(path):
    with pytest.raises(BadInputError, match="nearest keys are") as caught:
        read_hamlib(path.parent / f"{path.name}::graph-1D-grid-nonpbc-qubitnodes_Lx-5_h-2")
    assert KEY in str(caught.value)
    with pytest.raises(BadInputError, match="3 keys"):
        read_hamlib(path)


def test_what_is_no_text_is_refused(path):
    with pytest.raises(BadInputError, match="no text"):
        read_hamlib(path.parent / f"{path.name}::numbers")


def test_terms_on_three_sites_are_read(path):
    long = read_hamlib(path.parent / f"{path.name}::group/{KEY}-long")
    assert [len(term.sites) for term in long.strings] == [3]


def test_damaged_files_are_refused(tmp_path, path):
    (tmp_path / "half.hdf5").write_bytes(path.read_bytes()[:500])
    (tmp_path / "half.zip").write_bytes(b"PK\x03\x04")
    for name in ("half.hdf5", "half.zip", "none.h5"):
        with pytest.raises(BadInputError, match="cannot read"):
            read_hamlib(tmp_path / f"{name}::x")


TERMS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("XYZ"), st.integers(0, 30)), max_size=3),
        st.floats(-1e6, 1e6, allow_nan=False),
    ),
    max_size=6,
)


@given(TERMS)
def test_text_is_read_back(terms):
    triples = [("".join(c for c, _ in f), [s for _, s in f], x) for f, x in terms]
    assert parse_openfermion(openfermion(triples)) == [(a, b, complex(x)) for a, b, x in triples]


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(BadInputError):
        parse_openfermion(text)


def test_a_hamlib_chain_is_compiled(tmp_path, path):
    options = ("--time", "0.3", "--layers", "3", "--max-iterations", "5", "--quiet")
    named = f"{path}::{KEY}"
    out = str(tmp_path / "run")
    assert cli.run(["compile", "evolution", "--hamiltonian", named, *options, "--out", out]) == 0

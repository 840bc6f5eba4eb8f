import numpy as np
import pytest
import quimb.tensor as qtn

from qtools.compile.output.mps_formats import from_quimb, load_mps, save_mps, to_quimb
from qtools.errors import BadInputError
from tests.compile.dense import random_mps


@pytest.fixture
def mps():
    return random_mps(np.random.default_rng(0), 5, 3)


@pytest.mark.parametrize("num_sites", [2, 5])
def test_quimb_holds_the_same_state_with_site_0_most_significant(num_sites):
    mps = random_mps(np.random.default_rng(1), num_sites, 3)
    n = mps.num_sites
    dense = to_quimb(mps).to_dense().reshape((2,) * n).transpose().ravel()
    np.testing.assert_allclose(dense, mps.to_dense(), atol=1e-12)
    back = from_quimb(to_quimb(mps))
    for a, b in zip(back.tensors, mps.tensors, strict=True):
        np.testing.assert_array_equal(a, b)


def test_quimb_states_of_any_index_order_are_read():
    state = qtn.MPS_rand_state(6, 4, dtype=complex, seed=1)
    for tensor in state.tensors:
        tensor.transpose_(*reversed(tensor.inds))
    dense = state.to_dense().reshape((2,) * 6).transpose().ravel()
    np.testing.assert_allclose(from_quimb(state).to_dense(), dense, atol=1e-12)
    with pytest.raises(BadInputError, match="periodic"):
        from_quimb(qtn.MPS_rand_state(6, 4, cyclic=True, seed=1))


def test_a_saved_state_is_loaded_bit_for_bit(tmp_path, mps):
    save_mps(tmp_path / "target.npz", mps)
    for a, b in zip(load_mps(tmp_path / "target.npz").tensors, mps.tensors, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.99])
def test_a_state_file_cut_short_is_refused(tmp_path, mps, fraction):
    path = tmp_path / "target.npz"
    save_mps(path, mps)
    data = path.read_bytes()
    path.write_bytes(data[: int(fraction * len(data))])
    with pytest.raises(BadInputError, match="cut short"):
        load_mps(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format 1"),
        ({"num_sites": 4}, "should hold 4 tensors"),
        ({"extra": np.zeros(1)}, "should hold 5 tensors"),
        ({"tensor_1": np.zeros((2, 2, 4), dtype=complex)}, "site 2 has the left bond 3.*is 4"),
        ({"tensor_4": np.zeros((2, 2, 2), dtype=complex)}, "last bond is 2"),
        ({"tensor_0": np.zeros((1, 3, 3), dtype=complex)}, "shape"),
        ({"tensor_0": np.zeros((1, 2, 3))}, "dtype float64"),
        ({"tensor_0": np.full((1, 2, 3), np.nan, dtype=complex)}, "not finite"),
        ({"tensor_0": np.array([None, 1], dtype=object)}, "no npz file of arrays"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, mps, changes, message):
    path = tmp_path / "target.npz"
    tensors = {f"tensor_{i}": tensor for i, tensor in enumerate(mps.tensors)}
    np.savez(path, **{"format": 1, "num_sites": 5, **tensors, **changes})
    with pytest.raises(BadInputError, match=message):
        load_mps(path)


def test_what_is_no_npz_file_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="cannot read"):
        load_mps(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(BadInputError, match="no npz file"):
        load_mps(tmp_path / "text.npz")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(BadInputError):
        load_mps(tmp_path / "one.npy")

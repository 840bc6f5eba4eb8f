import numpy as np
import pytest
from scipy.linalg import expm

from qtools.compile.target.integrators import BLANES_MOAN, METHODS, STRANG
from tests.compile.dense import random_complex


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: f"order {m.order}")
class TestEveryMethod:
    def test_each_part_is_applied_for_the_whole_step(self, method):
        for parity in (0, 1):
            total = sum(fraction for p, fraction in method.layers(1) if p == parity)
            assert total == pytest.approx(1.0, abs=1e-14)

    def test_palindromic(self, method):
        assert method.fractions == pytest.approx(method.fractions[::-1])

    def test_neighbouring_steps_share_a_layer(self, method):
        stages = len(method.fractions)
        layers = method.layers(3)
        assert len(layers) == 3 * (stages - 1) + 1
        assert [parity for parity, _ in layers] == [k % 2 for k in range(len(layers))]
        assert sum(fraction for p, fraction in layers if p == 1) == pytest.approx(3.0)

    def test_converges_with_its_order(self, method):
        """Halving the step divides the error by 2 ** order (dense matrices)."""
        rng = np.random.default_rng(1)
        parts = [random_complex(rng, (6, 6)) for _ in range(2)]
        parts = [0.3 * (m + m.conj().T) for m in parts]
        exact = expm(-1j * sum(parts))

        def error(steps):
            product = np.eye(6)
            for parity, fraction in method.layers(steps):
                product = expm(-1j * parts[parity] * fraction / steps) @ product
            return np.linalg.norm(product - exact)

        slopes = [np.log2(error(n) / error(2 * n)) for n in (8, 16)]
        assert slopes == pytest.approx([method.order] * 2, abs=0.15)


def test_the_order_4_method_is_far_more_exact_at_equal_work():
    assert len(BLANES_MOAN.layers(1)) == 6 * (len(STRANG.layers(1)) - 1) + 1

import math

import pytest

from qtools.compile.settings import CompileSettings, layers_of_steps
from qtools.errors import BadInputError


@pytest.mark.parametrize(
    "change",
    [
        {"layers": 0},
        {"layers": -1},
        {"layers": 2.5},
        {"layers": True},
        {"layers": 10**7},
        {"fidelity": 0.0},
        {"fidelity": 1.0},
        {"fidelity": math.nan},
        {"fidelity": "high"},
        {"max_iterations": 0},
        {"max_seconds": 0.0},
        {"max_seconds": math.inf},
        {"tolerance": 0.0},
        {"tolerance": 2.0},
        {"max_bond": 0},
        {"max_memory": 0},
        {"seed": -1},
        {"basis": ("cx", "h", "t")},
        {"basis": ("rz", "sx")},
        {"basis": ("cx", "cz", "u")},
        {"basis": ("cnot", "u")},
    ],
)
def test_bad_settings_are_refused(change):
    with pytest.raises(BadInputError):
        CompileSettings(**({"layers": 5} | change))


def test_steps_are_brick_layers():
    assert layers_of_steps(2) == 5
    with pytest.raises(BadInputError, match="steps"):
        layers_of_steps(0)

import numpy as np
import pytest
from writing_support import documents_of, line_circuits, small_model

from qtools.generate.grammar.condition_table import ConditionTable
from qtools.generate.language.conditions import ConditionNames, Conditions
from qtools.generate.model.network import CircuitConfig, CircuitModel
from qtools.generate.model.pretrained import save_pretrained

NAMES = ConditionNames(
    families=("ghz", "line"), gate_sets=("ibm", "universal"), levels=("alg", "mapped")
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    made = line_circuits(30)
    ids = np.array(
        [
            NAMES.encode(
                Conditions(
                    family="line" if i % 3 else "ghz",
                    gate_set="universal" if i % 2 else "ibm",
                    level="alg",
                    num_qubits=c.num_qubits,
                    length=8,
                    depth=6,
                )
            )
            for i, c in enumerate(made)
        ]
    )
    table = ConditionTable.of(
        documents_of(made, ids), NAMES, {"ibm": ("sx", "rz", "cz"), "universal": ("h", "cx", "rz")}
    )
    source = small_model(5)
    config = CircuitConfig(
        condition_sizes=NAMES.sizes(), width=32, layers=2, heads=2, inner=64, pointer=16
    )
    model = CircuitModel(config)
    own = {k: v for k, v in source.state_dict().items() if not k.startswith("conditions")}
    model.load_state_dict(own, strict=False)
    out = tmp_path_factory.mktemp("model")
    save_pretrained(out, model, table, "# card\n")
    return out


@pytest.fixture
def model():
    return small_model()

import numpy as np
import pytest
from writing_support import line_circuits

from qtools.circuits.features import FEATURE_NAMES
from qtools.generate.pages.verification_figures import embedding, novelty, separability
from qtools.generate.pages.verification_page import verification_page
from qtools.generate.verify.structure import feature_matrix
from qtools.report.page import page_html
from tests.report.html_checks import checked

HOSTILE = "<script>alert(1)</script>"


def one_set(name, circuits, *, auc, shift=0.0):
    """A set of a record, as :func:`qtools.generate.verify.run.record_of` writes it."""
    estimate = {"value": auc, "low": auc - 0.05, "high": auc + 0.05}
    features = feature_matrix(circuits) + shift
    count = len(circuits)
    rate = {"count": count - 1, "total": count}
    test = {
        "auc": estimate,
        "floor": {"value": 0.52, "low": 0.4, "high": 0.6} if name == "generated" else None,
        "roc": [[0.0, 0.0], [0.5, auc], [1.0, 1.0]],
        "confusion": [[12, 3], [4, 11]],
    }
    device = {"device": "grid", "level": 1, "two_qubit": estimate, "depth": estimate}
    return {
        "name": name,
        "programs": count,
        "circuits": count,
        "execution": {
            "rates": {"qiskit": rate, "simulated": rate},
            "failures": [{"circuit": HOSTILE, "step": "qiskit", "message": HOSTILE}],
        },
        "features": [[None if np.isnan(v) else v for v in row] for row in features.tolist()],
        "structure": {
            "wasserstein": {n: {"value": 0.1 + shift, "low": 0, "high": 1} for n in FEATURE_NAMES},
            "mean_wasserstein": 0.1 + shift,
        },
        "novelty": {
            "novel": rate,
            "shared_ngrams": {"4": 0.9, "8": 0.5, "16": 0.1, "32": 0.0, "64": 0.0},
            "similarity": [0.1 * (k % 9) for k in range(count)],
        },
        "two_sample": test,
        "sequence": test,
        "behaviour": [device, device | {"level": 3}],
    }


@pytest.fixture(scope="module")
def record():
    real, made = line_circuits(24), line_circuits(12)
    features = np.nan_to_num(feature_matrix(real))
    features[:, 0] += np.arange(24)
    return {
        "sets": [
            one_set("generated", made, auc=0.7),
            one_set("real", real, auc=0.5),
            one_set(HOSTILE, made, auc=0.99, shift=2.0),
        ],
        "held_out": {
            "features": features.tolist(),
            "families": ["line"] * 24,
            "shared_ngrams": {"4": 0.95, "8": 0.7, "16": 0.4, "32": 0.1, "64": 0.0},
        },
    }


def test_the_report_of_a_verification_shows_every_set(record):
    some = {"generated": line_circuits(4), "held-out real": line_circuits(3)}
    page = verification_page(record, (["figure", HOSTILE], [["novel", "91.7%"]]), some)
    text = checked(page_html(page))
    assert HOSTILE not in text
    assert "real against real: 0.520" in text
    headings = text.replace("_<wbr>", "_")  # where long names may break
    assert all(f">{name}</h3>" in headings for name in FEATURE_NAMES)
    assert text.count('class="gallery wide"') == 1


def test_the_map_is_spanned_by_the_real_circuits(record):
    (figure,) = embedding(record)
    # All that varies between these real circuits is one direction; the shifted set lies off it.
    assert figure.svg.count("<circle") == 24 + 12 + 24 + 12


def test_figures_name_their_numbers_for_those_who_cannot_see(record):
    bars, roc, confusion = separability(record)
    assert bars.data.rows[0] == ("generated", "0.700", "0.700")
    assert bars.data.rows[-1] == ("real against real", "0.520", "0.520")
    assert "0.700" in roc.svg
    assert confusion.data.rows == (("is real", "12", "3"), ("is made", "4", "11"))
    curve, near = novelty(record)
    assert "held-out real: 95% of runs of 4 gates" in curve.svg
    assert "median" in near.svg

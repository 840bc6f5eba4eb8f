import dataclasses

import pytest
from writing_support import small_corpus

from benchmarks.generate_bench import QUICK, Bench
from benchmarks.generate_rows import must_show
from benchmarks.generate_stages import stages
from benchmarks.generate_table import measure, write
from qtools.generate.baselines.line_model import LineRecipe
from qtools.generate.sampling.generator import CircuitGenerator


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pytket and Aer on import
def test_every_stage_gives_its_rows_and_is_kept(directory, tmp_path):
    corpus = small_corpus(
        tmp_path / "corpus", {"train": 30, "validation": 22, "test": 22, "held_out_sizes": 6}
    )
    sizes = dataclasses.replace(
        QUICK, validity=3, samples=22, baseline=22, unseen=2, paced=2, words=40,
        line=LineRecipe(width=16, layers=1, heads=2, lines=500),
    )  # fmt: skip
    bench = Bench(
        generator=CircuitGenerator.from_pretrained(directory),
        corpus=corpus.path,
        work=tmp_path / "work",
        shared=tmp_path / "shared",
        sizes=sizes,
        seed=0,
        workers=1,
    )
    found = measure(bench, [])
    assert found.keys() == stages(sizes).keys()
    rows = must_show(found)
    assert not [row["what"] for row in rows if row["measured"] == "not measured yet"]
    # Kept figures are not measured again.
    assert measure(bench, ["speed"]) == found
    write(tmp_path / "out", found, {"model": "m", "temper": {"cutoff": 0.2}})
    text = (tmp_path / "out" / "generate_table.md").read_text()
    assert "| two-sample AUC, boosting: line tokens |" in text
    assert "| figure | model | real | qiskit random |" in text

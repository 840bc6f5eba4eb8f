from benchmarks.generate_rows import must_show


def rate(count, total):
    return {"count": count, "total": total}


def estimate(value, low=0.0, high=1.0):
    return {"value": value, "low": low, "high": high}


def bits(structure, total):
    return {"structure": structure, "total": total}


FOUND = {
    "validity 0": {"rates": {"qiskit": rate(1000, 1000)}, "removed": 0.02},
    "validity 1": {"rates": {"qiskit": rate(999, 1000)}, "removed": 0.04},
    "set model": {
        "record": {
            "novelty": {
                "unique": rate(90, 100),
                "unique_varied": rate(80, 80),
                "novel": rate(70, 100),
                "novel_varied": rate(75, 80),
                "shared_ngrams": {"4": 0.54, "8": 0.2},
                "nearest": estimate(0.5),
            },
            "two_sample": {"auc": estimate(0.69), "floor": estimate(0.52)},
            "sequence": {"auc": estimate(0.81), "floor": None},
            "ketgpt": rate(99, 100),
        },
        "ketgpt_accuracy": rate(97, 100),
    },
    "set trigram": {
        "record": {"two_sample": {"auc": estimate(0.9), "floor": None}, "sequence": None}
    },
    "held-out n-grams": {"shared_ngrams": {"4": 0.5, "8": 0.1}, "nearest": 0.6},
    "losses": {
        "model": bits(2.0, 3.0),
        "model, conditions open": bits(2.2, 3.2),
    },
    "baseline losses": {
        "trigram": bits(4.0, 6.0),
        "line tokens": bits(3.0, 7.0),
    },
    "conditioning": {
        "qubits": rate(10, 10),
        "gate_set": rate(10, 10),
        "gate_budget": rate(9, 10),
        "family, generated": rate(95, 100),
        "family, real": rate(93, 100),
    },
    "guidance": {"guidance": 1.0, "family, generated": rate(85, 100)},
    "set real": {
        "record": {
            "two_sample": {"auc": estimate(0.75), "floor": None},
            "sequence": {"auc": estimate(0.7), "floor": None},
        }
    },
    "training circuits": {"two_sample": estimate(0.6), "sequence": estimate(0.55)},
    "same conditions": {
        "two_sample": estimate(0.66),
        "sequence": estimate(0.82),
        "shared_ngrams": {"4": 0.56, "8": 0.1},
        "family, generated": rate(91, 100),
    },
    "unseen": {"exact": rate(6, 10), "seeded": rate(0, 2), "by_family": {"ghz": rate(6, 10)}},
    "speed": {
        "per_second": 19.9,
        "gates": 150.0,
        "workers": 2,
        "load": 0.1,
        "batched_gates_per_second": 1000.0,
        "generate_gates_per_second": 90.0,
        "threaded_generate_gates_per_second": 95.0,
        "batched_gates_per_cpu_second": 1000.0,
        "generate_gates_per_cpu_second": 80.0,
    },
}


def test_rows_say_what_is_met():
    met = {row["what"]: row["met"] for row in must_show(FOUND)}
    assert met["loads: qiskit"] == "no"
    assert met["unique, varied families"] == "yes"
    assert met["novel, varied families"] == "no"
    assert met["two-sample AUC, boosting: model"] == "yes"
    assert met["two-sample AUC, sequence model: model"] == "no"
    assert met["two-sample AUC, boosting: trigram"] == "-"
    assert met["KetGPT's classifier calls generated circuits real"] == "yes"
    assert met["bits per gate on test, structure"] == "yes"
    assert met["gate budget obeyed"] == "no"
    assert met["family obeyed, by a classifier"] == "yes"
    assert met["family obeyed, by a classifier: with guidance 1"] == "no"
    held_out = "asked for what the held-out circuits are"
    assert met[f"family obeyed, by a classifier: {held_out}"] == "yes"
    assert met[f"two-sample AUC, boosting: model, {held_out}"] == "yes"
    assert met[f"two-sample AUC, sequence model: model, {held_out}"] == "no"
    assert met[f"4-grams shared with training, {held_out}"] == "no"
    assert met[f"8-grams shared with training, {held_out}"] == "yes"
    assert met["4-grams shared with training"] == "yes"
    assert met["8-grams shared with training"] == "no"
    assert met["circuits of about 150 gates per second"] == "no"
    assert met["times as fast as model.generate one by one"] == "yes"


def test_rows_give_the_figures():
    measured = {row["what"]: row["measured"] for row in must_show(FOUND)}
    assert measured["loads: qiskit"].startswith("1999 of 2000 = 99.95%")
    assert measured["probability removed by the grammar, mean per cell"] == "3.00%"
    assert "33% below the better" in measured["bits per gate on test, structure"]
    assert "floor 0.520" in measured["two-sample AUC, boosting: model"]
    assert "0.750" in measured["two-sample AUC, boosting: real circuits of the validation split"]
    perfect = "training circuits, as of a perfect model of them"
    assert "0.600" in measured[f"two-sample AUC, boosting: {perfect}"]
    assert "ratio 1.08" in measured["4-grams shared with training"]
    assert "31.4 on 2 cores" in measured["times as fast as model.generate one by one"]


def test_stages_that_have_not_run_are_named():
    rows = must_show({})
    assert {row["measured"] for row in rows} == {"not measured yet"}
    assert len(rows) == 9

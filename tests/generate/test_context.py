import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from writing_support import circuits, documents_of

from qtools.generate.model.context import RunningContext, contexts
from qtools.generate.training.packing import make_batch

FIELDS = (
    "num_qubits",
    "num_clbits",
    "first",
    "last",
    "clbit",
    "gates",
    "used_op",
    "used_ago",
    "written",
)


@settings(max_examples=40, deadline=None)
@given(st.lists(circuits(max_operations=10), min_size=1, max_size=3))
def test_running_context_equals_that_of_whole_sequences(made):
    documents = documents_of(made)
    length = int(documents.lengths().sum()) + 3
    batch = make_batch(documents, length, [list(range(len(made)))])
    whole = contexts(batch.rows_BTC, batch.start_BT)
    place = 0
    for index in range(len(made)):
        running = RunningContext(1)
        for row in documents.document(index):
            place += 1
            running.advance(torch.from_numpy(row.astype("int64"))[None])
            for field in FIELDS:
                expected = getattr(whole, field)[0, place]
                assert torch.equal(getattr(running.context, field)[0], expected), field
        place += 1

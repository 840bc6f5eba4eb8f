"""Columns of the Parquet files."""

from typing import Any, get_args, get_type_hints

import pyarrow as pa

from qtools.circuits.features import FEATURE_NAMES, Features

#: Version of the corpus format; readers refuse others.
FORMAT = 2

_PROVENANCE = {
    "id": pa.string(),
    "qasm": pa.large_string(),
    "family": pa.string(),
    "parameters": pa.string(),
    "gate_set": pa.string(),
    "level": pa.string(),
    "target": pa.string(),
    "opt_level": pa.int8(),
    "source": pa.string(),
    "license": pa.string(),
    "generator": pa.string(),
    "seed": pa.int64(),
    "repairs": pa.list_(pa.string()),
    "path": pa.string(),
    "fingerprint": pa.string(),
    "structure": pa.string(),
    "fingerprint_exhaustive": pa.bool_(),
    "group": pa.string(),
    "num_clbits": pa.int32(),
    "num_operations": pa.int32(),
    "has_conditions": pa.bool_(),
    "gate_counts": pa.string(),
}


def _feature_type(hint: Any) -> pa.DataType:
    return pa.int64() if int in (hint, *get_args(hint)) else pa.float64()


def corpus_schema() -> pa.Schema:
    """The explicit schema of every shard; feature columns may be null, others not."""
    hints = get_type_hints(Features)
    columns = [pa.field(name, kind, nullable=False) for name, kind in _PROVENANCE.items()]
    columns += [pa.field(name, _feature_type(hints[name])) for name in FEATURE_NAMES]
    return pa.schema(columns)


SCHEMA = corpus_schema()

"""Edits keep containers sound, so that readers meet what is inside."""

import io
import json
import random
import zipfile
from pathlib import Path

from chaos.mutate import mutated
from chaos.readers import READERS
from qtools.runs.store import Records


def edits(reader: str, count: int = 300) -> list[bytes]:
    (seed, *_) = READERS[reader].seeds()
    return [mutated(seed, random.Random(number)) for number in range(count)]


def sound_archive(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, ValueError):
        return False


def test_the_same_number_gives_the_same_file() -> None:
    assert edits("problem, TOML") == edits("problem, TOML")
    assert len(set(edits("problem, TOML"))) > 250


def test_most_edited_archives_can_be_opened() -> None:
    assert sum(map(sound_archive, edits("state, npz"))) > 200


def test_most_edited_records_have_the_right_checksum(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    whole = 0
    for data in edits("records, JSON lines"):
        path.write_bytes(data)
        whole += Records([path]).damaged == 0
    assert whole > 200


def test_most_edited_headers_have_the_right_length() -> None:
    (seed,) = READERS["model weights, safetensors"].seeds()
    tensors = seed[8 + int.from_bytes(seed[:8], "little") :]
    right = 0
    for data in edits("model weights, safetensors"):
        length = int.from_bytes(data[:8], "little")
        right += data[8 + length :] == tensors
    assert right > 200


def test_many_edited_texts_are_still_json() -> None:
    def is_json(data: bytes) -> bool:
        try:
            json.loads(data)
        except ValueError:
            return False
        return True

    assert sum(map(is_json, edits("manifest, JSON"))) > 60

"""Random edits of files: of their bytes, and of what is inside them, so that readers get deep."""

import io
import random
import re
import zipfile
import zlib

_SNIPPETS = (
    b"qreg q[1000000000];",
    b"creg c[99999999999999999999];",
    b"gate g a { g a; }",
    b'include "../secret";',
    b"rx(1/0) q[0];",
    b"rx(2^99999) q[0];",
    b"ccx q[0],q[1],q[0];",
    b"OPENQASM 3.0;",
    b"\x00",
    b"((((((((((((((((",
    b"[[[[[[[[[[[[[[[[",
    b'{"a":' * 40,
    b"1e999",
    b"NaN",
    b"-1",
    b"null",
    b"true",
    b'"../../../etc/passwd"',
    b"\xff\xfe\xfd",
    b"\x1b[2J",
    b"9" * 40,
    "ünïcode".encode(),
)
_NUMBERS = (b"0", b"7", b"-3", b"0.5", b"1000000", b"1" + b"0" * 30, b"1e400", b"1e-320")
_STRINGS = (b'""', b'"x"', b'"../../../etc/passwd"', b'"1e400"', b'"\\u0000"')
_WORDS = (b"true", b"null", b"nan", b"inf", b"q", b"pi", b"x", b"cx")
_TOKENS = (*_NUMBERS, *_STRINGS, *_WORDS, b"[]", b"{}", b"[[]]")
_TOKEN = re.compile(rb'"[^"\n]*"|[A-Za-z_]\w*|[-+]?\d[\w.]*(?:[+-]\d+)?|\S')
_RECORD = re.compile(rb'\{"id":"([0-9a-f]{32})","crc32":"[0-9a-f]{8}",')
_SAFETENSORS_LENGTH = 8


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to four edits: of what is inside the file, with its container made sound again, or of
    its bytes as they are."""
    inside = _inside(data, rng) if rng.random() < 0.8 else None
    if inside is not None:
        return inside
    for _ in range(_how_many(rng)):
        data = _edited_bytes(data, rng)
    return data


def _inside(data: bytes, rng: random.Random) -> bytes | None:
    """The file with edited content; None for a format that has no inside."""
    if data.startswith(b"PK"):
        return _edited_archive(data, rng)
    if _RECORD.match(data):
        return _edited_record(data, rng)
    if data[_SAFETENSORS_LENGTH : _SAFETENSORS_LENGTH + 2] == b'{"':
        return _edited_header(data, rng)
    if b"\0" not in data:
        return _edited_tokens(data, rng)
    return None


def _edited_archive(data: bytes, rng: random.Random) -> bytes:
    """A zip archive with one member edited, and checksums that are right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    place = rng.randrange(len(members))
    name, content = members[place]
    if rng.random() < 0.2:
        members[place] = rng.choice(["tensor_1.npy", "../x.npy", "a.npy", name + "x"]), content
    else:
        members[place] = name, _edited_bytes(content, rng)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in dict(members).items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def _edited_record(data: bytes, rng: random.Random) -> bytes:
    """Lines of records with one edited, and a checksum that is right."""
    lines = data.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    match = _RECORD.match(lines[place])
    if match is None:
        return _edited_tokens(data, rng)
    rest = _edited_tokens(lines[place][match.end() :], rng)
    checked = zlib.crc32(match[1] + rest)
    lines[place] = b'{"id":"%s","crc32":"%08x",%s' % (match[1], checked, rest)
    return b"".join(lines)


def _edited_header(data: bytes, rng: random.Random) -> bytes:
    """A safetensors file with an edited header, and a length that is right."""
    length = int.from_bytes(data[:_SAFETENSORS_LENGTH], "little")
    end = _SAFETENSORS_LENGTH + length
    header = _edited_tokens(data[_SAFETENSORS_LENGTH:end], rng)
    return len(header).to_bytes(_SAFETENSORS_LENGTH, "little") + header + data[end:]


def _edited_tokens(data: bytes, rng: random.Random) -> bytes:
    """Text with some tokens replaced, most by one of the same sort, repeated or left out."""
    for _ in range(_how_many(rng)):
        tokens = [match for match in _TOKEN.finditer(data) if not match[0].isspace()]
        if not tokens:
            break
        token = rng.choice(tokens)
        new = _other_token(token[0], [match[0] for match in tokens], rng)
        data = data[: token.start()] + new + data[token.end() :]
    return data


def _other_token(token: bytes, tokens: list[bytes], rng: random.Random) -> bytes:
    same = [other for other in tokens if _sort(other) is _sort(token)]
    draw = rng.random()
    if draw < 0.4:
        return rng.choice(_sort(token) or same)
    if draw < 0.7:
        return rng.choice(same)
    return rng.choice((rng.choice(_TOKENS), rng.choice(tokens), b"", token + b" " + token))


def _sort(token: bytes) -> tuple[bytes, ...]:
    """Known troublemakers of a token's sort; none for signs."""
    if token.startswith(b'"'):
        return _STRINGS
    if token[-1:].isdigit() and not token[:1].isalpha():
        return _NUMBERS
    return _WORDS if token[:1].isalpha() else ()


def _edited_bytes(data: bytes, rng: random.Random) -> bytes:
    """One edit: cut, flip, insert, repeat, swap a number, or a known troublemaker."""
    place = rng.randrange(len(data) + 1)
    kind = rng.randrange(8)
    if kind == 0:
        return data[:place] + data[place + rng.randint(1, 20) :]
    if kind == 1:
        return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
    if kind == 2:
        return data[:place] + rng.choice(_SNIPPETS) + data[place:]
    if kind == 3:
        end = place + rng.randint(1, 200)
        return data[:end] + data[place:end] * rng.randint(1, 3) + data[end:]
    if kind == 4:
        return data[:place]
    if kind == 5:
        return data[:place] + rng.randbytes(rng.randint(1, 8)) + data[place:]
    if kind == 6:
        return _other_number(data, rng)
    lines = data.split(b"\n")
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return b"\n".join(lines)


def _other_number(data: bytes, rng: random.Random) -> bytes:
    digits = [i for i, byte in enumerate(data[:100_000]) if 48 <= byte < 58]
    if not digits:
        return data
    place = rng.choice(digits)
    return data[:place] + rng.choice(_NUMBERS) + data[place + 1 :]


def _how_many(rng: random.Random) -> int:
    return rng.choice((1, 1, 1, 2, 3, 4))

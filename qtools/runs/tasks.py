"""Tasks named by what affects their result."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Task:
    """One unit of work of a campaign.

    Attributes:
        kind: which function does it.
        arguments: everything that affects the result, as JSON values.
    """

    kind: str
    arguments: dict[str, Any]

    @property
    def id(self) -> str:
        """128 bits of SHA-256 over the canonical JSON of the task, as hexadecimal digits."""
        return content_id({"kind": self.kind, "arguments": self.arguments})


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_id(value: Any) -> str:
    """128 bits of SHA-256 of a JSON value, as 32 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:32]

"""The peer's own virtual environment, made on first use: ``python -m benchmarks.peer.environment``.

It is apart from the project's environment so that neither program constrains the other's versions.
"""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
DEFAULT_VENV = ROOT / ".venv-peer"


def peer_python(directory: Path = DEFAULT_VENV) -> Path:
    """Path of the peer's Python, after installing the pinned requirements where they are missing.

    A stamp with the digest of the requirements marks a finished installation; a changed
    requirements file starts afresh.
    """
    python = directory / "bin" / "python"
    stamp = directory / ".installed"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return python
    print(f"installing the peer into {directory}", file=sys.stderr)
    venv.create(directory, with_pip=True, clear=True)
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS],
        check=True,
        stdout=sys.stderr,
    )
    stamp.write_text(digest, encoding="utf-8")
    return python


if __name__ == "__main__":
    print(peer_python())

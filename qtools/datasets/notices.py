"""Licence texts that travel with a corpus."""

from importlib import metadata
from pathlib import Path

from qtools.runs.files import write_bytes
from qtools.runs.untrusted import read_bytes

FOLDER = "LICENSES"
_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE")


def copy_package_notices(corpus: Path, source: str, distribution: str) -> tuple[str, ...]:
    """Copy the licence files of an installed package to ``LICENSES/``; returns their paths."""
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        return ()
    found = [
        Path(str(file.locate()))
        for file in files
        if ".dist-info" in str(file) and file.name.upper().startswith(_NAMES)
    ]
    return _copy(corpus, source, found)


def copy_folder_notices(corpus: Path, source: str, folder: Path) -> tuple[str, ...]:
    """Copy the licence files that lie in an imported folder to ``LICENSES/``."""
    if not folder.is_dir():
        return ()
    found = [path for path in folder.iterdir() if path.name.upper().startswith(_NAMES)]
    # A link could lead to any file of the machine.
    return _copy(corpus, source, [p for p in found if p.is_file() and not p.is_symlink()])


def _copy(corpus: Path, source: str, files: list[Path]) -> tuple[str, ...]:
    copied = []
    for path in sorted(files):
        target = corpus / FOLDER / f"{source}-{path.name}"
        write_bytes(target, read_bytes(path, what="notice", max_bytes=16 << 20))
        copied.append(target.relative_to(corpus).as_posix())
    return tuple(copied)

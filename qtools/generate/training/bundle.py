"""From a trained model's directory to the files that come with the package.

What is bundled: weights, configuration, tokenizer, conditions, card, the licence texts of all
training data, and an excerpt of the corpus, so that ``qtools generate verify`` has real circuits
to compare with right after installation.
"""

import shutil
import tempfile
from pathlib import Path

from qtools.datasets.card import notice_text
from qtools.datasets.corpus import Corpus
from qtools.datasets.excerpt import write_excerpt
from qtools.datasets.manifest import Manifest
from qtools.datasets.notices import FOLDER
from qtools.errors import BadInputError
from qtools.generate.model.pretrained import (
    CARD,
    CONDITIONS,
    CONFIG,
    REFERENCE,
    WEIGHTS,
    load_pretrained,
)
from qtools.runs.files import write_bytes, write_text
from qtools.runs.untrusted import inside, read_bytes, read_text

#: Largest size of all bundled files together.
MAX_BYTES = 20_000_000
#: Licences under which what was learnt from may be given on.
PERMISSIVE = ("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0")
#: Circuits of the excerpt.
EXCERPT = {"train": 600, "validation": 100, "test": 300}
NOTICE = "NOTICE.md"
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


def bundle_model(model: Path, corpus_path: Path, out: Path, *, tables: Path | None = None) -> int:
    """Write the files to bundle, replacing those that are there; returns their size in bytes.

    Args:
        model: directory written by ``qtools generate train``.
        corpus_path: what it was trained on.
        out: for example ``qtools/generate/models/default``.
        tables: Markdown that is added to the card: figures measured on this model.

    Raises:
        BadInputError: no model, data whose licence is not permissive, or files too large.
    """
    pretrained = load_pretrained(model)
    corpus = Corpus.open(corpus_path)
    _refuse_other_licences(corpus.manifest)
    with tempfile.TemporaryDirectory(dir=_parent(out)) as folder:
        made = Path(folder) / "model"
        for name in (WEIGHTS, CONFIG, CONDITIONS, *_TOKENIZER):
            write_bytes(made / name, read_bytes(model / name, what="model"))
        text = pretrained.card
        if tables is not None:
            text += "\n## Measured\n\n" + _below_title(read_text(tables, what="table"))
        write_text(made / CARD, text)
        _copy_notices(corpus, made)
        write_excerpt(corpus, made / REFERENCE, EXCERPT)
        size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
        if size > MAX_BYTES:
            raise BadInputError(
                f"expected at most {MAX_BYTES} bytes to bundle, got {size}; train a smaller model"
            )
        if out.exists():
            shutil.rmtree(out)
        made.replace(out)
    return size


def _parent(out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.parent


def _refuse_other_licences(manifest: Manifest) -> None:
    for entry in manifest.sources:
        if entry.released and entry.license not in PERMISSIVE:
            raise BadInputError(
                f"expected training data under {', '.join(PERMISSIVE)}, got {entry.license} for "
                f"{entry.name!r}; leave that source out of the corpus"
            )


def _copy_notices(corpus: Corpus, out: Path) -> None:
    """The licence texts of the sources that were learnt from, and who holds the rights."""
    write_text(out / NOTICE, notice_text(corpus.manifest))
    for entry in corpus.manifest.sources:
        for name in entry.notices if entry.released else ():
            target = out / FOLDER / Path(name).name
            write_bytes(target, read_bytes(inside(corpus.path, name), what="licence"))


def _below_title(text: str) -> str:
    """Markdown without its title line."""
    return text.partition("\n")[2].lstrip() if text.startswith("# ") else text

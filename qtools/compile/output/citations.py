"""Which papers the methods of a run come from, as BibTeX."""

from pathlib import Path
from typing import Any

from qtools.errors import BadInputError
from qtools.runs.untrusted import read_json

_AQCTENSOR = """@article{robertson2023aqctensor,
  title = {Approximate Quantum Compiling for Quantum Simulation: A Tensor Network based approach},
  author = {Robertson, Niall F. and Akhriev, Albert and Vala, Jiri and Zhuk, Sergiy},
  year = {2023},
  eprint = {2301.08609},
  archivePrefix = {arXiv}
}"""
_HASTINGS = """@article{hastings2009light,
  title = {Light-cone matrix product},
  author = {Hastings, Matthew B.},
  year = {2009},
  eprint = {0903.3253},
  archivePrefix = {arXiv}
}"""
_VIDAL = """@article{vidal2003efficient,
  title = {Efficient Classical Simulation of Slightly Entangled Quantum Computations},
  author = {Vidal, Guifr{\\'e}},
  journal = {Physical Review Letters},
  volume = {91},
  pages = {147902},
  year = {2003},
  doi = {10.1103/PhysRevLett.91.147902}
}"""
_RAN = """@article{ran2020encoding,
  title = {Encoding of matrix product states into quantum circuits of one- and two-qubit gates},
  author = {Ran, Shi-Ju},
  year = {2019},
  eprint = {1908.07958},
  archivePrefix = {arXiv}
}"""
_QUIMB = """@article{gray2018quimb,
  title = {quimb: a python library for quantum information and many-body calculations},
  author = {Gray, Johnnie},
  journal = {Journal of Open Source Software},
  volume = {3},
  number = {29},
  pages = {819},
  year = {2018},
  doi = {10.21105/joss.00819}
}"""
_LBFGS = """@book{nocedal2006numerical,
  title = {Numerical Optimization},
  author = {Nocedal, Jorge and Wright, Stephen J.},
  publisher = {Springer},
  edition = {2},
  year = {2006}
}"""


def citations(run: Path) -> str:
    """BibTeX of the methods that the run in the directory ``run`` used.

    Raises:
        BadInputError: when there is no readable result.
    """
    path = run / "result.json"
    try:
        record: Any = read_json(path, what="result")
        is_evolution = record["time"] is not None
        is_state = record["source"] == "mps"
        is_certified = record["certificate"] is not None
    except (TypeError, KeyError) as error:
        raise BadInputError(
            f"cannot read the result of a compilation in {path} ({type(error).__name__})"
        ) from None
    used = [_AQCTENSOR, _LBFGS]
    used += [_VIDAL, _HASTINGS] if is_evolution else []
    used += [_RAN] if is_state else []
    used += [_QUIMB] if is_certified else []
    return "\n\n".join(used) + "\n"

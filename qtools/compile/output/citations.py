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

_ADAM = """@article{kingma2014adam,
  title = {Adam: A Method for Stochastic Optimization},
  author = {Kingma, Diederik P. and Ba, Jimmy},
  year = {2014},
  eprint = {1412.6980},
  archivePrefix = {arXiv}
}"""
_POLAR = """@article{evenbly2009algorithms,
  title = {Algorithms for entanglement renormalization},
  author = {Evenbly, Glen and Vidal, Guifr{\\'e}},
  year = {2007},
  eprint = {0707.1454},
  archivePrefix = {arXiv}
}"""
_HOPPING = """@article{wales1997global,
  title = {Global Optimization by Basin-Hopping and the Lowest Energy Structures of Lennard-Jones
           Clusters Containing up to 110 Atoms},
  author = {Wales, David J. and Doye, Jonathan P. K.},
  journal = {The Journal of Physical Chemistry A},
  volume = {101},
  pages = {5111},
  year = {1997},
  doi = {10.1021/jp970984n}
}"""
_RUDOLPH = """@article{rudolph2022decomposition,
  title = {Decomposition of Matrix Product States into Shallow Quantum Circuits},
  author = {Rudolph, Manuel S. and Chen, Jing and Miller, Jacob and Acharya, Atithi and
            Perdomo-Ortiz, Alejandro},
  year = {2022},
  eprint = {2209.00595},
  archivePrefix = {arXiv}
}"""
_LOCAL = """@article{khatri2019quantum,
  title = {Quantum-assisted quantum compiling},
  author = {Khatri, Sumeet and LaRose, Ryan and Poremba, Alexander and Cincio, Lukasz and
            Sornborger, Andrew T. and Coles, Patrick J.},
  year = {2018},
  eprint = {1807.00800},
  archivePrefix = {arXiv}
}"""

# What a choice in the settings adds.
_CHOICES = {
    ("optimizer", "adam"): [_ADAM],
    ("optimizer", "sweeps"): [_POLAR],
    ("optimizer", "basin-hopping"): [_HOPPING],
    ("start", "staircase"): [_RAN, _RUDOLPH],
    ("start", "disentangle"): [_RAN],
    ("objective", "local"): [_LOCAL],
}

_KEYS = {key for key, _ in _CHOICES}


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
        chosen = {(key, value) for key, value in record["settings"].items() if key in _KEYS}
    except (TypeError, KeyError, AttributeError) as error:
        raise BadInputError(
            f"cannot read the result of a compilation in {path} ({type(error).__name__})"
        ) from None
    used = [_AQCTENSOR, _LBFGS]
    used += [_VIDAL, _HASTINGS] if is_evolution else []
    used += [_RAN] if is_state else []
    used += [_QUIMB] if is_certified else []
    used += [paper for choice, papers in _CHOICES.items() if choice in chosen for paper in papers]
    return "\n\n".join(dict.fromkeys(used)) + "\n"

"""Short circuits for Hamiltonian dynamics, and realistic benchmark circuits.

``qtools.compile`` turns a time-evolved state into a circuit of fixed short depth,
``qtools.datasets`` builds corpora of circuits, ``qtools.generate`` learns from them and
writes new ones. Importing this package loads none of the numeric libraries.
"""

__version__ = "0.1.0"

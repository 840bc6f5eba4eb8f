"""The gates of the normal form: names, arities, OpenQASM 2 spelling, commutation.

Names and matrices are Qiskit's (qubit 0 of a gate is its first operand). A gate is *written* as
the gate of OpenQASM 2's ``qelib1.inc`` that equals it, or brings its definition along, so every
file loads in strict readers. ``wires`` names, per operand, the single-qubit algebra that the gate
is made of: a gate with wires ``ZX`` (cx) is a sum of products (I or Z) x (I or X). Two gates
whose wires agree and are not ``*`` on every shared qubit commute.

``qelib1.inc`` here is that of OpenQASM 2 (arXiv:1707.03429, appendix): u3 u2 u1 cx id x y z h s
sdg t tdg rx ry rz cz cy ch ccx crz cu1 cu3.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GateSpec:
    """One gate of the alphabet.

    Attributes:
        name: Qiskit's name.
        wires: one letter per operand: Z, X, Y, or * where no common algebra is known.
        num_params: number of angles, in radians.
        spelling: its name in an OpenQASM 2 file.
        definition: the body of its OpenQASM 2 definition; empty for gates of ``qelib1.inc``.
        roles: one letter per operand; operands with equal letters may be exchanged.
    """

    name: str
    wires: str
    roles: str
    num_params: int = 0
    spelling: str
    definition: str = ""

    @property
    def num_qubits(self) -> int:
        """Number of operands."""
        return len(self.wires)

    def declaration(self) -> str:
        """The ``gate`` statement that the file must carry; empty for gates of ``qelib1.inc``."""
        if not self.definition:
            return ""
        params = ",".join(f"p{index}" for index in range(self.num_params))
        operands = ",".join("abc"[: self.num_qubits])
        head = f"gate {self.spelling}({params})" if params else f"gate {self.spelling}"
        return f"{head} {operands} {{ {self.definition} }}"


def _gate(
    name: str,
    wires: str,
    num_params: int = 0,
    *,
    spelling: str = "",
    definition: str = "",
    roles: str = "",
) -> GateSpec:
    return GateSpec(
        name=name,
        wires=wires,
        roles=roles or "abc"[: len(wires)],
        num_params=num_params,
        spelling=spelling or name,
        definition=definition,
    )


_GATES = (
    _gate("id", "*"),
    _gate("x", "X"),
    _gate("y", "Y"),
    _gate("z", "Z"),
    _gate("h", "*"),
    _gate("s", "Z"),
    _gate("sdg", "Z"),
    _gate("t", "Z"),
    _gate("tdg", "Z"),
    _gate("sx", "X", definition="sdg a; h a; sdg a;"),
    _gate("sxdg", "X", definition="s a; h a; s a;"),
    _gate("rx", "X", 1),
    _gate("ry", "Y", 1),
    _gate("rz", "Z", 1),
    _gate("p", "Z", 1, spelling="u1"),
    _gate("r", "*", 2, definition="u3(p0,p1-pi/2,pi/2-p1) a;"),
    _gate("u", "*", 3, spelling="u3"),
    _gate("cx", "ZX"),
    _gate("cy", "ZY"),
    _gate("cz", "ZZ", roles="aa"),
    _gate("ch", "Z*"),
    _gate("csx", "ZX", definition="h b; cu1(pi/2) a,b; h b;"),
    _gate("swap", "**", definition="cx a,b; cx b,a; cx a,b;", roles="aa"),
    _gate("iswap", "**", definition="s a; s b; h a; cx a,b; cx b,a; h b;", roles="aa"),
    _gate("ecr", "**", definition="s a; sdg b; h b; sdg b; cx a,b; x a;"),
    _gate("cp", "ZZ", 1, spelling="cu1", roles="aa"),
    _gate("crx", "ZX", 1, definition="h b; crz(p0) a,b; h b;"),
    _gate("cry", "ZY", 1, definition="ry(p0/2) b; cx a,b; ry(-p0/2) b; cx a,b;"),
    _gate("crz", "ZZ", 1),
    _gate("cu", "Z*", 4, definition="u1(p3) a; cu3(p0,p1,p2) a,b;"),
    _gate("rxx", "XX", 1, definition="h a; h b; cx a,b; rz(p0) b; cx a,b; h a; h b;", roles="aa"),
    _gate(
        "ryy",
        "YY",
        1,
        definition="rx(pi/2) a; rx(pi/2) b; cx a,b; rz(p0) b; cx a,b; rx(-pi/2) a; rx(-pi/2) b;",
        roles="aa",
    ),
    _gate("rzz", "ZZ", 1, definition="cx a,b; rz(p0) b; cx a,b;", roles="aa"),
    _gate("rzx", "ZX", 1, definition="h b; cx a,b; rz(p0) b; cx a,b; h b;"),
    _gate("ccx", "ZZX", roles="aab"),
    _gate("ccz", "ZZZ", definition="h c; ccx a,b,c; h c;", roles="aaa"),
    _gate("cswap", "Z**", definition="cx c,b; ccx a,b,c; cx c,b;", roles="abb"),
)

#: Gate name -> its specification, in the order of the documentation.
ALPHABET: dict[str, GateSpec] = {gate.name: gate for gate in _GATES}

#: Statements of the normal form that are no gates.
DIRECTIVES = frozenset({"measure", "reset", "barrier"})

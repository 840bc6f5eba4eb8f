"""Classical registers of the normal form: merged into one unless conditions need their own."""

from qtools.circuits.normal import UnsupportedCircuitError

#: (classical bits from least significant up, value): only if those bits spell the value.
Condition = tuple[tuple[int, ...], int]


def assign_registers(
    num_clbits: int, conditions: list[Condition]
) -> tuple[tuple[int, ...], dict[int, int], dict[tuple[int, ...], int]]:
    """Classical registers such that every condition reads exactly one of them.

    Bits that no condition reads form one register. Registers are ordered by their first bit.

    Returns:
        Register sizes; old bit -> new bit; bits of a condition -> its register.

    Raises:
        UnsupportedCircuitError: two conditions read overlapping but different bits, or one bit
            twice: OpenQASM 2 compares whole registers only.
    """
    groups = list(dict.fromkeys(bits for bits, _ in conditions))
    read = [bit for bits in groups for bit in bits]
    if len(set(read)) != len(read) or any(not bits for bits in groups):
        raise UnsupportedCircuitError(
            "control-flow-overlapping-conditions",
            "expected conditions that read equal or disjoint sets of classical bits, which is "
            "what OpenQASM 2 can express; rewrite them so",
        )
    rest = tuple(bit for bit in range(num_clbits) if bit not in set(read))
    registers = sorted([*groups, *([rest] if rest else [])], key=min)
    bit_index: dict[int, int] = {}
    for bits in registers:
        for bit in bits:
            bit_index[bit] = len(bit_index)
    sizes = tuple(len(bits) for bits in registers)
    return sizes, bit_index, {bits: index for index, bits in enumerate(registers)}

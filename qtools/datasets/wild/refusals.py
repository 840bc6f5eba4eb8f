"""What Qiskit's parsers raise on files that they refuse, as reasons of the quarantine."""

from collections.abc import Iterator
from contextlib import contextmanager

from qiskit.exceptions import QiskitError

from qtools.circuits.normal import UnsupportedCircuitError

_LANGUAGES = {
    "qasm2-refused": "OpenQASM 2",
    "qasm3-refused": "OpenQASM 3",
    "angle-undefined": "angles that are numbers",
}


def refused(reason: str, what: str, *, language: str = "OpenQASM 2") -> UnsupportedCircuitError:
    """The error for a program that a parser refuses."""
    return UnsupportedCircuitError(
        reason, f"expected {language} that Qiskit reads: {what[:500]}; correct the file"
    )


@contextmanager
def refusals(reason: str) -> Iterator[None]:
    """Turn what a parser raises into :class:`UnsupportedCircuitError`.

    ``number-too-large`` (an integer that no machine word holds), ``gate-arguments`` (a gate of the
    library with the wrong number of angles), ``nested-too-deep``, ``parser-panic`` (any other
    crash of Qiskit's parser, which is written in Rust), else ``reason``.

    Raises:
        UnsupportedCircuitError: for every error that a file can cause.
    """
    language = _LANGUAGES[reason]
    try:
        yield
    except QiskitError as error:
        raise refused(reason, str(error), language=language) from error
    except OverflowError as error:
        raise refused("number-too-large", str(error), language=language) from error
    except RecursionError as error:
        raise refused("nested-too-deep", str(error), language=language) from error
    except TypeError as error:
        raise refused("gate-arguments", str(error), language=language) from error
    except (ValueError, LookupError, AttributeError, ArithmeticError) as error:
        raise refused(reason, str(error), language=language) from error
    except BaseException as error:
        # A panic in Rust is no Exception, and its class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        large = "PosOverflow" in str(error)
        name = "number-too-large" if large else "parser-panic"
        raise refused(name, str(error), language=language) from None

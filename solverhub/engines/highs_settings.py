"""Options of HiGHS: what a run of ours sets, and a user's native ones, checked by name and type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import highspy

from solverhub.core.errors import InvalidParams

FORBIDDEN = frozenset(
    {
        "log_file",
        "log_to_console",
        "output_flag",
        "read_basis_file",
        "read_solution_file",
        "solution_file",
        "write_basis_file",
        "write_iis_model_file",
        "write_model_file",
        "write_model_to_file",
        "write_presolved_model_file",
        "write_presolved_model_to_file",
        "write_solution_to_file",
    }
)
"""Options that would read or write files of the host, or print."""

_ALWAYS = {
    "output_flag": False,
    # Coefficients as small and as large as a program may have; by default HiGHS drops and
    # refuses more of them.
    "small_matrix_value": 1e-12,
    "large_matrix_value": 1e20,
}

_BOOLEANS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


def apply(highs: highspy.Highs, settings: Mapping[str, Any], native: Mapping[str, Any]) -> None:
    """Reset all options to silence, then set ours, then the user's on top.

    Native values may be strings as typed.  Raises `InvalidParams` for a name that HiGHS does
    not have, a value that it refuses, or an option that touches files.
    """
    highs.resetOptions()
    for name, value in {**_ALWAYS, **settings}.items():
        _set(highs, name, value)
    for name, value in native.items():
        if name in FORBIDDEN:
            raise InvalidParams(
                f"native parameter {name!r} reads, writes or prints files on the solving host",
                remedy="use the log parameter, and the solution of the result",
            )
        _set(highs, name, value)


def check(native: Mapping[str, Any]) -> None:
    """Raise `InvalidParams` unless HiGHS takes these, without loading anything."""
    if native:
        highs = highspy.Highs()
        apply(highs, {}, native)


def _set(highs: highspy.Highs, name: str, value: Any) -> None:
    status, kind = highs.getOptionType(str(name))
    if status != highspy.HighsStatus.kOk:
        raise InvalidParams(
            f"HiGHS has no option {name!r}", remedy="see the list of options in the HiGHS manual"
        )
    try:
        status = highs.setOptionValue(name, _typed(value, kind))
    except (TypeError, ValueError, KeyError):
        status = highspy.HighsStatus.kError
    if status != highspy.HighsStatus.kOk:
        raise InvalidParams(
            f"HiGHS does not take {value!r} for its option {name}",
            remedy="see its type and range in the HiGHS manual",
        )


def _typed(value: Any, kind: highspy.HighsOptionType) -> bool | int | float | str:
    if kind == highspy.HighsOptionType.kBool:
        return value if isinstance(value, bool) else _BOOLEANS[str(value).lower()]
    if isinstance(value, bool) and kind != highspy.HighsOptionType.kString:
        raise TypeError(value)
    if kind == highspy.HighsOptionType.kInt:
        if isinstance(value, float) and not value.is_integer():
            raise ValueError(value)
        return int(value)
    if kind == highspy.HighsOptionType.kDouble:
        return float(value)
    return str(value)

"""Numbers as people read them in tables and progress lines."""

from __future__ import annotations

from fractions import Fraction


def number(value: int | float | Fraction | None) -> str:
    """At most seven significant digits, whole numbers in full, `-` for None."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    shown = float(value)
    return str(int(shown)) if shown.is_integer() and abs(shown) < 1e15 else f"{shown:.7g}"


def percent(gap: float | None) -> str:
    """A relative gap in percent, `-` for None."""
    if gap is None:
        return "-"
    return "0 %" if gap == 0 else f"{100 * gap:.3g} %"


def seconds(value: float | None) -> str:
    """Seconds with two digits behind the point, minutes from two of them on."""
    if value is None:
        return "-"
    return f"{value:.2f} s" if value < 120 else f"{int(value // 60)} min {value % 60:.0f} s"

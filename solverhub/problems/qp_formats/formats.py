"""Which format the file of a quadratic program has, by content first and then by suffix."""

from __future__ import annotations

from collections.abc import Callable

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems.json_text import parse_json
from solverhub.problems.mat_file import is_mat
from solverhub.problems.npy_file import ZIP_MAGIC
from solverhub.problems.qp_formats import mat, npz
from solverhub.problems.qp_formats.json_form import from_wire
from solverhub.problems.qp_model import QpModel

FORMATS = ("mat", "npz", "json")


def qp_format(source: Source) -> str | None:
    """The one of `FORMATS` that the source has, or None."""
    if is_mat(source):
        return "mat"
    if source.data.startswith(ZIP_MAGIC):
        return "npz"
    return "json" if source.data[:65536].lstrip()[:1] == b"{" else None


def holds_qp(source: Source) -> bool:
    """True if the content can be nothing but a quadratic program."""
    return mat.holds_qp(source) or npz.holds_qp(source)


def read_qp(source: Source) -> QpModel:
    """The program of a source in any of `FORMATS`; `ParseError` names the place."""
    form = qp_format(source)
    if form is None:
        raise ParseError(
            f"none of {', '.join(FORMATS)}",
            file=source.name,
            line=1,
            remedy="save P, q, A, l and u in a .mat or .npz file, or give QPS, LP or JSON",
        )
    return _READERS[form](source)


def _read_json(source: Source) -> QpModel:
    wire = parse_json(source.data, file=source.name)
    if not isinstance(wire, dict):
        raise ParseError("the JSON is not an object", file=source.name)
    return from_wire(wire)


_READERS: dict[str, Callable[[Source], QpModel]] = {
    "mat": mat.read_mat,
    "npz": npz.read_npz,
    "json": _read_json,
}

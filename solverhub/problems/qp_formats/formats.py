"""Which format the file of a quadratic program has, by content first and then by suffix."""

from __future__ import annotations

from collections.abc import Callable

from solverhub.core.errors import ParseError
from solverhub.core.problem import Source
from solverhub.problems import ilp
from solverhub.problems.json_text import parse_json
from solverhub.problems.mat_file import is_mat
from solverhub.problems.npy_file import ZIP_MAGIC
from solverhub.problems.qp_formats import json_form, mat, model_files, npz
from solverhub.problems.qp_model import QpModel

FORMATS = ("mat", "npz", "mps", "lp", "json")


def qp_format(source: Source) -> str | None:
    """The one of `FORMATS` that the source has, or None."""
    if is_mat(source):
        return "mat"
    if source.data.startswith(ZIP_MAGIC):
        return "npz"
    found = ilp.format_of(source)
    return "mps" if found is None and source.name.lower().endswith(".qps") else found


def holds_qp(source: Source) -> bool:
    """True if the content can be nothing but a quadratic program."""
    form = qp_format(source)
    if form in ("mps", "lp"):
        return model_files.is_quadratic(form, source.data)
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


def read_wire(wire: object, name: str = "<input>") -> QpModel:
    """The program of a JSON value: arrays, or `{"mps": text}` or `{"lp": text}`."""
    if not isinstance(wire, dict):
        raise ParseError("the JSON is not an object", file=name)
    for form in ("mps", "lp"):
        if form in wire:
            text = json_form.text_of(wire, form)
            return _READERS[form](Source(f"<{form}>", text.encode("utf-8", "replace")))
    return json_form.from_wire(wire)


def _read_json(source: Source) -> QpModel:
    return read_wire(parse_json(source.data, file=source.name), source.name)


_READERS: dict[str, Callable[[Source], QpModel]] = {
    "mat": mat.read_mat,
    "npz": npz.read_npz,
    "mps": model_files.read_mps,
    "lp": model_files.read_lp,
    "json": _read_json,
}

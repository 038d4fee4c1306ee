r"""The quadratic objective of an LP file: `[ 2 x^2 - 3 x * y ] / 2` among its linear terms.

With `/ 2` after the bracket the objective has half of it, without, all.  Terms are `c x^2`,
`c x * y` or `c x * x`; repeated ones are added up.  A sign stands before a bracket that is not
the first term, and no coefficient.  Brackets in rows are refused.
"""

from __future__ import annotations

import re

import numpy as np
from scipy.sparse import coo_array, csc_array

from solverhub.core.problem import Source
from solverhub.problems import lp_tokens as tokens
from solverhub.problems.ilp_model import Model
from solverhub.problems.integer_program import INFINITY
from solverhub.problems.lp_format import LpReader, Section

_COMMENT = re.compile(rb"\\[^\n]*")
_BLOCK = re.compile(
    rb"(?P<sign>[-+]?)\s*\[(?P<terms>[^\]]*)(?P<close>\]?)(?P<half>\s*/\s*2(?![\d.]))?"
)
_TERM = re.compile(
    rb"\s*(?P<signs>(?:[-+]\s*)*)(?P<size>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)?\s*\*?\s*"
    rb"(?P<left>[^\s+\-*^<>=:\[\]\\\d.][^\s+\-*^<>=:\[\]\\]*)\s*"
    rb"(?:\^\s*(?P<power>2)(?![\d.])|\*\s*(?P<right>[^\s+\-*^<>=:\[\]\\\d.][^\s+\-*^<>=:\[\]\\]*))"
)


def read_quadratic_lp(source: Source) -> tuple[Model, csc_array]:
    """The linear model and the matrix Q of 1/2 x'Qx in its objective, in the model's own sense."""
    reader = _QuadraticReader(source)
    model = reader.read()
    return model, reader.matrix_of_objective(model.program.n)


class _QuadraticReader(LpReader):
    """Blanks out the brackets of the objective before its linear terms are read."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.starts: list[int] = []
        self.values: list[float] = []
        self.pairs = np.zeros((0, 2), np.int64)

    def _tokens(self, kind: str, start: int, stop: int) -> Section:
        if kind != "objective":
            return super()._tokens(kind, start, stop)
        text = _COMMENT.sub(_blank, self.data[start:stop])
        linear = bytearray(self.data)
        for block in _BLOCK.finditer(text):
            self._block(block, start)
            linear[start + block.start() : start + block.end()] = _blank(block)
        whole, self.bytes = self.bytes, np.frombuffer(bytes(linear), np.uint8)
        section = super()._tokens(kind, start, stop)
        self.bytes = whole
        self._number()
        return section

    def _block(self, block: re.Match[bytes], start: int) -> None:
        begin, end = start + block.start(), start + block.end()
        if not block["close"]:
            raise self._error(begin, "the bracket is not closed", "end the quadratic terms with ]")
        before, after = block.string[: block.start()].rstrip(), block.string[block.end() :].lstrip()
        if before and not block["sign"] and not before.endswith(b":"):
            raise self._error(begin, "no sign before the bracket", "put + or - before [")
        if after and after[:1] not in b"+-[":
            raise self._error(end, "no sign after the bracket", "put + or - between the terms")
        factor = (-1.0 if block["sign"] == b"-" else 1.0) * (1.0 if block["half"] else 2.0)
        at, stop = block.start("terms"), block.end("terms")
        first = True
        while block.string[at:stop].strip():
            term = _TERM.match(block.string, at, stop)
            if term is None or not (first or term["signs"]):
                shown = block.string[at:stop].split()[0][:40].decode("utf-8", "replace")
                raise self._error(
                    start + at,
                    f"{shown!r} starts no quadratic term",
                    "write terms like 2 x^2 and - 3 x * y inside the brackets",
                )
            size = float(term["size"]) if term["size"] else 1.0
            if not size < INFINITY:
                raise self._error(
                    start + at, "the coefficient counts as infinite", "keep sizes below 1e20"
                )
            sign = -1.0 if term["signs"].count(b"-") % 2 else 1.0
            self.values.append(factor * sign * size)
            right = "left" if term["power"] else "right"
            for group in ("left", right):
                self.starts.append(start + term.start(group))
            at, first = term.end(), False

    def _number(self) -> None:
        """Give the names in brackets the ids of their variables, new ones where they are new."""
        starts = np.array(self.starts, np.int32)
        ids = np.empty(starts.size)
        self.n, self.slots = tokens.number_names(
            self.bytes, self.seed, tokens.NAME, np.full(starts.size, tokens.NAME, np.uint8),
            starts, ids, self.slots, self.names, self.name_lengths, self.n,
        )  # fmt: skip
        self.pairs = ids.reshape(-1, 2).astype(np.int64)

    def matrix_of_objective(self, n: int) -> csc_array:
        """Q: a term c x^2 of half the objective is Q_xx = c, a term c x y Q_xy = Q_yx = c / 2."""
        left, right = self.pairs[:, 0], self.pairs[:, 1]
        half = np.array(self.values, dtype=np.float64) / 2
        both = np.concatenate([half, half])
        at = np.concatenate([left, right]), np.concatenate([right, left])
        return csc_array(coo_array((both, at), shape=(n, n)))


def _blank(match: re.Match[bytes]) -> bytes:
    return re.sub(rb"[^\n]", b" ", match[0])

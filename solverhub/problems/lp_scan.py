"""Numba kernels that read rows, costs and bounds of an LP file from its tokens.

What cannot be read ends a kernel with a status and the index of a token; every loop advances.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.problems.integer_program import INFINITY
from solverhub.problems.lp_tokens import (
    BOUND_COEFFICIENT,
    BOUND_FORM,
    BOUND_INFINITE,
    DANGLING,
    DIRECTIONS,
    DONE,
    EQ,
    FREE,
    GE,
    HUGE,
    LABEL,
    LE,
    MINUS,
    MISSING_OPERATOR,
    NAME,
    NO_RELATION,
    NO_VARIABLE,
    NUMBER,
    PLUS,
    RIGHT_SIDE,
    RIGHT_VARIABLE,
    SIDE_INFINITE,
    STAR,
    UNEXPECTED,
)


@njit(cache=True, nogil=True)
def _terms(
    at: int,
    kinds: np.ndarray,
    values: np.ndarray,
    columns: np.ndarray,
    coefficients: np.ndarray,
    entries: int,
) -> tuple[int, int, int, float, int]:
    """(status, next token, entries, constant, numbers) of a sum of terms.

    It ends before a relation, a label, the end, or a term without sign after another.
    """
    count, constant, numbers = kinds.size, 0.0, 0
    first = True
    while at < count:
        sign, signed = 1.0, False
        while at < count and (kinds[at] == PLUS or kinds[at] == MINUS):
            sign = -sign if kinds[at] == MINUS else sign
            signed = True
            at += 1
        if at >= count or (kinds[at] != NUMBER and kinds[at] != NAME):
            if signed:
                return DANGLING, at - 1, entries, constant, numbers
            break
        if not signed and not first:
            break
        first = False
        coefficient = 1.0
        if kinds[at] == NUMBER:
            coefficient = values[at]
            at += 1
            starred = at < count and kinds[at] == STAR
            at += starred
            if at >= count or kinds[at] != NAME:
                if starred:
                    return DANGLING, at - 1, entries, constant, numbers
                constant += sign * coefficient
                numbers += 1
                continue
        if not abs(coefficient) < INFINITY:
            return HUGE, at - 1, entries, constant, numbers
        columns[entries], coefficients[entries] = int(values[at]), sign * coefficient
        entries += 1
        at += 1
    return DONE, at, entries, constant, numbers


@njit(cache=True, nogil=True)
def _value(at: int, kinds: np.ndarray, values: np.ndarray) -> tuple[int, float]:
    """(next token, value) of a signed number; the next token is -1 where there is none."""
    sign = 1.0
    while at < kinds.size and (kinds[at] == PLUS or kinds[at] == MINUS):
        sign = -sign if kinds[at] == MINUS else sign
        at += 1
    if at >= kinds.size or kinds[at] != NUMBER:
        return -1, 0.0
    return at + 1, sign * values[at]


@njit(cache=True, nogil=True)
def scan_objective(
    kinds: np.ndarray,
    values: np.ndarray,
    columns: np.ndarray,
    coefficients: np.ndarray,
) -> tuple[int, int, int, float]:
    """(status, token, entries, constant) of the objective, after its label."""
    at = 1 if kinds.size and kinds[0] == LABEL else 0
    status, at, entries, constant, _ = _terms(at, kinds, values, columns, coefficients, 0)
    if status == DONE and not abs(constant) < INFINITY:
        return HUGE, max(0, at - 1), entries, constant
    if status == DONE and at < kinds.size:
        unsigned = kinds[at] == NUMBER or kinds[at] == NAME
        return MISSING_OPERATOR if unsigned else UNEXPECTED, at, entries, constant
    return status, at, entries, constant


@njit(cache=True, nogil=True)
def scan_constraints(
    kinds: np.ndarray,
    values: np.ndarray,
    fresh: np.ndarray,
    columns: np.ndarray,
    coefficients: np.ndarray,
    first: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    labels: np.ndarray,
) -> tuple[int, int, int]:
    """(status, token, rows): `expr rel v`, `v rel expr` and `v rel expr rel v`.

    Constants of `expr` move to the right.  Row i has the entries first[i]:first[i + 1] of
    `columns` and `coefficients`; `labels` int64 holds its label's token or -1.
    """
    at = rows = entries = 0
    count = kinds.size
    first[0] = 0
    while at < count:
        labels[rows] = -1
        if kinds[at] == LABEL:
            labels[rows] = at
            at += 1
        begin = entries
        status, at, entries, constant, numbers = _terms(
            at, kinds, values, columns, coefficients, entries
        )
        if status != DONE:
            return status, at, rows
        if at >= count or kinds[at] < LE or kinds[at] > EQ:
            return NO_RELATION, min(at, count - 1), rows
        relation, low, high = kinds[at], -np.inf, np.inf
        leading = entries == begin
        at += 1
        right = True
        if leading:
            if numbers == 0:
                return NO_VARIABLE, at - 1, rows
            left = constant
            mirrored = GE if relation == LE else LE if relation == GE else EQ
            status, at, entries, constant, _ = _terms(
                at, kinds, values, columns, coefficients, entries
            )
            if status != DONE:
                return status, at, rows
            if entries == begin:
                return NO_VARIABLE, min(at, count - 1), rows
            if not abs(constant) < INFINITY:
                return HUGE, at - 1, rows
            if mirrored != LE:
                low = left - constant
            if mirrored != GE:
                high = left - constant
            right = at < count and LE <= kinds[at] <= EQ
            if right:
                if kinds[at] != relation or relation == EQ:
                    return DIRECTIONS, at, rows
                at += 1
            elif at < count and kinds[at] != LABEL and not fresh[at]:
                return MISSING_OPERATOR, at, rows
        if right:
            if not leading and not abs(constant) < INFINITY:
                return HUGE, at - 2, rows
            begin_value = at
            at, side = _value(at, kinds, values)
            if at < 0:
                named = begin_value < count and kinds[begin_value] == NAME
                where = min(begin_value, count - 1)
                return RIGHT_VARIABLE if named else RIGHT_SIDE, where, rows
            if at < count and kinds[at] != LABEL:
                if LE <= kinds[at] <= EQ:
                    return DIRECTIONS, at, rows
                if kinds[at] == STAR or not fresh[at]:
                    return RIGHT_VARIABLE, at, rows
            if relation != LE:
                low = side - constant
            if relation != GE:
                high = side - constant
        if not low < INFINITY or not high > -INFINITY:
            return SIDE_INFINITE, at - 1, rows
        lower[rows], upper[rows] = low, high
        rows += 1
        first[rows] = entries
    return DONE, at, rows


@njit(cache=True, nogil=True)
def _set_bound(
    column: int, relation: int, value: float, lower: np.ndarray, upper: np.ndarray
) -> bool:
    """`x relation value`; False where no value could meet it."""
    if relation != LE:
        if value >= INFINITY:
            return False
        lower[column] = value
    if relation != GE:
        if value <= -INFINITY:
            return False
        upper[column] = value
    return True


@njit(cache=True, nogil=True)
def scan_bounds(
    kinds: np.ndarray,
    values: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> tuple[int, int]:
    """(status, token): `x rel v`, `v rel x`, `v rel x rel v` and `x free`; the last one wins.

    `lower` and `upper` float64 (n,) are NaN where no bound has been given.
    """
    at, count = 0, kinds.size
    while at < count:
        begin = at
        if kinds[at] != NAME:
            at, value = _value(at, kinds, values)
            if at < 0:
                return BOUND_FORM, begin
            if at < count and (kinds[at] == NAME or kinds[at] == STAR):
                return BOUND_COEFFICIENT, begin
            if at + 1 >= count or kinds[at] < LE or kinds[at] > EQ or kinds[at + 1] != NAME:
                return BOUND_FORM, begin
            relation, column = kinds[at], int(values[at + 1])
            mirrored = GE if relation == LE else LE if relation == GE else EQ
            if not _set_bound(column, mirrored, value, lower, upper):
                return BOUND_INFINITE, begin
            at += 2
            if at >= count or kinds[at] < LE or kinds[at] > EQ:
                continue
            if kinds[at] != relation or relation == EQ:
                return DIRECTIONS, at
        else:
            column = int(values[at])
            at += 1
            if at >= count:
                return BOUND_FORM, begin
            if kinds[at] == FREE:
                lower[column], upper[column] = -np.inf, np.inf
                at += 1
                continue
            if kinds[at] < LE or kinds[at] > EQ:
                return BOUND_FORM, begin
            relation = kinds[at]
        after, value = _value(at + 1, kinds, values)
        if after < 0:
            return BOUND_FORM, at
        if after < count and kinds[after] == STAR:
            return BOUND_COEFFICIENT, begin
        if not _set_bound(column, relation, value, lower, upper):
            return BOUND_INFINITE, at
        at = after
    return DONE, at

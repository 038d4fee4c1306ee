"""Numba reader of one decimal number in a byte buffer, correctly rounded.

Up to 19 significant digits are exact in 64 bits.  Below 2^53 and powers of ten up to 22 the
number is one correctly rounded operation (Clinger 1990, doi 10.1145/93542.93557); with
powers up to 27 it is a quotient or product of 64-bit integers, rounded here by hand.  The
rest is left to `float`, and what is far beyond 1e20 is infinite.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NUMBER, LATE, NOT_A_NUMBER, MALFORMED = range(4)

_POWERS = 10.0 ** np.arange(23)
_FIVES = np.array([5**k for k in range(28)], dtype=np.uint64)
_LIMIT = np.uint64((2**64 - 10) // 10)
_EXACT = np.uint64(2**53)
_TOP = np.uint64(2**63)
_ONE = np.uint64(1)
_INFINITY = np.frombuffer(b"infinity", dtype=np.uint8)


@njit(cache=True, nogil=True)
def same_word(data: np.ndarray, start: int, stop: int, word: np.ndarray, length: int) -> bool:
    """True if data[start:stop] is the first `length` bytes of the lower-case `word`, any case."""
    if stop - start != length:
        return False
    for k in range(length):
        byte = data[start + k]
        if 65 <= byte <= 90:
            byte += 32
        if byte != word[k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _divide(mantissa: np.uint64, tens: np.int64) -> float:
    """mantissa / 10^tens, rounded to nearest even; 0 < tens < 28, mantissa > 0."""
    scale = tens_shift = 0
    rest, divisor = mantissa, _FIVES[tens]
    while rest < _TOP:
        rest <<= _ONE
        scale += 1
    while divisor < _TOP:
        divisor <<= _ONE
        tens_shift += 1
    quotient, carry = np.uint64(0), False
    for _ in range(56):
        quotient <<= _ONE
        if carry or rest >= divisor:
            rest -= divisor
            quotient |= _ONE
        carry = bool(rest >= _TOP)
        rest <<= _ONE
    sticky = carry or rest != np.uint64(0)
    return _round(quotient, sticky, tens_shift - scale - tens - 55)


@njit(cache=True, nogil=True)
def _multiply(mantissa: np.uint64, tens: np.int64) -> float:
    """mantissa * 10^tens, rounded to nearest even; 0 < tens < 28."""
    half = np.uint64(32)
    mask = np.uint64(2**32 - 1)
    five = _FIVES[tens]
    low = (mantissa & mask) * (five & mask)
    middle = (mantissa >> half) * (five & mask) + (low >> half)
    other = (mantissa & mask) * (five >> half) + (middle & mask)
    high = (mantissa >> half) * (five >> half) + (middle >> half) + (other >> half)
    low = (other << half) | (low & mask)
    shift = 0
    while high >= np.uint64(2**56):
        sticky_bit = low & _ONE
        low = (low >> _ONE) | ((high & _ONE) << np.uint64(63)) | sticky_bit
        high >>= _ONE
        shift += 1
    while high < np.uint64(2**55) and shift > -64:
        high = (high << _ONE) | (low >> np.uint64(63))
        low <<= _ONE
        shift -= 1
    return _round(high, low != np.uint64(0), tens + 64 + shift)


@njit(cache=True, nogil=True)
def _round(bits: np.uint64, sticky: bool, power: np.int64) -> float:
    """bits * 2^power with bits of 55 or 56 binary digits, to nearest even."""
    drop = np.uint64(3) if bits >= np.uint64(2**55) else np.uint64(2)
    if bits < np.uint64(2**54):
        drop = _ONE
    kept = bits >> drop
    half = (bits >> (drop - _ONE)) & _ONE
    lower = (bits & ((_ONE << (drop - _ONE)) - _ONE)) != np.uint64(0) or sticky
    if half == _ONE and (lower or (kept & _ONE) == _ONE):
        kept += _ONE
    return np.float64(kept) * 2.0 ** np.float64(power + np.int64(drop))


@njit(cache=True, nogil=True)
def parse_decimal(data: np.ndarray, start: int, stop: int) -> tuple[int, float]:
    """(status, value) of the whole of data[start:stop].

    Accepted: digits with an optional sign, point and exponent (e or d), `inf`, `infinity`.
    From 1e28 on a number is infinite, as every size above 1e20 is in a model.
    `LATE`: well-formed, but to be converted by `float`; `NOT_A_NUMBER`: nan.
    """
    pos = start
    negative = False
    if pos < stop and (data[pos] == 43 or data[pos] == 45):
        negative = data[pos] == 45
        pos += 1
    if pos < stop and data[pos] > 57:
        if same_word(data, pos, stop, _INFINITY, 3) or same_word(data, pos, stop, _INFINITY, 8):
            return NUMBER, -np.inf if negative else np.inf
        nan = stop - pos == 3 and (data[pos] | 32) == 110 and (data[pos + 1] | 32) == 97
        if nan and (data[pos + 2] | 32) == 110:
            return NOT_A_NUMBER, np.nan
        return MALFORMED, 0.0
    mantissa = np.uint64(0)
    digits = dropped = fraction = 0
    point = False
    while pos < stop:
        byte = data[pos]
        if 48 <= byte <= 57:
            digits += 1
            if mantissa <= _LIMIT and dropped == 0:
                mantissa = mantissa * np.uint64(10) + np.uint64(byte - 48)
                if point:
                    fraction += 1
            else:
                dropped += 1
        elif byte == 46 and not point:
            point = True
        else:
            break
        pos += 1
    if digits == 0:
        return MALFORMED, 0.0
    power = np.int64(0)
    if pos < stop:
        mark = data[pos] | 32
        if mark != 101 and mark != 100:
            return MALFORMED, 0.0
        pos += 1
        down = False
        if pos < stop and (data[pos] == 43 or data[pos] == 45):
            down = data[pos] == 45
            pos += 1
        if pos == stop:
            return MALFORMED, 0.0
        while pos < stop:
            if not 48 <= data[pos] <= 57:
                return MALFORMED, 0.0
            if power < 100000:
                power = power * 10 + np.int64(data[pos] - 48)
            pos += 1
        if down:
            power = -power
    if mantissa == np.uint64(0) and dropped == 0:
        return NUMBER, 0.0
    power -= fraction
    if dropped > 0 or power < -27:
        return LATE, 0.0
    if power > 27:
        return NUMBER, -np.inf if negative else np.inf
    if mantissa <= _EXACT and -22 <= power <= 22:
        value = float(mantissa)
        value = value / _POWERS[-power] if power < 0 else value * _POWERS[power]
    elif power < 0:
        value = _divide(mantissa, -power)
    elif power == 0:
        value = float(mantissa)
    else:
        value = _multiply(mantissa, power)
    return NUMBER, -value if negative else value


def late_value(text: bytes) -> float:
    """The float of a token that `parse_decimal` found to be `LATE`; may be infinite."""
    return float(text.lower().replace(b"d", b"e"))

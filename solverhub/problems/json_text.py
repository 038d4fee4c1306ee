"""Strict JSON text: what the standard parser lets pass but no instance may contain is refused.

Refused with line and column where they are known: NaN and infinities (also as 1e999),
keys given twice, nesting too deep for the parser, numbers of thousands of digits, bytes
that are not UTF-8.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

from solverhub.core.errors import ParseError


class _Refused(ValueError):
    """What a hook of the parser found."""


def parse_json(data: bytes, *, file: str = "<input>") -> Any:
    """The value of a JSON document; `ParseError` names the file and, if known, the place."""
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_constant,
            parse_float=_float,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise ParseError(
            f"not JSON: {error.msg}",
            file=file,
            line=error.lineno,
            column=error.colno,
            remedy="give one complete JSON value",
        ) from error
    except UnicodeDecodeError as error:
        raise ParseError(
            f"byte {error.start} is not UTF-8",
            file=file,
            line=data.count(b"\n", 0, error.start) + 1,
            remedy="save the file as UTF-8",
        ) from error
    except RecursionError as error:
        raise ParseError(
            "JSON is nested too deep", file=file, remedy="no format nests more than a few levels"
        ) from error
    except _Refused as error:
        raise ParseError(
            str(error), file=file, remedy="give finite numbers and distinct keys"
        ) from error
    except ValueError as error:
        raise ParseError(
            "a number has too many digits", file=file, remedy="give numbers of 64-bit size"
        ) from error


def _constant(text: str) -> Any:
    raise _Refused(f"JSON has the value {text}")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused(f"JSON has the value {text[:40]}, which is not finite as a 64-bit number")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise _Refused(f"JSON has the key {twice[:80]!r} twice in one object")
    return found

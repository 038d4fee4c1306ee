"""Fixed-form MPS: spaces inside names, found by the columns of the format.

A file whose data lines all fit the columns is turned into free form of the same length by
putting a marker byte in the place of every space inside a name, so that one set of
kernels reads both forms and offsets still point into the file.
"""

from __future__ import annotations

SPACE = b"\x7f"
"""Stands for a space inside a name; a file that has this byte is never read as fixed form."""

_NAMES = ((4, 12), (14, 22), (39, 47))
_GAPS = ((0, 1), (3, 4), (12, 14), (22, 24), (36, 39), (47, 49))
_WIDTH = 61


def unspaced(data: bytes) -> bytes | None:
    """The file with marked spaces, or None where it is not fixed form or no name has a space."""
    if SPACE in data or b"\t" in data:
        return None
    out: list[bytes] = []
    spaced = False
    for line in data.split(b"\n"):
        if line[:1] not in (b" ", b"\r", b"") and line[:1] != b"*":
            out.append(line)
            if line.upper().startswith(b"ENDATA"):
                break
            continue
        marked = _marked(line)
        if marked is None:
            return None
        spaced = spaced or marked != line
        out.append(marked)
    read = b"\n".join(out)
    return read + data[len(read) :] if spaced else None


def _marked(line: bytes) -> bytes | None:
    """The data line with marked spaces, or None where it does not fit the columns."""
    if line[:1] == b"*" or not line.strip():
        return line
    if len(line.rstrip()) > _WIDTH or any(line[low:high].strip() for low, high in _GAPS):
        return None
    marked = bytearray(line)
    for low, high in _NAMES:
        field = line[low:high]
        name = field.strip()
        start = low + field.find(name)
        marked[start : start + len(name)] = name.replace(b" ", SPACE)
    return bytes(marked)

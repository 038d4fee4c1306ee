"""Arrays of `.npy` and `.npz` files; nothing is unpickled."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from solverhub.core.errors import InputError, InputTooLarge, ParseError
from solverhub.core.problem import Source

NPY_MAGIC = b"\x93NUMPY"
ZIP_MAGIC = b"PK\x03\x04"

_SMALL = 2**26
_RATIO = 250


def npz_arrays(source: Source) -> dict[str, np.ndarray]:
    """The arrays of an archive by name; `ParseError` or `InputTooLarge`."""
    found: dict[str, np.ndarray] = {}
    left = max(_SMALL, _RATIO * len(source.data))
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            for member in archive.infolist():
                if not member.filename.endswith(".npy"):
                    continue
                left -= member.file_size
                if left < 0:
                    raise InputTooLarge(
                        f"{source.name}: its arrays are more than {_RATIO} times the file",
                        remedy="store them uncompressed",
                    )
                name = member.filename[:-4]
                found[name] = npy_array(archive.read(member), source, name)
    except InputError:
        raise
    except Exception as error:  # a foreign parser on bytes that may be anything
        raise ParseError(
            f"the archive is broken: {str(error)[:100]}",
            file=source.name,
            remedy="write the file again",
        ) from error
    return found


def npy_array(data: bytes, source: Source, what: str) -> np.ndarray:
    """The array of `.npy` bytes, a view of them; object arrays are refused."""
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        if dtype.hasobject or dtype.kind not in "biufSU":
            raise ValueError(f"its dtype is {dtype}")
        count = int(np.prod([int(size) for size in shape], dtype=object)) if shape else 1
        if count < 0 or count * dtype.itemsize > len(data) - stream.tell():
            raise ValueError("its data is shorter than its shape")
        flat = np.frombuffer(data, dtype, count, stream.tell())
        return flat.reshape(shape, order="F" if fortran else "C")
    except (ValueError, TypeError, SyntaxError, OverflowError, RecursionError) as error:
        raise ParseError(
            f"{what} is not a readable array: {str(error)[:100]}",
            file=source.name,
            remedy="write a numeric array with numpy.save",
        ) from error


def npz_names(source: Source) -> list[str]:
    """Names of the arrays of an archive, without reading them; none where it is broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            names = archive.namelist()
    except Exception:  # as above; reading the file says what is wrong
        return []
    return [name[:-4] for name in names if name.endswith(".npy")]

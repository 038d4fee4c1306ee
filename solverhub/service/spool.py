"""Large inputs on disk, each under the SHA-256 of its bytes.

A file is written under a temporary name, synced and renamed, so that what has a digest for
a name is whole.  Writers of the same bytes agree on the name and may overtake each other.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from solverhub.core.errors import InputTooLarge, SolverhubError, StorageFull, UnknownId

_PARTIAL = ".part"
_ABANDONED_S = 86400.0


class Spool:
    """A folder of inputs."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder, self.max_bytes = folder, max_bytes

    def open(self) -> Incoming:
        """Start a file."""
        return Incoming(self.folder, self.max_bytes)

    def keep(self, body: bytes) -> str:
        """Write bytes at hand and return their digest."""
        with self.open() as incoming:
            incoming.write(body)
            return incoming.commit()

    def path(self, digest: str) -> Path:
        """Where the file of a digest is; `UnknownId` when it is not."""
        path = self.folder / _file_name(digest)
        if not path.is_file():
            raise UnknownId(
                f"no instance has the digest {digest[:80]!r}", remedy="upload the file again"
            )
        return path

    def remove(self, digest: str) -> None:
        """Delete a file if it is there."""
        (self.folder / _file_name(digest)).unlink(missing_ok=True)

    def files(self) -> Iterator[tuple[str, float]]:
        """Digests of the files and when each was written."""
        for entry in os.scandir(self.folder):
            if not entry.name.endswith(_PARTIAL):
                with contextlib.suppress(FileNotFoundError):
                    yield f"sha256:{entry.name}", entry.stat().st_mtime

    def sweep(self) -> None:
        """Delete what an upload left that never ended."""
        for entry in os.scandir(self.folder):
            with contextlib.suppress(FileNotFoundError):
                old = entry.stat().st_mtime < time.time() - _ABANDONED_S
                if entry.name.endswith(_PARTIAL) and old:
                    os.unlink(entry.path)


class Incoming:
    """A file on its way in; used as a context manager it is thrown away unless committed."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._hash = hashlib.sha256()
        self.size = 0
        with _disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
            fd, name = tempfile.mkstemp(suffix=_PARTIAL, dir=folder)
        self._file = os.fdopen(fd, "wb")
        self._path: Path | None = Path(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.abort()

    def write(self, chunk: bytes) -> None:
        """Append; `InputTooLarge` beyond the limit, `StorageFull` when the disk is."""
        self.size += len(chunk)
        if self.size > self._max_bytes:
            self.abort()
            raise InputTooLarge(
                f"the file exceeds {self._max_bytes} bytes",
                remedy="compress it, or raise SOLVERHUB_MAX_FILE_BYTES",
            )
        self._hash.update(chunk)
        with _disk_errors(self):
            self._file.write(chunk)

    def commit(self) -> str:
        """Keep the file and return its digest."""
        if self._path is None:
            raise SolverhubError("the upload was given up before", remedy="start it again")
        digest = f"sha256:{self._hash.hexdigest()}"
        with _disk_errors(self):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._path, self._path.parent / _file_name(digest))
            _sync_folder(self._path.parent)
        self._path = None
        return digest

    def abort(self) -> None:
        """Throw the bytes away; harmless after `commit`."""
        path, self._path = self._path, None
        if path is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _disk_errors(incoming: Incoming | None = None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if incoming is not None:
            incoming.abort()
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull() from error
        raise


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _file_name(digest: str) -> str:
    name = digest.removeprefix("sha256:")
    if len(name) != 64 or not all(digit in "0123456789abcdef" for digit in name):
        raise UnknownId(
            f"{digest[:80]!r} is not the digest of an instance",
            remedy="give sha256: and 64 hexadecimal digits, as PUT /v1/instances answered",
        )
    return name

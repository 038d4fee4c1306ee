"""CUDA kernels of `kernels/`: source, compiled module, arrays on the device.  Needs CuPy."""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any

from solverhub import assets
from solverhub.core.errors import MissingDependency

OPTIONS = ("--std=c++17",)
_DL_CUDA = 2  # kDLCUDA of DLPack


@cache
def cupy() -> Any:
    """The CuPy module; MissingDependency where it or a device is missing."""
    try:
        import cupy as module
    except ImportError as error:
        raise MissingDependency(
            "device 'cuda' needs CuPy", remedy="pip install 'solverhub[cuda]', or use device='cpu'"
        ) from error
    try:
        count = module.cuda.runtime.getDeviceCount()
    except module.cuda.runtime.CUDARuntimeError as error:
        raise MissingDependency(f"no CUDA device: {error}", remedy="use device='cpu'") from error
    if count == 0:
        raise MissingDependency("no CUDA device is visible", remedy="use device='cpu'")
    return module


@cache
def _module(op: str, device: int) -> Any:
    folder = assets.folder("kernels")
    # CuPy's cache on disk knows the source and the options, and not the headers
    headers = zlib.crc32(b"".join(path.read_bytes() for path in sorted(folder.glob("*.cuh"))))
    options = (*OPTIONS, f"--include-path={folder}", f"-DHEADERS={headers}")
    return cupy().RawModule(code=(folder / f"{op}.cu").read_text(), options=options)


@cache
def _kernel(op: str, name: str, device: int) -> Any:
    return _module(op, device).get_function(name)


def kernel(op: str, name: str | None = None) -> Any:
    """Function `name`, or `op`, of `kernels/<op>.cu`.

    Compiled once a process and device, and cached on disk.
    """
    return _kernel(op, name or op, cupy().cuda.Device().id)


def on_device(array: Any) -> Any:
    """A CuPy array: of the same memory where `array` is on a device already, else a copy."""
    cp = cupy()
    if isinstance(array, cp.ndarray):
        return array
    return cp.from_dlpack(array) if is_on_device(array) else cp.asarray(array)


def is_on_device(array: Any) -> bool:
    """Whether `array` (CuPy, torch, ...) lies on a CUDA device."""
    return hasattr(array, "__dlpack_device__") and array.__dlpack_device__()[0] == _DL_CUDA

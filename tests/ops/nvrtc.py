"""NVRTC by ctypes: compiles CUDA C++ without a device, and without CuPy."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
from functools import cache


@cache
def library() -> ctypes.CDLL:
    """libnvrtc of the wheel `nvidia-cuda-nvrtc`, else the system's; OSError without either."""
    try:
        files = importlib.metadata.files("nvidia-cuda-nvrtc") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    found = [f for f in files if f.name.startswith("libnvrtc.so") or f.name.startswith("nvrtc64")]
    place = str(found[0].locate()) if found else ctypes.util.find_library("nvrtc")
    if place is None:
        raise OSError("no libnvrtc: pip install nvidia-cuda-nvrtc")
    return ctypes.CDLL(place)


def compile_cubin(source: str, name: str, *options: str) -> bytes:
    """Machine code of the source; ValueError with the compiler's log when it does not compile."""
    nvrtc, program = library(), ctypes.c_void_p()
    text = (source.encode(), name.encode())
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), *text, 0, None, None) == 0
    try:
        flags = (ctypes.c_char_p * len(options))(*map(str.encode, options))
        failed = nvrtc.nvrtcCompileProgram(program, len(options), flags)
        log = _text(program, nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog)
        if failed:
            raise ValueError(f"{name} does not compile:\n{log.decode()}")
        return _text(program, nvrtc.nvrtcGetCUBINSize, nvrtc.nvrtcGetCUBIN)
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def _text(program: ctypes.c_void_p, ask_size: object, ask: object) -> bytes:
    size = ctypes.c_size_t()
    assert ask_size(program, ctypes.byref(size)) == 0
    buffer = ctypes.create_string_buffer(size.value)
    assert ask(program, buffer) == 0
    return buffer.raw

"""Finds the files that are served or loaded: `api`, `models`, `kernels`, `instances`.

A wheel carries them under `solverhub/_assets/`; a checkout has them beside the package.
"""

from __future__ import annotations

from pathlib import Path

FOLDERS = ("api", "models", "kernels", "instances")
_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Path of one of `FOLDERS`; `FileNotFoundError` when the installation lacks it."""
    for base in (_PACKAGE / "_assets", _PACKAGE.parent):
        if (base / name).is_dir():
            return base / name
    raise FileNotFoundError(f"the installation has no {name!r} folder: reinstall solverhub")

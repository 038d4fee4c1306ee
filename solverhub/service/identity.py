"""Names of things in the store: time-ordered ids, tokens and digests."""

from __future__ import annotations

import hashlib
import secrets
import time


def new_id() -> str:
    """A fresh id of 32 hexadecimal digits; later ones sort behind earlier ones."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(9)}"


def new_token() -> str:
    """A fencing token: nobody else has it."""
    return secrets.token_hex(16)


def digest(*parts: bytes) -> str:
    """`sha256:...` of the parts one after the other."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part)
    return f"sha256:{hasher.hexdigest()}"

"""The JSON form of photonic challenges.

    {"challenge": "waveguide-bend", "design": [40, 40], "resolution_nm": 50,
     "wavelengths_nm": [1270, 1290], "brush": 3, "guide": 8, "inputs": [16], "outputs": [16]}

"challenge" and "design" are needed, the rest defaults as in `PhotonicInstance.of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solverhub.core.errors import InvalidInstance
from solverhub.problems.photonic_instance import PhotonicInstance

_KNOWN = frozenset(
    {
        *("problem", "name", "challenge", "design", "resolution_nm", "wavelengths_nm"),
        *("brush", "guide", "inputs", "outputs"),
    }
)


def from_wire(wire: Mapping[str, Any]) -> PhotonicInstance:
    """The instance of a JSON form; raises `InvalidInstance`."""
    if not isinstance(wire, Mapping):
        raise InvalidInstance("the instance is not a JSON object")
    unknown = sorted(set(wire) - _KNOWN)
    if unknown:
        known = ", ".join(sorted(_KNOWN))
        raise InvalidInstance(f"unknown key {str(unknown[0])[:80]!r}", remedy=f"known are {known}")
    for key in ("challenge", "design"):
        if wire.get(key) is None:
            raise InvalidInstance(f'there is no "{key}"', remedy=f'give "{key}"')
    if not isinstance(wire["challenge"], str):
        raise InvalidInstance('"challenge" is not a string')
    shape = _wholes(wire["design"], "design")
    if len(shape) != 2:
        raise InvalidInstance('"design" is not two numbers', remedy="give the pixels along x and y")
    given: dict[str, Any] = {}
    if wire.get("resolution_nm") is not None:
        given["resolution_nm"] = _number(wire["resolution_nm"], "resolution_nm")
    if wire.get("wavelengths_nm") is not None:
        waves = _list(wire["wavelengths_nm"], "wavelengths_nm")
        given["wavelengths_nm"] = tuple(_number(each, "wavelengths_nm") for each in waves)
    for key in ("brush", "guide"):
        if wire.get(key) is not None:
            given[key] = _whole(wire[key], key)
    for key in ("inputs", "outputs"):
        if wire.get(key) is not None:
            given[key] = _wholes(wire[key], key)
    return PhotonicInstance.of(wire["challenge"], (shape[0], shape[1]), **given)


def to_wire(instance: PhotonicInstance) -> dict[str, Any]:
    """The JSON form, with nothing left out."""
    return {
        "challenge": instance.challenge,
        "design": list(instance.shape),
        "resolution_nm": instance.resolution_nm,
        "wavelengths_nm": list(instance.wavelengths_nm),
        "brush": instance.brush,
        "guide": instance.guide,
        "inputs": list(instance.inputs),
        "outputs": list(instance.outputs),
    }


def _list(value: Any, key: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise InvalidInstance(f'"{key}" is {value!r:.40}', remedy="give a list of numbers")
    return list(value)


def _wholes(value: Any, key: str) -> tuple[int, ...]:
    return tuple(_whole(each, key) for each in _list(value, key))


def _whole(value: Any, key: str) -> int:
    number = _number(value, key)
    if not (abs(number) < 2**31 and number == int(number)):
        raise InvalidInstance(f'"{key}" has {value!r:.40}', remedy="give whole numbers of pixels")
    return int(number)


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInstance(f'"{key}" has {value!r:.40}', remedy="give a number")
    try:
        return float(value)
    except OverflowError as error:
        raise InvalidInstance(f'"{key}" has a number beyond 1e308') from error

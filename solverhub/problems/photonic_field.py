"""Light on a grid: finite differences in frequency for the field E_z, in two dimensions.

With lengths in pixels and k = 2 pi / wavelength, the field e of a current b solves

    A e = b,    A = -(Dx' Dx + Dy' Dy) - k^2 diag(permittivity),

D' and D forward and backward differences, stretched into complex coordinates in the absorbing
layers (Shin and Fan, J. Comput. Phys. 2012, doi:10.1016/j.jcp.2012.01.013).  A port's amplitudes
are overlaps with its mode: that of the light into the device and that of the light out of it.
Both are linear in e; the scattering parameter of a port is its outgoing amplitude over the
incoming one of the first port.  Conventions (stretching, where fields are read) are those of
`ceviche` 0.1.3, so that numbers agree with it.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import csc_array, diags_array, eye_array, kron
from scipy.sparse.linalg import splu
from threadpoolctl import ThreadpoolController

from solverhub.problems.photonic_instance import ABSORBER, CLADDING, SLAB, PhotonicInstance, Port

_ATTENUATION = 30.0
"""-log of what a layer reflects in the continuum; its conductivity grows with the third power."""


@dataclass(frozen=True, eq=False)
class Wave:
    """One wavelength on an instance's grid of n points, x-major.

    - `operator`: complex A (n, n) with the permittivity 0; `k2`: k squared.
    - `source`: complex (n,), the first port's mode.
    - `outward`: complex (ports, n), rows that read outgoing amplitudes; `inward`: (n,), the
      incoming one at the first port.
    """

    operator: csc_array
    k2: float
    source: np.ndarray
    outward: np.ndarray
    inward: np.ndarray


@lru_cache(maxsize=4)
def wave(instance: PhotonicInstance, wavelength_nm: float) -> Wave:
    """The system of one wavelength; not to be written to, the last few are kept."""
    k = 2 * math.pi * instance.resolution_nm / wavelength_nm
    back = [_backward(side, k) for side in instance.grid]
    ahead = [_forward(side, k) for side in instance.grid]
    ones = [eye_array(side) for side in instance.grid]
    across, up = ahead[0] @ back[0], ahead[1] @ back[1]
    operator = -(kron(across, ones[1]) + kron(ones[0], up))
    permittivity = permittivity_of(instance, None)
    readings = [_reading(port, permittivity, back, k) for port in instance.ports]
    source = np.zeros(instance.grid, dtype=complex)
    first = instance.ports[0]
    source[_line(first, 0)] = _mode(first, permittivity, k)[0]
    return Wave(
        csc_array(operator),
        k * k,
        source.ravel(),
        np.stack([outward for _, outward in readings]),
        readings[0][0],
    )


def permittivity_of(instance: PhotonicInstance, design: np.ndarray | None) -> np.ndarray:
    """float64 of the grid's shape; the design, of numbers 0..1, is void where it is None."""
    solid = instance.background.astype(float)
    if design is not None:
        (x, y), (width, height) = instance.corner, instance.shape
        solid[x : x + width, y : y + height] = design
    found: np.ndarray = CLADDING + (SLAB - CLADDING) * solid
    return found


def fields(instance: PhotonicInstance, design: np.ndarray) -> np.ndarray:
    """complex (waves, *grid): E_z of a design for light in the first port."""
    permittivity = permittivity_of(instance, design).ravel()
    found = []
    with one_blas_thread():
        for wavelength in instance.wavelengths_nm:
            system = wave(instance, wavelength)
            factors = factorise(csc_array(system.operator - diags_array(system.k2 * permittivity)))
            found.append(factors.solve(system.source).reshape(instance.grid))
    return np.stack(found)


def scattering(instance: PhotonicInstance, field: np.ndarray) -> np.ndarray:
    """complex (waves, ports): the scattering parameters that fields (waves, *grid) show."""
    rows = []
    for wavelength, each in zip(instance.wavelengths_nm, field, strict=True):
        system = wave(instance, wavelength)
        rows.append(system.outward @ each.ravel() / (system.inward @ each.ravel()))
    return np.stack(rows)


def misfit(instance: PhotonicInstance, power: np.ndarray) -> float:
    """The mean over wavelengths of the squared distance of power, (waves, ports), to its window."""
    least, most = instance.windows
    outside = np.maximum(least - power, 0) + np.maximum(power - most, 0)
    return float((outside**2).sum() / len(outside))


def one_blas_thread() -> AbstractContextManager[object]:
    """Keep the BLAS to the caller's thread.

    Its blocks here are small: on a busy machine more threads make them a hundred times slower.
    """
    limited: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limited


def factorise(matrix: csc_array) -> splu:
    """LU of a matrix with a nearly symmetric pattern and no small diagonal.

    Its supernodes are thin: panels wider than a column make SuperLU up to twice as slow.
    """
    return splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=1e-3,
        panel_size=1,
        options={"SymmetricMode": True},
    )


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def _backward(side: int, k: float) -> csc_array:
    """(side, side): f[i] - f[i - 1], stretched; no light comes from beyond the ends."""
    plain = diags_array([np.ones(side), -np.ones(side - 1)], offsets=[0, -1])
    return csc_array(diags_array(1 / _stretch(side, k, 1.0)) @ plain)


def _forward(side: int, k: float) -> csc_array:
    """(side, side): f[i + 1] - f[i], stretched half a pixel further."""
    plain = diags_array([-np.ones(side), np.ones(side - 1)], offsets=[0, 1])
    return csc_array(diags_array(1 / _stretch(side, k, 0.5)) @ plain)


def _stretch(side: int, k: float, shift: float) -> np.ndarray:
    """complex (side,): 1 - i conductivity, from 0 at the inner end of each absorbing layer."""
    at = np.arange(side)
    depth = np.where(at <= ABSORBER, ABSORBER - at + shift, 0.0)
    depth = np.where(at > side - ABSORBER, at - (side - ABSORBER) - shift, depth)
    strength = 2 * _ATTENUATION / (k * ABSORBER)
    found: np.ndarray = 1 - 1j * strength * (depth / ABSORBER) ** 3
    return found


def _line(port: Port, ahead: int) -> tuple[int | slice, int | slice]:
    """The pixels of a port, `ahead` of it along its axis."""
    across = slice(port.lo, port.hi)
    return (port.at + ahead, across) if port.axis == 0 else (across, port.at + ahead)


def _mode(port: Port, permittivity: np.ndarray, k: float) -> tuple[np.ndarray, float]:
    """The mode's field on the port's line and its wave number a pixel.

    [d^2 + k^2 permittivity] e = beta^2 e with periodic ends, of which the `order`-th largest
    eigenvalue counts.
    """
    across = permittivity[_line(port, 0)]
    n = len(across)
    matrix = np.diag(k * k * across - 2) + np.eye(n, k=1) + np.eye(n, k=-1)
    matrix[0, -1] = matrix[-1, 0] = 1
    values, vectors = eigh(matrix, subset_by_index=[n - port.order, n - port.order])
    return vectors[:, 0], math.sqrt(max(float(values[0]), 0.0))


def _reading(
    port: Port, permittivity: np.ndarray, back: list[csc_array], k: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n,) that read a port's amplitudes into and out of the device, one pixel behind it.

    Poynting overlaps of the mode (e, h = beta e) with the field: e . h' measures the difference
    of the two amplitudes and h . e' their sum; e' is the mean of both sides of where h' lies.
    """
    mode, beta = _mode(port, permittivity, k)
    shape = permittivity.shape
    electric, magnetic = np.zeros(shape, dtype=complex), np.zeros(shape, dtype=complex)
    here, before = port.at + port.sign, port.at + port.sign - 1
    slope = back[port.axis][[here], :].toarray().ravel()
    for at, weight in ((before, slope[before]), (here, slope[here])):
        electric[_line(port, at - port.at)] = 0.5 * beta * mode
        magnetic[_line(port, at - port.at)] = 1j * weight * mode
    scale = 2 * math.sqrt(2 * beta * float(mode @ mode))
    ahead, behind = (electric + magnetic).ravel() / scale, (electric - magnetic).ravel() / scale
    return (ahead, behind) if port.sign > 0 else (behind, ahead)

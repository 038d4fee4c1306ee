"""Multilevel clustering: label propagation, contraction, refinement on the way back (Hausberger,
Faraj and Schulz, ALENEX 2025, arXiv:2208.13618).

On each level vertices begin alone and go, in random order, to the cluster that gains most; what
came together is one vertex of the next level.  On the way back single vertices move, and clusters
exchange vertices (`clustering_exchange`).
"""

from __future__ import annotations

import numpy as np

from solverhub.search.clustering_exchange import exchange
from solverhub.search.clustering_form import Form, dense
from solverhub.search.clustering_moves import bath_memory, descend, heat_bath, tally

_SWEEPS = 4
_WORK = 20_000_000
"""Entries that the exchanges on one level may read: a tenth of a second."""


def multilevel(form: Form, rng: np.random.Generator) -> np.ndarray:
    """Labels int64 (n,) within 0..n-1."""
    labels = _moved(form, rng.permutation(form.n), _SWEEPS)
    k = int(labels.max(initial=-1)) + 1
    if 1 < k < form.n:
        labels = multilevel(form.contracted(labels), rng)[labels]
    return refined(form, labels)


def refined(form: Form, labels: np.ndarray) -> np.ndarray:
    """Labels 0..k-1 after moves of vertices and exchanges."""
    labels = dense(labels)
    _descend(form, labels, 20)
    return exchange(form, labels, _WORK)


def quench(form: Form, labels: np.ndarray, state: np.ndarray, temperatures: np.ndarray) -> None:
    """Change `labels` by a sweep of heat baths at each temperature, then descend.

    `state`: that of `heat_bath`.
    """
    mass, count, free = tally(labels, form.size)
    here = (*form.rows, form.size, form.kappa, labels, mass, count, free)
    memory = bath_memory(form.n)
    for temperature in temperatures:
        heat_bath(*here, state, memory, float(temperature), form.n)
    descend(*here, 20 * form.n)


def _moved(form: Form, order: np.ndarray, sweeps: int) -> np.ndarray:
    """Labels 0..k-1 of vertices that move from clusters of their own, in this order."""
    place = np.empty(form.n, np.int64)
    place[order] = np.arange(form.n)
    u, v = place[form.u], place[form.v]
    turned = Form(np.minimum(u, v), np.maximum(u, v), form.weights, form.size[order], form.kappa)
    labels = np.arange(form.n)
    _descend(turned, labels, sweeps)
    return dense(labels[place])


def _descend(form: Form, labels: np.ndarray, sweeps: int) -> None:
    mass, count, free = tally(labels, form.size)
    here = (form.size, form.kappa, labels, mass, count, free)
    descend(*form.rows, *here, sweeps * form.n)

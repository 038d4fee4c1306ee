"""Planted colours: the same seed gives the same hypergraph, and no noise no conflict."""

import pytest

from solverhub.core.errors import InvalidParams
from solverhub.problems import families
from solverhub.problems.generators import generate
from solverhub.search.coloured_form import Incidence

FAMILY = families.get("edge-coloured-clustering")


def test_equal_seeds_give_equal_hypergraphs():
    first, second, other = (
        FAMILY.digest(generate("planted-colours", seed, n=30, m=50).instance) for seed in (3, 3, 4)
    )
    assert first == second != other


def test_without_noise_every_vote_is_right():
    instance = generate("planted-colours", 1, n=60, m=200, noise=0.0).instance
    assert FAMILY.objective(instance, Incidence.of(instance).vote) == 0
    assert FAMILY.digest(FAMILY.from_wire(FAMILY.to_wire(instance)).instance) == FAMILY.digest(
        instance
    )


def test_sizes_are_checked():
    for fault in ({"colours": 0}, {"noise": 2}, {"largest": 0}, {"weights": 0}):
        with pytest.raises(InvalidParams):
            generate("planted-colours", 1, **{"n": 10, "m": 5, **fault})

"""Any differentiable objective over a set with an easy linear problem: `minimise`.

    import torch
    from solverhub import surrogate

    wanted = torch.rand(6, 6)
    outcome = surrogate.minimise(
        lambda x: ((x * wanted).sum(1) - 0.5).square().sum(), surrogate.Assignment(6, 6)
    )
    print(outcome.value, outcome.x)

The method is SurCo (`learned.surco`): gradient steps on the costs of a linear surrogate.  Every
answer lies in the set; nothing says how far from the best it is.
"""

from solverhub.surrogate.batch import minimise_each
from solverhub.surrogate.feasible_sets import (
    Assignment,
    FeasibleSet,
    Knapsacks,
    Matchings,
    Paths,
    Placements,
    Programs,
    SpanningTrees,
    Subsets,
)
from solverhub.surrogate.minimise import Outcome, minimise

__all__ = [
    "Assignment",
    "FeasibleSet",
    "Knapsacks",
    "Matchings",
    "Outcome",
    "Paths",
    "Placements",
    "Programs",
    "SpanningTrees",
    "Subsets",
    "minimise",
    "minimise_each",
]

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="SurCo needs torch")

from solverhub import catalog  # noqa: E402
from solverhub.core.budget import Budget  # noqa: E402
from solverhub.core.errors import InvalidInstance  # noqa: E402
from solverhub.learned.surco_domains import domain  # noqa: E402
from solverhub.learned.surco_photonics import mirrored  # noqa: E402
from solverhub.problems.generators import generate  # noqa: E402
from solverhub.problems.generators.photonic import BENCHMARK_SEEDS  # noqa: E402
from solverhub.problems.photonic_design import PhotonicDesign  # noqa: E402

DOMAIN = domain("photonic-design")
KINDS = ("waveguide-bend", "mode-converter")


def small(kind, seed=3):
    return generate(kind, seed, side=12, shift=1).instance


def turned(instance, design):
    return design.T if instance.challenge == "waveguide-bend" else design[:, ::-1]


def test_training_leaves_out_the_benchmark_and_its_mirror_images():
    kept = [generate(name, seed).instance for name in KINDS for seed in BENCHMARK_SEEDS]
    kept += [mirrored(instance) for instance in kept]
    rng = np.random.default_rng(0)
    assert not any(DOMAIN.draw(rng) in kept for _ in range(2000))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mirror_image_passes_the_same_light(kind):
    instance = replace(small(kind), inputs=(1,), outputs=(3,))
    other = mirrored(instance)
    assert mirrored(other) == instance
    design = np.random.default_rng(0).random(instance.shape) < 0.5
    problem = PhotonicDesign()
    ours = problem.power(instance, design)
    theirs = problem.power(other, np.ascontiguousarray(turned(instance, design)))
    # a bend in the mirror is lit from the other end, and what is read is no perfect mode
    assert ours[:, 1] == pytest.approx(theirs[:, 1], rel=1e-2)
    if kind == "mode-converter":
        assert ours == pytest.approx(theirs, rel=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_mirror_images_get_mirrored_costs(kind):
    instance = replace(small(kind), inputs=(1,), outputs=(3,))
    torch.manual_seed(0)
    network = DOMAIN.network({"width": 8})
    with torch.no_grad():
        ours, theirs = (
            network(*DOMAIN.features(each)).numpy().reshape(each.shape)
            for each in (instance, mirrored(instance))
        )
    assert turned(instance, ours) == pytest.approx(theirs, rel=1e-4, abs=1e-5)


def test_the_slope_of_a_grey_design_is_its_own():
    instance = small("waveguide-bend")
    rng = np.random.default_rng(1)
    costs, way = rng.standard_normal((2, instance.n_pixels))
    slope = DOMAIN.relaxed(instance, costs, 0.3)[1]
    ahead, behind = (DOMAIN.relaxed(instance, costs + s * way, 0.3)[0] for s in (1e-5, -1e-5))
    assert slope @ way == pytest.approx((ahead - behind) / 2e-5, rel=1e-4)


def test_relaxed_designs_end_as_drawn_ones():
    instance = small("mode-converter")
    costs = np.random.default_rng(2).standard_normal(instance.n_pixels)
    drawn = DOMAIN.oracle(instance)(costs)
    assert DOMAIN.relaxed(instance, costs, 1.0)[0] >= DOMAIN.value(instance, drawn)


@pytest.mark.parametrize("name", ["surco-prior", "surco-hybrid"])
def test_kinds_that_no_prior_knows_are_refused(name):
    instance = generate("beam-splitter", 0, length=14, height=24, shift=0).instance
    solver = catalog.solver("photonic-design", name)
    with pytest.raises(InvalidInstance, match="bends and converters"):
        solver.solve(instance, Budget.start(5), params=solver.Params(), seed=0)


def test_the_prior_does_better_than_chance_and_the_hybrid_begins_there():
    instance = generate("waveguide-bend", BENCHMARK_SEEDS[0]).instance
    found = {}
    for name in ("surco-zero", "surco-prior", "surco-hybrid"):
        solver = catalog.solver("photonic-design", name)
        budget = Budget.start(60, iterations=1, threads=1)
        found[name] = solver.solve(instance, budget, params=solver.Params(), seed=0)
    assert found["surco-prior"].objective < 0.1 * found["surco-zero"].objective
    assert np.array_equal(found["surco-prior"].solution, found["surco-hybrid"].solution)

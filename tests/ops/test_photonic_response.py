import numpy as np
import pytest

from solverhub.ops.photonic_response import Response
from solverhub.problems.photonic_design import PhotonicDesign
from solverhub.problems.photonic_instance import CHALLENGES, PhotonicInstance

PROBLEM = PhotonicDesign()


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_it_is_the_judges_misfit_with_its_gradient(challenge):
    instance = PhotonicInstance.of(challenge, (12, 28))
    response = Response(instance)
    rng = np.random.default_rng(0)
    design = rng.random(instance.shape) < 0.5
    power = PROBLEM.power(instance, design)
    assert response.powers(design) == pytest.approx(power, rel=1e-9, abs=1e-12)
    assert response.misfit(design)[0] == pytest.approx(PROBLEM.objective(instance, design))
    density, way = rng.random(instance.shape), rng.standard_normal(instance.shape)
    slope = response.misfit(density)[1]
    ahead, behind = (response.misfit(density + s * way)[0] for s in (1e-5, -1e-5))
    assert (slope * way).sum() == pytest.approx((ahead - behind) / 2e-5, rel=1e-5)


def test_threads_change_nothing():
    instance = PhotonicInstance.of("waveguide-bend", (10, 10), wavelengths_nm=(1270, 1280, 1290))
    design = np.random.default_rng(1).random((10, 10)) < 0.5
    one, two = (Response(instance, threads=n).misfit(design) for n in (1, 2))
    assert one[0] == two[0]
    assert np.array_equal(one[1], two[1])

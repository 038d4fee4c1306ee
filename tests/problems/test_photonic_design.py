import itertools

import numpy as np
import pytest

from solverhub.core.errors import InvalidInstance, InvalidSolution, ParseError
from solverhub.core.problem import Source
from solverhub.problems.generators import generate
from solverhub.problems.photonic_brush import offsets, opened, unpainted
from solverhub.problems.photonic_design import PhotonicDesign
from solverhub.problems.photonic_field import fields, misfit, scattering
from solverhub.problems.photonic_instance import CHALLENGES, PhotonicInstance
from solverhub.problems.reading import read

PROBLEM = PhotonicDesign()
SMALL = PhotonicInstance.of("waveguide-bend", (10, 10))


def drawn(shape, diameter, design):
    """What touches within the solid cover, pixel by pixel."""
    covered = np.zeros(shape, dtype=bool)
    for x, y in itertools.product(*map(range, shape)):
        disc = [
            (i, j)
            for i, j in itertools.product(*map(range, shape))
            if 4 * ((i - x) ** 2 + (j - y) ** 2) < diameter**2
        ]
        if all(design[i, j] for i, j in disc):
            for i, j in disc:
                covered[i, j] = True
    return covered


@pytest.mark.parametrize("diameter", [1, 3, 5])
def test_opening_is_what_touches_cover(diameter):
    rng = np.random.default_rng(diameter)
    for _ in range(10):
        design = rng.random((7, 9)) < 0.8
        assert np.array_equal(opened(design, diameter), drawn((7, 9), diameter, design))


def test_a_brush_of_three_is_a_square_and_of_five_lacks_corners():
    assert len(offsets(1)) == 1
    assert len(offsets(3)) == 9
    assert len(offsets(5)) == 21


def test_thin_parts_are_violations_of_either_kind():
    design = np.zeros((10, 10), dtype=bool)
    assert PROBLEM.violations(SMALL, design) == []
    design[:, 3:6] = True
    assert PROBLEM.violations(SMALL, design) == []
    design[:, 5] = False
    assert len(PROBLEM.violations(SMALL, design)) == 20
    assert "solid" in PROBLEM.violations(SMALL, design)[0].message
    design[:, 3:6] = True
    design[4:6] = False
    assert {each.message.split()[1] for each in PROBLEM.violations(SMALL, design)} == {"void"}
    assert unpainted(~design, 3).sum() == unpainted(design, 3).sum()


def test_a_straight_guide_passes_the_light_of_its_mode():
    """The converter's guides are in line: solid between them keeps the first mode as it is."""
    instance = PhotonicInstance.of("mode-converter", (20, 20))
    design = np.zeros((20, 20), dtype=bool)
    design[:, 6:14] = True
    power = PROBLEM.power(instance, design)
    assert power.shape == (2, 2)
    assert power[:, 0].max() < 0.005, "next to nothing comes back"
    assert power[:, 1].max() < 1e-9, "nothing is in the second mode"
    field = np.abs(fields(instance, design)[0])
    assert np.ptp(field[30:60, instance.grid[1] // 2]) < 0.02 * field.max()


def test_no_more_light_leaves_than_enters():
    rng = np.random.default_rng(0)
    for challenge in CHALLENGES:
        instance = PhotonicInstance.of(challenge, (24, 40), wavelengths_nm=(1270.0, 1290.0))
        power = PROBLEM.power(instance, rng.random((24, 40)) < 0.5)
        assert power.shape == (2, len(instance.ports))
        assert power.sum(axis=1).max() < 1.02


def test_the_two_guides_of_a_bend_are_alike():
    """Mirrored about its diagonal, a bend is itself with its ports exchanged (reciprocity)."""
    rng = np.random.default_rng(1)
    design = rng.random((16, 16)) < 0.5
    instance = PhotonicInstance.of("waveguide-bend", (16, 16), inputs=(2,), outputs=(5,))
    mirrored = PhotonicInstance.of("waveguide-bend", (16, 16), inputs=(5,), outputs=(2,))
    there = PROBLEM.power(instance, design)[:, 1]
    back = PROBLEM.power(mirrored, design.T)[:, 1]
    assert there == pytest.approx(back, rel=0.03)


def test_the_misfit_is_the_squared_distance_to_the_windows():
    instance = PhotonicInstance.of("beam-splitter", (40, 40))
    inside = np.array([[0.01, 0.5, 0.45, 0.0]] * 2)
    assert misfit(instance, inside) == 0
    outside = inside + np.array([[0.1, 0, 0, 0], [0, 0.2, 0, 0.01]])
    most = 1 - 10**-0.35
    assert misfit(instance, outside) == pytest.approx(((0.1) ** 2 + (0.7 - most) ** 2) / 2)


def test_a_wdm_sends_each_half_of_the_wavelengths_to_its_output():
    least, most = PhotonicInstance.of("wdm", (40, 40)).windows
    assert (least > 0.5).tolist() == [[False, True, False], [False, False, True]]
    assert (most == 1).tolist() == (least > 0.5).tolist()


@pytest.mark.parametrize("name", CHALLENGES)
def test_generated_instances_survive_json(name):
    first, second = generate(name, 1), generate(name, 2)
    assert PROBLEM.digest(first.instance) != PROBLEM.digest(second.instance)
    again = read(PROBLEM.to_wire(first.instance))
    assert again.problem.name == "photonic-design"
    assert again.instance == first.instance
    assert PROBLEM.digest(again.instance) == PROBLEM.digest(first.instance)


def test_designs_survive_json():
    design = np.random.default_rng(0).random((10, 10)) < 0.5
    wire = PROBLEM.solution_to_wire(SMALL, design)
    assert np.array_equal(PROBLEM.solution_from_wire(SMALL, wire), design)
    marks = {"design": ["".join(".#"[x] for x in row) for row in wire["design"]]}
    assert np.array_equal(PROBLEM.solution_from_wire(SMALL, marks), design)


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (None, "rows"),
        ([[0] * 10] * 9, "rows"),
        ([[0] * 9] * 10, "10 pixels"),
        ([[0.5] * 10] * 10, "0 and 1"),
        (["x" * 10] * 10, "0 and 1"),
    ],
)
def test_designs_of_a_wrong_form_are_refused(design, words):
    with pytest.raises(InvalidSolution, match=words):
        PROBLEM.solution_from_wire(SMALL, {"design": design})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"challenge": "mirror"}, "unknown challenge"),
        ({"challenge": None}, "challenge"),
        ({"challenge": 3}, "not a string"),
        ({"design": [40]}, "two numbers"),
        ({"design": [1, 40]}, "pixels"),
        ({"design": [40, 1000]}, "pixels"),
        ({"design": 40}, "list"),
        ({"brush": 4}, "odd"),
        ({"brush": 41}, "odd"),
        ({"brush": True}, "number"),
        ({"resolution_nm": 0}, "resolution"),
        ({"resolution_nm": 400}, "resolution"),
        ({"resolution_nm": "fine"}, "number"),
        ({"wavelengths_nm": []}, "wavelengths"),
        ({"wavelengths_nm": [1270, 1270]}, "wavelengths"),
        ({"wavelengths_nm": [0, 1270]}, "wavelength"),
        ({"wavelengths_nm": [float("nan")]}, "wavelength"),
        ({"guide": 1}, "side"),
        ({"inputs": [39]}, "side"),
        ({"inputs": [1, 20]}, "guides"),
        ({"inputs": [1.5]}, "whole"),
        ({"challenge": "beam-splitter", "inputs": [1, 9]}, "touch"),
        ({"challenge": "wdm", "wavelengths_nm": [1270]}, "odd"),
        ({"colour": "red"}, "unknown key"),
    ],
)
def test_bad_instances_are_refused(change, words):
    wire = {"challenge": "waveguide-bend", "design": [40, 40]} | change
    with pytest.raises(InvalidInstance, match=words):
        PROBLEM.from_wire(wire)


def test_a_bad_file_is_named():
    with pytest.raises(ParseError, match=r"device\.json"):
        PROBLEM.parse(Source("device.json", b'{"challenge": "wdm", "design": [2, 2, 2]}'))


def test_the_numbers_are_those_of_ceviche():
    """Peer: ceviche-challenges, the extra `photonics`."""
    pytest.importorskip("ceviche_challenges", reason="needs the extra photonics")
    from ceviche_challenges import params, waveguide_bend
    from ceviche_challenges import units as u

    spec = waveguide_bend.spec.WaveguideBendSpec(
        wg_width=400 * u.nm,
        wg_length=700 * u.nm,
        wg_mode_padding=550 * u.nm,
        padding=550 * u.nm,
        port_pml_offset=50 * u.nm,
        variable_region_size=(800 * u.nm, 800 * u.nm),
        cladding_permittivity=2.25,
        slab_permittivity=12.25,
        input_monitor_offset=50 * u.nm,
        pml_width=20,
    )
    waves = params.CevicheSimParams(
        resolution=50 * u.nm, wavelengths=u.Array([1270.0, 1290.0], u.nm)
    )
    instance = PhotonicInstance.of("waveguide-bend", (16, 16))
    design = np.random.default_rng(3).random((16, 16)) < 0.5
    theirs, field = waveguide_bend.model.WaveguideBendModel(waves, spec).simulate(
        design.astype(float)
    )
    ours = scattering(instance, fields(instance, design))
    assert np.abs(ours) == pytest.approx(np.abs(theirs[:, 0]), rel=1e-6)
    sizes, known = np.abs(fields(instance, design)), np.abs(field[:, 0])
    for mine, other in zip(sizes, known, strict=True):
        assert mine / mine.max() == pytest.approx(other / other.max(), abs=1e-6)

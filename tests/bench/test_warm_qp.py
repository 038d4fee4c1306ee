from solverhub.bench import warm_qp
from solverhub.problems.generators import generate


def test_a_warm_start_is_measured_against_a_cold_one():
    programs = [generate("random-qp", seed, n=20, rows=30).instance for seed in range(3)]
    _, loose, tight = warm_qp.table(programs)
    assert loose[:3] == ["0.001", "3", "0"]
    assert tight[:3] == ["1e-06", "3", "0"]
    assert 0.0 <= float(loose[3]) <= 0.2
    assert 0.0 <= float(tight[3]) < 1.0

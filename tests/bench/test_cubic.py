from solverhub.bench import cubic


def test_the_table_says_what_is_fixed_and_proved():
    classes = (
        ("planted-triples", {"n": 2, "alpha": 0.3}),
        ("equilateral-triangles", {"n": 3, "sigma": 0.01}),
    )
    header, planted, triangles = cubic.table(classes, range(2))
    assert header == cubic.HEADER
    for line in (planted, triangles):
        found = dict(zip(header, line, strict=True))
        assert found["proved"] == "2 of 2"
        assert found["search best"] == "2 of 2"
        assert float(found["median s"]) <= float(found["most s"])
    assert planted[0] == "planted-triples n=2 alpha=0.3"
    assert dict(zip(header, planted, strict=True))["fixed, with messages"] == "100.0%"

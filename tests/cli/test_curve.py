"""`solverhub curve`: chances that grow with the deadline, and what has no curve."""

import pytest

EDGES = "a,b,9,16\nb,d,14,36\na,c,12,1\nc,d,16,4\n"
HEAD = "# source: a\n# target: d\n# deadline: 30\nu,v,mean,variance\n"


@pytest.fixture
def roads(tmp_path):
    path = tmp_path / "roads.csv"
    path.write_text(HEAD + EDGES)
    return path


def test_chances_grow_with_the_deadline(solverhub, roads, tmp_path):
    picture = tmp_path / "curve.png"
    found = solverhub("curve", roads, "--points", "7", "--plot", picture, "--output", "json").json
    chances = [row["chance"] for row in found["curve"]]
    assert len(chances) == 7
    assert chances == sorted(chances)
    assert all(row["proved"] for row in found["curve"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_deadlines_may_be_given(solverhub, roads):
    done = solverhub("curve", roads, "--deadline", "40", "--deadline", "20")
    assert done.status == 0
    early, late = (line.split() for line in done.out.splitlines()[1:])
    assert early[0] == "20"
    # late on average: the more uncertain, the better
    assert early[-5:] == ["a", "-", "b", "-", "d"]
    assert late[-5:] == ["a", "-", "c", "-", "d"]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (HEAD + EDGES, ["--deadline", "0"], "deadline is 0"),
        (HEAD + "a,b,9,16\nc,d,14,36\n", [], "no route"),
        (HEAD + "a,b,0,0\nb,d,0,0\n", [], "no time"),
    ],
)
def test_what_has_no_curve_is_told(solverhub, tmp_path, text, options, words):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    done = solverhub("curve", path, *options)
    assert done.status == 2
    assert words in done.err

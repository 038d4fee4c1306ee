"""Fuzzing of every graph format: whatever the bytes, an instance or an `InputError`."""

import contextlib
import gzip
import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solverhub.core.errors import InputError
from solverhub.problems import families
from solverhub.problems.reading import ReadLimits, fits, read

LIMITS = ReadLimits(max_bytes=2**20, max_vertices=10**4, max_edges=10**4)
NAMES = ["g", "g.clq", "g.rud", "g.graph", "g.csv", "g.json", "g.npy", "g.npz", "g.mat", "g.gz"]
FOLDER = Path(__file__).parents[2] / "instances"
SEEDS = sorted(
    path.read_bytes()
    for folder in ("max-cut", "maximum-clique", "minimum-dominating-set")
    for path in (FOLDER / folder).iterdir()
    if path.suffix != ".toml" and path.stat().st_size < 3000
)
SEEDS += [
    b"p edge 4 3\nn 1 5\ne 1 2\ne 2 3\ne 3 4\n",
    b"4 3 011\n1 2 5\n2 1 5 3 6\n3 2 6 4 7\n4 3 7\n",
    b'source,target,weight\n1,2,0.5\n"2",3,-1e3\n',
    b"a b\nb c\n",
    json.dumps({"n": 3, "edges": {"u": [0, 1], "v": [1, 2]}, "ids": ["a", "b", "c"]}).encode(),
    gzip.compress(b"3 2\n1 2 1\n2 3 4\n"),
    zstandard.ZstdCompressor().compress(b"3 2\n1 2 1\n2 3 4\n"),
]
TEXT = st.text(alphabet='0123456789 \n\r\t,;.+-eE"#%/pcnaevx{}[]:', max_size=120).map(str.encode)


@st.composite
def mutated(draw):
    """A valid file with a few bytes changed, removed, repeated or put in."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.integers(0, 4))
        if kind == 0:
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=2))
        elif kind == 1:
            del data[at : at + draw(st.integers(1, 40))]
        elif kind == 2:
            data[at:at] = data[at : at + 30]
        elif kind == 3:
            data[at:at] = draw(st.sampled_from([b"-", b"9" * 25, b"\n", b" ", b"1e999", b"nan"]))
        else:
            del data[at:]
    return bytes(data)


def check(data, name):
    parsed = None
    with contextlib.suppress(InputError):
        parsed = read(data, "max-cut", name=name, limits=LIMITS)
    if parsed is not None:
        graph = parsed.instance
        assert graph.edge_index.shape == (2, graph.n_edges)
        assert graph.n_edges == 0 or graph.edge_index.max() < graph.n
        assert graph.indices.size == 2 * graph.n_edges
        assert len({parsed.naming.item(i) for i in range(graph.n)}) == graph.n
    with contextlib.suppress(InputError):
        assert set(fits(data, name=name, limits=LIMITS)) <= set(families.names())


INPUTS = st.one_of(mutated(), TEXT, st.binary(max_size=120))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(INPUTS, st.sampled_from(NAMES))
@settings(max_examples=400, suppress_health_check=QUIET)
def test_any_bytes_are_read_or_refused(data, name):
    check(data, name)


@pytest.mark.slow
@given(INPUTS, st.sampled_from(NAMES))
@settings(max_examples=20_000, suppress_health_check=QUIET)
def test_any_bytes_are_read_or_refused_at_length(data, name):
    check(data, name)


WIRE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["u", "v", "w", "x"]), inner, max_size=3),
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["n", "edges", "weights", "ids", "first_id", "name", "problem"]), WIRE
    )
)
def test_any_json_form_is_read_or_refused(form):
    with contextlib.suppress(InputError):
        parsed = read(form, "maximum-clique")
        assert parsed.problem.digest(parsed.instance).startswith("sha256:")

"""Every graph format: the same graph from each, dirty files by rule, broken ones refused."""

import io
import json

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from graph_cases import fractions, integers, random_graph
from hypothesis import given
from hypothesis import strategies as st

from solverhub.core.errors import InputError, InputTooLarge, ParseError
from solverhub.problems import families
from solverhub.problems.graph import Graph
from solverhub.problems.reading import ReadLimits, read


def dimacs(graph):
    lines = ["c a comment", f"p edge {graph.n} {graph.n_edges}"]
    if graph.weights is not None:
        lines += [f"n {x + 1} {w}" for x, w in enumerate(graph.weights.tolist())]
    lines += [f"e {' '.join(map(str, row))}" for row in rows(graph, 1)]
    return "\n".join(lines) + "\n"


def rows(graph, base):
    """Edges with ids from `base`, and weights where the graph has them."""
    w = [] if graph.edge_weights is None else [graph.edge_weights.tolist()]
    u, v = (graph.edge_index + base).tolist()
    return list(zip(u, v, *w, strict=True))


def gset(graph):
    return f"{graph.n} {graph.n_edges} \r\n" + "".join(
        " ".join(map(str, row)) + "\r\n" for row in rows(graph, 1)
    )


def metis(graph):
    form = f"{int(graph.weights is not None)}{int(graph.edge_weights is not None)}"
    lines = ["% a comment", f"{graph.n} {graph.n_edges} {form}"]
    for x in range(graph.n):
        row = [] if graph.weights is None else [graph.weights[x]]
        for k in range(graph.indptr[x], graph.indptr[x + 1]):
            row.append(graph.indices[k] + 1)
            if graph.edge_weights is not None:
                row.append(graph.edge_weights[graph.edge_ids[k]])
        lines.append(" ".join(str(value.item()) for value in row))
    return "\n".join(lines) + "\n"


def csv(graph):
    head = "source,target" + ("" if graph.edge_weights is None else ",weight")
    return "\n".join([head, *(",".join(map(str, row)) for row in rows(graph, 0))]) + "\n"


def plain(graph):
    return "# u v\n" + "".join("\t".join(map(str, row)) + "\n" for row in rows(graph, 7))


def wire(graph):
    return json.dumps(families.get("max-cut").to_wire(graph)).replace('"max-cut"', "null")


def dense(graph):
    matrix = np.zeros((graph.n, graph.n))
    u, v = graph.edge_index
    matrix[u, v] = matrix[v, u] = graph.weights_of_edges
    return matrix


def npy(graph):
    stream = io.BytesIO()
    np.save(stream, dense(graph))
    return stream.getvalue()


def npz(graph):
    stream = io.BytesIO()
    scipy.sparse.save_npz(stream, scipy.sparse.csr_array(dense(graph)))
    return stream.getvalue()


def mat(graph):
    stream = io.BytesIO()
    problem = {"A": scipy.sparse.csc_array(dense(graph)), "name": "test"}
    scipy.io.savemat(stream, {"Problem": problem}, do_compression=True)
    return stream.getvalue()


def matrix_csv(graph):
    return "\n".join(",".join(map(repr, row)) for row in dense(graph).tolist()) + "\n"


FORMATS = {
    "g.clq": dimacs,
    "g.txt": gset,
    "g.graph": metis,
    "g.csv": csv,
    "g.edges": plain,
    "g.json": wire,
    "g.npy": npy,
    "g.npz": npz,
    "g.mat": mat,
    "m.csv": matrix_csv,
}


def connected(seed, **weights):
    """A graph in which every vertex has an edge, so that edge lists know it."""
    for shift in range(100):
        graph = random_graph(9, 0.5, 100 * seed + shift, **weights)
        if graph.degrees.min() > 0:
            return graph
    raise AssertionError("no seed gives a graph without isolated vertices")


def nonzero(rng, size):
    return np.where(rng.random(size) < 0.5, -1, 1) * rng.integers(1, 9, size)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("edge", [None, nonzero, fractions])
def test_all_formats_give_one_digest(name, edge):
    problem = families.get("max-cut")
    for seed in range(5):
        graph = connected(seed, edge=edge)
        text = FORMATS[name](graph)
        data = text if isinstance(text, bytes) else text.encode()
        parsed = read(data, "max-cut", name=name)
        assert problem.digest(parsed.instance) == problem.digest(graph)
        back = read(json.loads(json.dumps(problem.to_wire(parsed.instance, parsed.naming))))
        assert problem.digest(back.instance) == problem.digest(graph)
        assert [back.naming.item(i) for i in range(9)] == [parsed.naming.item(i) for i in range(9)]


@pytest.mark.parametrize("name", ["g.clq", "g.graph", "g.json"])
@pytest.mark.parametrize("vertex", [integers, fractions])
def test_vertex_weights(name, vertex):
    problem = families.get("minimum-vertex-cover")
    graph = random_graph(9, 0.4, 3, vertex=vertex)
    parsed = read(FORMATS[name](graph).encode(), problem.name, name=name)
    assert problem.digest(parsed.instance) == problem.digest(graph)
    ignored = read(FORMATS[name](graph).encode(), "max-cut", name=name)
    assert ignored.instance.weights is None
    assert any("vertex weights are ignored" in warning for warning in ignored.warnings)


def ids(parsed):
    return [parsed.naming.item(i) for i in range(parsed.instance.n)]


def edges(parsed):
    u, v = parsed.instance.edge_index
    w = parsed.instance.edge_weights
    columns = [[parsed.naming.item(i) for i in u], [parsed.naming.item(i) for i in v]]
    return list(zip(*columns, *([] if w is None else [w.tolist()]), strict=True))


READ = [
    # name, text, ids, edges, part of a warning
    ("byte-order mark", b"\xef\xbb\xbf1 2\n2 3\n", [1, 2, 3], [(1, 2), (2, 3)], None),
    ("carriage returns", b"1 2\r\n2 3\r\n", [1, 2, 3], [(1, 2), (2, 3)], None),
    ("old Mac line ends", b"5 2\r2 3\r", [2, 3, 5], [(2, 3), (2, 5)], None),
    ("no newline at the end", b"1 2\n2 3", [1, 2, 3], [(1, 2), (2, 3)], None),
    ("blank lines and comments", b"\n# x\n1 2 # y\n\n% z\n2 3 // w\n", [1, 2, 3],
     [(1, 2), (2, 3)], None),
    ("duplicates and both directions", b"1 2\n2 1\n1 2\n", [1, 2], [(1, 2)], "merged: 2"),
    ("self-loops", b"1 2\n3 3\n", [1, 2, 3], [(1, 2)], "self-loops dropped: 1"),
    ("weighted duplicates", b"1 2 2\n2 1 3\n1 3 5\n", [1, 2, 3], [(1, 2, 5), (1, 3, 5)],
     "summed: 1"),
    ("gaps in ids", b"10 1000000000000\n10 20\n", [10, 20, 10**12], [(10, 20), (10, 10**12)],
     None),
    ("ids up to 2^63 - 1", f"0 {2**63 - 1}\n".encode(), [0, 2**63 - 1], [(0, 2**63 - 1)], None),
    ("signs", b"1 2 +\n2 3 -\n", [1, 2, 3], [(1, 2, 1), (2, 3, -1)], None),
    ("names", b"ada bob\nbob eve\n", ["ada", "bob", "eve"],
     [("ada", "bob"), ("bob", "eve")], None),
    ("quoted names", b'source,target\n"a, b","c"\nc,d\n', ["a, b", "c", "d"],
     [("a, b", "c"), ("c", "d")], None),
    ("quoted numbers", b'"1","2","0.5"\n"2","3","1"\n', [1, 2, 3], [(1, 2, 0.5), (2, 3, 1.0)],
     None),
    ("header in any order", b"weight;target;source;note\n2;1;0;x\n3;2;1;y\n", [0, 1, 2],
     [(0, 1, 2), (1, 2, 3)], "'note' is ignored"),
    ("ids written as floats", b"1.0,2.0\n2.0,3.0\n", [1, 2, 3], [(1, 2), (2, 3)], None),
    ("more columns", b"1 2 5 99\n2 3 6 98\n", [1, 2, 3], [(1, 2, 5), (2, 3, 6)],
     "after the third"),
    ("weights beyond 2^53", b"1 2 9007199254740993\n2 3 -5\n", [1, 2, 3],
     [(1, 2, 2**53 + 1), (2, 3, -5)], None),
    ("long decimals", b"1 2 0.1000000000000000055511151231257827\n2 3 1e-300\n", [1, 2, 3],
     [(1, 2, 0.1), (2, 3, 1e-300)], None),
    ("Gset header with trailing junk", b"3 2 \t\r\n1 2 1\r\n2 3 4\r\n", [1, 2, 3],
     [(1, 2, 1), (2, 3, 4)], None),
    ("Gset without weights", b"4 3\n1 2\n2 3\n3 1\n", [1, 2, 3, 4], [(1, 2), (1, 3), (2, 3)],
     None),
    ("Gset without edges", b"5 0\n", [1, 2, 3, 4, 5], [], None),
    ("DIMACS in both directions", b"p col 3 2\ne 1 2\ne 2 1\ne 2 3\ne 3 2\n", [1, 2, 3],
     [(1, 2), (2, 3)], "merged: 2"),
    ("DIMACS geometry and comments", b"p edge 2 1\nd 2\nx 1 2\nc y\ne 1 2\n", [1, 2],
     [(1, 2)], None),
    ("PACE rows without a letter", b"c x\np td 3 2\n1 2\n2 3\n", [1, 2, 3], [(1, 2), (2, 3)],
     None),
    ("METIS by content", b"4 3\n2 3 4\n1\n1\n1\n", [1, 2, 3, 4], [(1, 2), (1, 3), (1, 4)], None),
    ("METIS with an isolated last vertex", b"3 1\n2\n1\n\n", [1, 2, 3], [(1, 2)], None),
    ("matrix that is not symmetric", b"0,1,2,0\n3,0,0,0\n0,0,0,0\n0,0,0,7\n", [0, 1, 2, 3],
     [(0, 1, 4), (0, 2, 2)], "self-loops dropped: 1"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "names", "found", "warning"), [r[1:] for r in READ],
                         ids=[r[0] for r in READ])  # fmt: skip
def test_dirty_files_are_read_by_rule(data, names, found, warning):
    parsed = read(data, "max-cut")
    assert ids(parsed) == names
    assert edges(parsed) == found
    assert (warning is None) == (parsed.warnings == ())
    assert warning is None or any(warning in text for text in parsed.warnings)


REFUSED = [
    # name, file name, text, line, column, part of the message
    ("empty", "g.txt", b"", None, None, "empty"),
    ("blank", "g.txt", b" \n\n", None, None, "empty"),
    ("only comments", "g.txt", b"# nothing\n", None, None, "no edges"),
    ("UTF-16", "g.txt", "1 2\n".encode("utf-16"), 1, None, "UTF-16"),
    ("NUL bytes", "g.txt", b"1 2\n\0", None, None, "NUL"),
    ("one field", "g.txt", b"1\n2\n", 1, 1, "not an edge"),
    ("short row", "g.txt", b"1 2 3\n1 2\n", 2, 1, "3 fields"),
    ("long row", "g.txt", b"1 2\n2 3\n1 2 3\n", 3, 1, "2 fields"),
    ("letters", "g.txt", b"1 2\n2 x3\n", 2, 3, "'x3' is not a vertex id"),
    ("negative id", "g.txt", b"1 2\n2 -3\n", 2, 3, "-3 is not within"),
    ("id beyond 2^63", "g.txt", b"1 2\n2 9223372036854775808\n", 2, 3, "not within"),
    ("fractional id", "g.txt", b"1 2\n2 2.5\n", 2, 3, "not a vertex id"),
    ("empty field", "g.csv", b"source,target,weight\n1,2,3\n1,,3\n", 3, 3, "not a vertex id"),
    ("weight beyond 2^63", "g.txt", b"1 2 9223372036854775808\n", 1, 5, "exceeds 2^63"),
    ("infinite weight", "g.txt", b"1 2 1\n1 3 1e999\n", 2, 5, "not a weight"),
    ("nan", "g.txt", b"1 2 nan\n", 1, 5, "not a weight"),
    ("dictionaries", "g.txt", b"1 2 {}\n", 1, 5, "not a weight"),
    ("Gset: fewer rows", "g.txt", b"3 3\n1 2 1\n2 3 1\n", 4, None, "promises 3 edges"),
    ("Gset: more rows", "g.txt", b"3 1\n1 2 1\n2 3 1\n", 3, 1, "more rows or edges"),
    ("Gset: truncated, no weights", "g.txt", b"4 6\n1 2\n2 3\n", 4, None, "promises 6 edges"),
    ("Gset: id out of range", "g.txt", b"3 1\n1 4 1\n", 2, 3, "not within 1..3"),
    ("Gset: id 0", "g.txt", b"3 1\n0 1 1\n", 2, 1, "not within 1..3"),
    ("rudy without header", "g.rud", b"x\n", 1, None, "starts with the numbers"),
    ("rudy: negative size", "g.rud", b"-3 1\n1 2\n", 1, None, "starts with the numbers"),
    ("DIMACS: no header", "g.clq", b"e 1 2\n", 1, 1, "starts with a p line"),
    ("DIMACS: negative size", "g.clq", b"p edge -3 1\ne 1 2\n", 1, 1, "starts with a p line"),
    ("DIMACS: fewer edges", "g.clq", b"p edge 3 2\ne 1 2\n", 3, None, "promises 2 edges"),
    ("DIMACS: more edges", "g.clq", b"p edge 3 1\ne 1 2\ne 2 3\n", 4, None, "promises 1 edges"),
    ("DIMACS: id out of range", "g.clq", b"p edge 3 1\ne 1 4\n", 2, 5, "not within 1..3"),
    ("DIMACS: unknown line", "g.clq", b"p edge 3 1\nq 1 2\n", 2, 1, "unknown kind"),
    ("DIMACS: two weights", "g.clq", b"p edge 2 1\nn 1 2\nn 1 3\ne 1 2\n", None, None, "two"),
    ("DIMACS: bad weight", "g.clq", b"p edge 2 1\nn 1 x\ne 1 2\n", 2, 5, "not a weight"),
    ("DIMACS: half an edge", "g.clq", b"p edge 2 1\ne 1\n", 2, 4, "not a vertex id"),
    ("DIMACS: junk", "g.clq", b"p edge 2 1\ne 1 2 3 4\n", 2, 9, "fields"),
    ("METIS: bad header", "g.graph", b"3\n", 1, None, "starts with the numbers"),
    ("METIS: short", "g.graph", b"3 1\n2\n", 3, None, "promises 3 vertices"),
    ("METIS: long", "g.graph", b"2 1\n2\n1\n1\n", 4, 1, "more rows or edges"),
    ("METIS: wrong count", "g.graph", b"3 2\n2\n1\n\n", 5, None, "promises 2 edges"),
    ("METIS: one-sided", "g.graph", b"3 2\n2 3\n1 2\n\n", 2, None, "both its ends"),
    ("METIS: two weights", "g.graph", b"2 1 1\n2 5\n1 6\n", 3, None, "both its ends"),
    ("METIS: missing weight", "g.graph", b"2 1 1\n2\n1 6\n", 2, 2, "missing"),
    ("METIS: many constraints", "g.graph", b"2 1 10 2\n1 1 2\n1 1 1\n", 1, 1, "2 weights"),
    ("MATLAB 7.3", "g.mat", b"MATLAB 7.3 MAT-file" + b"\0" * 200, None, None, "7.3"),
    ("no MATLAB", "g.mat", b"hello", None, None, "not a readable MATLAB"),
    ("broken zip", "g.npz", b"PK\x03\x04hello", None, None, "broken"),
    ("broken npy", "g.npy", b"\x93NUMPY\x01\0", None, None, "not a readable array"),
    ("broken name rows", "g.txt", b"a b\nc\n", 2, 1, "1 fields"),
    ("broken matrix", "m.csv", b"0,1,1,1\n1,0,1,1\n1,1,0\n1,1,1,0\n", 3, None, "as many"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "line", "column", "message"),
                         [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])  # fmt: skip
def test_broken_files_are_refused_with_their_place(name, data, line, column, message):
    with pytest.raises(ParseError) as caught:
        read(data, "max-cut", name=name)
    error = caught.value
    assert message in str(error)
    assert (error.file, error.line) == (name, line)
    assert column is None or error.column == column
    assert error.remedy


def test_headers_do_not_buy_memory():
    limits = ReadLimits(max_vertices=1000, max_edges=1000)
    for name, data in (
        ("g.txt", b"2000 1\n1 2 1\n"),
        ("g.txt", b"10 2000\n1 2 1\n"),
        ("g.clq", b"p edge 999999999999 1\ne 1 2\n"),
        ("g.graph", b"999999999999 1\n2\n1\n"),
        ("g.json", b'{"n": 2000, "edges": []}'),
        ("g.txt", b"\n".join(b"%d %d" % (i, i + 1) for i in range(1500))),
    ):
        with pytest.raises(InputTooLarge):
            read(data, "max-cut", name=name, limits=limits)
    with pytest.raises(InputTooLarge):
        read({"n": 10**12, "edges": []}, "max-cut")


def save(save_with, **arrays):
    stream = io.BytesIO()
    save_with(stream, **arrays)
    return stream.getvalue()


def test_arrays_of_edges():
    listed = np.array([[5, 7], [7, 9], [9, 5]])
    for array in (listed, listed.T[:, [0, 1, 2, 0]], listed.astype(float)):
        parsed = read(save(np.save, arr=array), "max-cut")
        assert edges(parsed) == [(5, 7), (5, 9), (7, 9)]
    weighted = np.array([[0, 1, 0.5], [1, 2, 2], [0, 2, 3], [2, 3, 1]])
    assert edges(read(save(np.save, arr=weighted), "max-cut"))[0] == (0, 1, 0.5)
    named = {"edge_index": listed.T, "edge_weight": np.array([1.5, 2, 3])}
    assert edges(read(save(np.savez, **named), "max-cut")) == [(5, 7, 1.5), (5, 9, 3), (7, 9, 2)]


def test_two_edges_in_an_edge_index_are_not_a_matrix():
    parsed = read(save(np.savez, edge_index=np.array([[0, 1], [1, 2]])), "max-cut")
    assert edges(parsed) == [(0, 1), (1, 2)]


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}], object),
        np.array(["a"]),
        np.zeros(3),
        np.zeros((3, 4)),
        np.zeros((2, 2, 2)),
        np.array([[0, 1], [1, np.nan]]),
        np.zeros((3, 3), complex),
        np.array([[0.5, 1], [1, 2], [2, 3]]),
        np.array([[-1, 1], [1, 2], [2, 3]]),
        np.zeros(3, [("a", "i4")]),
    ],
)
def test_arrays_that_are_no_graph_are_refused(array):
    with pytest.raises(InputError):
        read(save(np.save, arr=array), "max-cut", name="g.npy")


def test_npy_headers_do_not_buy_memory():
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 10**7)}
    )
    with pytest.raises(ParseError, match="shorter"):
        read(stream.getvalue(), "max-cut", name="g.npy")


def test_zipped_zeros_are_refused():
    data = save(np.savez_compressed, adjacency=np.zeros((10**4, 10**4), np.int8))
    assert len(data) < 10**6
    with pytest.raises(InputTooLarge):
        read(data, "max-cut", name="g.npz")


def test_mat_bombs_are_refused():
    data = save(lambda s, a: scipy.io.savemat(s, {"A": a}, do_compression=True),
                a=np.zeros((10**4, 10**4), np.int8))  # fmt: skip
    with pytest.raises(InputTooLarge):
        read(data, "max-cut", name="g.mat")


def test_mat_variables():
    square = dense(random_graph(5, 0.7, 1))
    for variables in ({"x": square}, {"A": square, "b": np.ones((5, 5)), "c": [[1, 2]]}):
        data = save(lambda s, v: scipy.io.savemat(s, v), v=variables)
        parsed = read(data, "max-cut", name="g.mat")
        assert parsed.instance.n == 5
    for variables in ({"b": np.ones((5, 4))}, {"x": square, "y": square}):
        data = save(lambda s, v: scipy.io.savemat(s, v), v=variables)
        with pytest.raises(ParseError, match="no adjacency matrix"):
            read(data, "max-cut", name="g.mat")


BAD_WIRES = [
    ({}, "'n' is missing"),
    ({"n": 3}, "'edges' is missing"),
    ({"n": -1, "edges": []}, "n is -1"),
    ({"n": 2.0, "edges": []}, "n is 2.0"),
    ({"n": True, "edges": []}, "n is True"),
    ({"n": "3", "edges": []}, "n is '3'"),
    ({"n": 3, "edges": 5}, "edges is 5"),
    ({"n": 3, "edges": [5]}, r"edges\[0\] is 5"),
    ({"n": 3, "edges": ["01"]}, r"edges\[0\] is '01'"),
    ({"n": 3, "edges": [[0, 1], [1]]}, r"edges\[1\] is \[1\]"),
    ({"n": 3, "edges": [[0]]}, "1 columns"),
    ({"n": 3, "edges": [[0, 1, 2, 3]]}, "4 columns"),
    ({"n": 3, "edges": [[0, 3]]}, "leaves the vertices"),
    ({"n": 3, "edges": [[0, -1]]}, "leaves the vertices"),
    ({"n": 3, "edges": [[0, 0.5]]}, "not an integer id"),
    ({"n": 3, "edges": [[0, None]]}, "not an integer id"),
    ({"n": 3, "edges": [[0, "1"]]}, "not an integer id"),
    ({"n": 3, "edges": [[0, 2**70]]}, "not an integer id"),
    ({"n": 3, "edges": [[0, 1, 2**70]]}, r"2\^63"),
    ({"n": 3, "edges": [[0, 1, "x"]]}, "not numbers"),
    ({"n": 3, "edges": [[0, 1, None]]}, "not a number"),
    ({"n": 3, "edges": {"u": [0]}}, "have the keys 'u'"),
    ({"n": 3, "edges": {"u": [0], "v": [1], "x": [2]}}, "have the keys"),
    ({"n": 3, "edges": {"u": [0], "v": [1, 2]}}, "1 first and 2 second"),
    ({"n": 3, "edges": {"u": [0], "v": [1], "w": []}}, "shape"),
    ({"n": 3, "edges": [], "weights": [1]}, "shape"),
    ({"n": 3, "edges": [], "weight": [1]}, "unknown key 'weight'"),
    ({"n": 3, "edges": [], "ids": [1, 2]}, "ids are not"),
    ({"n": 3, "edges": [], "ids": [1, 1, 2]}, "ids are not"),
    ({"n": 3, "edges": [], "ids": [1, 2, 2.5]}, "ids are not"),
    ({"n": 3, "edges": [], "ids": [1, 2, [3]]}, "ids are not"),
    ({"n": 3, "edges": [], "first_id": 1.5}, "first_id is 1.5"),
    ({"n": 3, "edges": [], "name": 5}, "name"),
]


@pytest.mark.parametrize(("form", "message"), BAD_WIRES)
def test_bad_json_forms_are_refused(form, message):
    with pytest.raises(InputError, match=message):
        read(form, "max-cut")


@given(st.integers(0, 12), st.integers(0, 2**32), st.booleans())
def test_json_forms_keep_ids(n, seed, columnar):
    graph = random_graph(n, 0.5, seed, edge=nonzero)
    form = families.get("max-cut").to_wire(graph)
    if columnar:
        u, v = graph.edge_index.tolist()
        form["edges"] = {"u": u, "v": v, "w": graph.weights_of_edges.tolist()}
    form["ids"] = [f"v{i}" for i in range(n)]
    parsed = read(form)
    assert ids(parsed) == form["ids"]
    assert parsed.instance.digest("x") == graph.digest("x")


def test_large_json_is_columnar_and_reads_back():
    graph = random_graph(80, 0.9, 1)
    form = families.get("maximum-clique").to_wire(graph)
    assert set(form["edges"]) == {"u", "v"}
    assert read(form).instance.digest("x") == graph.digest("x")
    text = json.dumps(form).encode()
    assert read(text).instance.digest("x") == graph.digest("x")


def test_signs_of_summed_weights():
    data = b"source,target,weight\n1,2,5\n2,1,-7\n1,3,2\n2,3,4\n3,2,-4\n"
    assert edges(read(data, "max-cut")) == [(1, 2, -2), (1, 3, 2), (2, 3, 0)]
    signed = read(data, "max-cut", signs=True)
    assert edges(signed) == [(1, 2, -1), (1, 3, 1)]
    form = {"n": 3, "edges": [[0, 1, -2.5], [1, 2, 3]], "problem": "max-cut"}
    assert read(json.dumps(form).encode(), signs=True).instance.edge_weights.tolist() == [-1, 1]


def test_sizes_of_one_and_nothing():
    for n in (0, 1):
        for data, name in (
            (f"{n} 0\n".encode(), "g.txt"),
            (f"p edge {n} 0\n".encode(), "g.clq"),
            (f"{n} 0\n".encode() + b"\n" * n, "g.graph"),
            (json.dumps({"n": n, "edges": []}).encode(), "g.json"),
        ):
            assert read(data, "max-cut", name=name).instance.digest("x") == Graph.from_edges(
                n, [], []
            ).digest("x")

"""The batch that the measure of messages runs on."""

from solverhub.bench.neighbour_aggregation import links
from solverhub.problems.generators.graph import ba


def test_graphs_lie_end_to_end():
    found, second = links(graphs=3, vertices=20), ba(20, 4, seed=1)
    assert len(found.indptr) == 61
    low, high = found.indptr[20], found.indptr[40]
    assert found.indices[low:high].tolist() == (second.indices + 20).tolist()

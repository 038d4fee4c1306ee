"""The measure of packings packs rows of distinct columns."""

import numpy as np

from solverhub.bench.packing import rows
from solverhub.ops import packing


def test_rows_have_three_columns_and_are_projected_onto():
    indptr, columns, need, duals, point, steps = rows(300)
    triples = np.sort(columns.reshape(300, 3), axis=1)
    assert (np.diff(triples, axis=1) > 0).all()
    arrays = indptr, columns, need, duals, point, steps
    first = packing.project(*arrays, passes=1)
    assert packing.project(*arrays, passes=20) < first
    assert duals.max() > 0

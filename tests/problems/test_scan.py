"""The table scanner: numbers exactly as Python reads them, and no byte string stops it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solverhub.problems.scan import scan_rows
from solverhub.problems.scan_fields import BIG_WEIGHT, DONE, ID_RANGE, RAGGED, TOO_MANY

IDS = st.integers(0, 2**63 - 1)
SEPARATORS = st.sampled_from([" ", "\t", ",", ";", " , ", "  "])


@given(st.lists(st.tuples(IDS, IDS, st.floats(allow_nan=False, allow_infinity=False))), SEPARATORS)
def test_numbers_are_those_of_python(rows, separator):
    text = "".join(f"{u}{separator}{v}{separator}{w!r}\n" for u, v, w in rows)
    table = scan_rows(text.encode(), 0, (0, 1, 2))
    assert table.status == DONE
    assert table.u.tolist() == [u for u, _, _ in rows]
    assert table.v.tolist() == [v for _, v, _ in rows]
    assert table.w.tolist() == [w for _, _, w in rows]


@given(st.lists(st.tuples(IDS, IDS, st.integers(-(2**63) + 1, 2**63 - 1)), min_size=1))
def test_integers_stay_integers(rows):
    table = scan_rows("\n".join(f"{u} {v} {w}" for u, v, w in rows).encode(), 0, (0, 1, 2))
    assert table.w.dtype == np.int64
    assert table.w.tolist() == [w for _, _, w in rows]


LIKELY = st.text(alphabet='0123456789 \n\t,;.+-eE"#%/\r', max_size=200).map(str.encode)


@given(
    st.binary(max_size=200) | LIKELY,
    st.sampled_from([(0, 1, -1), (0, 1, 2), (2, 0, 1), (1, 3, -1)]),
)
def test_no_bytes_stop_or_fool_the_scanner(data, columns):
    table = scan_rows(data, 0, columns)
    assert table.u.size == table.v.size
    assert 0 <= table.offset <= len(data)
    if table.status == DONE:
        lines = [line for line in data.split(b"\n") if line.strip()]
        assert table.u.size <= len(lines)
        assert table.u.size == 0 or min(table.u.min(), table.v.min()) >= 0
        assert table.w is None or np.isfinite(table.w).all()


def test_scans_stop_at_the_place_of_the_fault():
    assert scan_rows(b"1 2\n3 9\n", 0, (0, 1, -1), high=5).offset == 6
    assert scan_rows(b"1 2\n3 9\n", 0, (0, 1, -1), high=5).status == ID_RANGE
    assert scan_rows(b"1 2\n3 4\n", 0, (0, 1, -1), most=1).status == TOO_MANY
    assert scan_rows(b"1 2 3\n1 2\n", 0, (0, 1, 2)).status == RAGGED
    assert scan_rows(b"1 2 9223372036854775808\n", 0, (0, 1, 2)).status == BIG_WEIGHT
    assert scan_rows(b"junk\n1 2\n", 5, (0, 1, -1)).u.tolist() == [1]

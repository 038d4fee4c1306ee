"""Reading: which problem a file is, packed streams, limits, and names of the results."""

import gzip
import io
import os
import resource
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
import zstandard

from solverhub.core.errors import (
    AmbiguousProblem,
    InputError,
    InputTooLarge,
    InvalidInstance,
    ParseError,
    UnknownName,
)
from solverhub.problems.reading import ReadLimits, fits, load, read

GRAPHS = [
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
    "max-cut",
    "correlation-clustering",
    "min-max-correlation-clustering",
]
INSTANCES = Path(__file__).parents[2] / "instances"
GSET = b"3 2\n1 2 1\n2 3 4\n"
SHOP = b"2 2\n0 3 1 2\n1 4 0 1\n"
LP = b"minimize\n x + y\nsubject to\n x + y >= 1\nend\n"
MPS = b"NAME t\nROWS\n N c\n G r\nCOLUMNS\n x c 1\n x r 1\nRHS\n R r 1\nENDATA\n"
PACK = {".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (GSET, "g.txt", GRAPHS),
        (b"p edge 2 1\ne 1 2\n", "g", GRAPHS),
        (b"source,target\n1,2\n", "g.csv", GRAPHS),
        (b"a b\nb c\n", "g", GRAPHS),
        (SHOP, "s.txt", ["job-shop"]),
        (LP, "x.lp", ["ilp"]),
        (LP, "x", ["ilp"]),
        (MPS, "x.mps", ["ilp"]),
        (MPS, "x", ["ilp"]),
        (b'{"n": 1, "edges": []}', "g.json", GRAPHS),
        (b'{"problem": "max-cut", "n": 1, "edges": []}', "g.json", ["max-cut"]),
        (b'{"jobs": [[[0, 1]]]}', "s.json", ["job-shop"]),
        (b"lorem ipsum dolor sit amet\nconsectetur\n", "x", []),
    ],
)
def test_what_a_file_fits(data, name, expected):
    assert fits(data, name=name) == expected


def test_the_only_fit_is_taken():
    assert read(SHOP).problem.name == "job-shop"
    assert read(LP, name="x.lp").problem.name == "ilp"
    assert read({"jobs": [[[0, 1]]]}).problem.name == "job-shop"


def test_several_fits_need_a_name():
    with pytest.raises(AmbiguousProblem, match=r"g\.txt fits .*max-cut.*--problem"):
        read(GSET, name="g.txt")
    with pytest.raises(AmbiguousProblem):
        read({"n": 1, "edges": []})
    with pytest.raises(ParseError, match=r"s\.jsp:2:3: 'x'"):
        read(b"1 2\n0 x 1 5\n", name="s.jsp")
    with pytest.raises(ParseError, match="fits no problem"):
        read(b"lorem ipsum dolor sit amet\nconsectetur\n")
    with pytest.raises(UnknownName, match="max-cut"):
        read(GSET, "max-cutt")
    with pytest.raises(UnknownName):
        read({"problem": "nothing", "n": 1, "edges": []})
    with pytest.raises(InputError):
        read({"problem": ["max-cut"], "n": 1, "edges": []})


def test_what_names_the_problem_goes_in_order(tmp_path):
    folder = tmp_path / "maximum-clique"
    folder.mkdir()
    plain, marked = folder / "g.txt", folder / "g.json"
    plain.write_bytes(GSET)
    marked.write_bytes(b'{"problem": "max-cut", "n": 2, "edges": [[0, 1]]}')
    assert read(plain).problem.name == "maximum-clique"
    assert read(plain, "max-cut").problem.name == "max-cut"
    assert read(marked).problem.name == "max-cut"
    assert read(marked, "minimum-vertex-cover").problem.name == "minimum-vertex-cover"
    (folder / "s.txt").write_bytes(SHOP)
    assert read(folder / "s.txt").problem.name == "job-shop"


def test_instances_are_named_after_their_file(tmp_path):
    path = tmp_path / "G1.txt.gz"
    path.write_bytes(gzip.compress(GSET))
    assert read(path, "max-cut").name == "G1"
    assert read(str(path), "max-cut").name == "G1"
    assert read(GSET, "max-cut", name="upload.txt").name == "upload"
    assert read({"n": 1, "edges": [], "name": "mine"}, "max-cut").name == "mine"


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("named", [True, False])
def test_packed_files_are_read_through(suffix, named):
    packed = PACK[suffix](GSET)
    name = f"g.txt{suffix}" if named else "g"
    assert read(packed, "max-cut", name=name).instance.n == 3
    twice = PACK[suffix](GSET[:6]) + PACK[suffix](GSET[6:])
    assert read(twice, "max-cut", name=name).instance.n_edges == 2


def test_zero_padding_after_gzip_is_no_data():
    assert read(gzip.compress(GSET) + b"\0" * 100, "max-cut").instance.n == 3


@pytest.mark.parametrize("suffix", PACK)
def test_truncated_and_broken_streams_are_refused(suffix):
    packed = PACK[suffix](os.urandom(5000).hex().encode())
    for cut in (12, len(packed) // 2, len(packed) - 1):
        with pytest.raises(ParseError, match=r"ends early|broken"):
            read(packed[:cut], "max-cut")
    damaged = bytearray(packed)
    damaged[len(packed) // 2] ^= 0xFF
    with pytest.raises(InputError):
        read(bytes(damaged), "max-cut")
    with pytest.raises(ParseError, match="broken"):
        read(packed + b"trailing", "max-cut")


def test_foreign_compression_is_named():
    for data, what in ((b"BZh91AY&SY", "bzip2"), (b"\xfd7zXZ\x00\x00", "xz")):
        with pytest.raises(ParseError, match=what):
            read(data, "max-cut")


def gzip_bomb(size):
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packer:
        for _ in range(size // 2**20):
            packer.write(b"1 2\n" * 2**18)
    return stream.getvalue()


def zstd_bomb(size):
    packer = zstandard.ZstdCompressor().compressobj()
    return (
        b"".join(packer.compress(b"1 2\n" * 2**18) for _ in range(size // 2**20)) + packer.flush()
    )


@pytest.mark.parametrize("bomb", [gzip_bomb, zstd_bomb])
def test_bombs_are_refused_in_bounded_memory(bomb):
    data = bomb(2**29)
    assert len(data) < 2**21
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputTooLarge, match="times its size"):
        read(data, "max-cut")
    with pytest.raises(InputTooLarge, match="more than 33554432 bytes"):
        read(data, "max-cut", limits=ReadLimits(max_bytes=2**25, max_ratio=float("inf")))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000, "kilobytes"


def test_size_limits_hold_for_plain_files(tmp_path):
    path = tmp_path / "g.txt"
    path.write_bytes(GSET)
    for x in (path, GSET):
        with pytest.raises(InputTooLarge):
            read(x, "max-cut", limits=ReadLimits(max_bytes=8))


def test_missing_files_and_folders_are_named(tmp_path):
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(ParseError, match="cannot be read"):
            read(path, "max-cut")


def test_text_is_cleaned():
    assert load(b"\xef\xbb\xbf1 2\n").data == b"1 2\n"
    assert load(b"1 2\r3 4\r").data == b"1 2\n3 4\n"
    assert load(b"1 2\r\n").data == b"1 2\r\n"
    source = load(b"1 2\n", name="x.mps.zst")
    assert source.name == "x.mps"
    assert load(source) is source


def test_errors_of_json_name_the_file():
    with pytest.raises(InvalidInstance, match=r"^g\.json: unknown key 'm'"):
        read(b'{"n": 1, "edges": [], "m": 2}', "max-cut", name="g.json")
    with pytest.raises(ParseError, match=r"g\.json:2:"):
        read(b'{"n": 1,\n "edges": [}', "max-cut", name="g.json")


@pytest.mark.parametrize(
    "data",
    [
        b'{"edges":' + b"[" * 10**6,
        b'{"n":' * 10**6,
        b'{"n": 3, "edges": ' + b"[" * 10**6 + b"]" * 10**6 + b"}",
        b'{"n": 3, "edges": [[0, NaN]]}',
        b'{"n": 3, "edges": [[0, 1, Infinity]]}',
        b'{"n": 3, "edges": [[0, 1, 1e999]]}',
        b'{"n": 3, "n": 4, "edges": []}',
        b'{"n": ' + b"9" * 5000 + b', "edges": []}',
        b'{"n": 3, "edges": [[0, 1]] ' + b" " * 10**6,
        b'{"n": 3, "edges": [' + b"[0, 1]," * 10**5 + b"[0]]}",
        b'{"n": 3, "edges": [' + b"[0, 1]," * 10**5 + b"]}",
        b'{"n": 3, "edges": [' + b"[0, 01]," * 10**4 + b"[0, 1]]}",
        b'{"n": 3, "edges": [' + b"[0, 1, 1e999]," * 10**4 + b"[0, 1, 1]]}",
        b'{"n": 3, "edges": "\xff"}',
    ],
)
def test_hostile_json_is_refused_at_once(data):
    start = time.monotonic()
    with pytest.raises(InputError):
        read(data, "max-cut", name="g.json")
    assert time.monotonic() - start < 60, "a hang, not a slow machine"


def test_shipped_instances_are_read_by_their_folder():
    for folder in (*GRAPHS, "cubic-correlation-clustering"):
        table = tomllib.loads((INSTANCES / folder / "best_known.toml").read_text())
        files = {path.name for path in (INSTANCES / folder).iterdir()} - {"best_known.toml"}
        assert files == set(table)
        for name, known in table.items():
            parsed = read(INSTANCES / folder / name)
            assert parsed.problem.name == folder
            assert parsed.instance.n > 0
            assert known["optimal"] is True
            assert isinstance(known["objective"], int | float)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["plain", "weighted", "json"])
def test_a_million_edges_take_at_most_six_times_the_file(tmp_path, form):
    rng = np.random.default_rng(0)
    ends = rng.integers(0, 100_000, (10**6, 2)).tolist()
    weights = rng.random(10**6).tolist()
    path = tmp_path / "big.txt"
    if form == "plain":
        path.write_text("".join(f"{u} {v}\n" for u, v in ends))
    elif form == "weighted":
        path.write_text(
            "".join(f"{u} {v} {w!r}\n" for (u, v), w in zip(ends, weights, strict=True))
        )
    else:
        path.write_text(f'{{"n": 100000, "edges": {ends}}}')
    script = (
        "import sys\n"
        "from solverhub.problems.reading import read\n"
        "read(b'1 2\\n', 'max-cut'), read(b'1 2 .5\\n', 'max-cut')\n"
        "read(b'{\"n\": 9, \"edges\": [' + b'[0, 1],' * 999 + b'[1, 2]]}', 'max-cut')\n"
        "def peak(): return int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
        "before = peak()\n"
        "read(sys.argv[1], 'max-cut')\n"
        "print(1024 * (peak() - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) <= 6 * path.stat().st_size

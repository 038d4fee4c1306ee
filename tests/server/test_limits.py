"""Hostile bodies: each is refused in a moment, with a document that says why, in bounded memory."""

import asyncio
import contextlib
import gzip
import io
import json
import socket
import threading
import time

import httpx
import psutil
import pytest
import uvicorn
import zstandard
from uvicorn.server import ServerState

from solverhub.server.limits import BodyLimit
from solverhub.server.protocol import MAX_HEAD_BYTES, BoundedHeadProtocol

MIB = 2**20
JSON = {"content-type": "application/json"}
MOMENT_S = 5.0


def refused(answer, *statuses):
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    assert told["remedy"]
    return told


@contextlib.contextmanager
def briefly(pid, growth=192 * MIB):
    """The time and the resident memory that the server spends stay small."""
    process = psutil.Process(pid)
    before, peak, done = process.memory_info().rss, [0], threading.Event()

    def watch():
        while not done.wait(0.01):
            peak[0] = max(peak[0], process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    began = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - began
        done.set()
        thread.join()
    assert took < MOMENT_S
    assert peak[0] - before < growth


DEEP = b'{"instance":' + b"[" * 1_000_000
BODIES = {
    "deep arrays": DEEP,
    "deep objects": b'{"a":' * 200_000,
    "closed deep arrays": b'{"instance": {"x": ' + b"[" * 500_000 + b"]" * 500_000 + b"}}",
    "nan": b'{"instance": {"n": NaN}}',
    "infinity": b'{"instance": {"n": -Infinity}}',
    "too large a float": b'{"instance": {"n": 1e999}}',
    "long number": b'{"seed": ' + b"9" * 1_000_000 + b', "instance": {}}',
    "empty": b"",
    "blank": b"   ",
    "cut": b'{"instance": {"n": 3, "edges": [[0, 1',
    "two values": b"{} {}",
    "not utf-8": b'{"instance": "\xff\xfe"}',
    "utf-16": '{"instance": {}}'.encode("utf-16"),
    "zero bytes": b"\0" * 1000,
    "half a character": b'{"problem": "\\ud800", "instance": {}}',
    "key twice": b'{"instance": {}, "instance": {}}',
    "an array": b"[1, 2]",
    "a string": b'"x"',
    "null": b"null",
    "many containers": b'{"instance": {"x": [' + b"[]," * 9_000_000 + b"[]]}}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/batches", "/v1/route"])
def test_hostile_json_is_refused(api, live_server, path, body):
    with briefly(live_server.pid):
        refused(api.post(path, content=body, headers=JSON), 413, 422)


BUDGETS = [{"time_s": -1}, {"threads": 0}, {"threads": 10**9}, {"gap": -0.1}, {"memory_bytes": 0}]
BUDGETS += [{"time_s": "5"}, {"time_s": 1e9}, {"device": "abacus"}, {"iterations": -5}, {"x": 1}]
MEMBERS = [{"seed": -1}, {"seed": 2**70}, {"seed": 1.5}, {"solver": "x" * 10_000}, {"params": []}]
MEMBERS += [{"problem": "x" * 10_000}, {"problem": "nope"}, {"solver": "nope"}, {"odd": 1}]
MEMBERS += [{"priority": 10**6}, {"use_cache": "yes"}, {"instance_digest": "sha256:zz"}]
MEMBERS += [{"name": "x" * 10_000}, {"warm_start": [1]}, {"warm_start": {"start": [[-1]]}}]
MEMBERS += [{"params": {"no_such": 1}, "solver": "cp-sat"}, {"params": {"no_such": 1}}]
MEMBERS += [{"budget": budget} for budget in BUDGETS]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: json.dumps(member)[:40])
def test_a_wrong_member_is_named(api, easy_shop, member):
    answer = api.post("/v1/jobs", json={"instance": easy_shop} | member)
    told = refused(answer, 422)
    assert len(answer.content) < 10_000
    assert len(told["detail"]) < 5000


GRAPHS = [
    {"n": -1, "edges": []},
    {"n": 3, "edges": [[0, 3]]},
    {"n": 3, "edges": [[0, -1]]},
    {"n": 3, "edges": [[0]]},
    {"n": 3, "edges": [[0, 1.5]]},
    {"n": 10**12, "edges": []},
    {"n": 10**30, "edges": []},
    {"n": "3", "edges": []},
    {"n": 3},
    {"n": 3, "edges": 7},
    {"n": 3, "edges": {"u": [0, 1], "v": [1]}},
    {"n": 3, "edges": [[0, 1]], "weights": [1]},
    {},
]
SHOPS = [
    {"jobs": [[[0, -3]]]},
    {"jobs": [[[-1, 3]]]},
    {"jobs": [[[0]]]},
    {"jobs": [[[0, 3.5]]]},
    {"jobs": [[[10**15, 3]]]},
    {"jobs": []},
    {"jobs": [[["x", 3]]]},
]
PROGRAMS = [
    {"c": [1], "A": {"rows": [0], "cols": [5], "values": [1]}, "row_upper": [1]},
    {"c": [1], "A": {"rows": [-1], "cols": [0], "values": [1]}, "row_upper": [1]},
    {"c": ["x"]},
    {"c": [1], "lower": [2, 3]},
    {"mps": "NAME x\nROWS\n N obj\nCOLUMNS\n"},
    {"mps": ""},
    {"mps": 3},
    {},
]
INSTANCES = [("max-cut", one) for one in GRAPHS] + [("job-shop", one) for one in SHOPS]
INSTANCES += [("ilp", one) for one in PROGRAMS] + [("maximum-clique", one) for one in GRAPHS]


@pytest.mark.parametrize(("problem", "instance"), INSTANCES, ids=str)
def test_a_broken_instance_is_refused(api, live_server, problem, instance):
    with briefly(live_server.pid):
        refused(api.post("/v1/jobs", json={"problem": problem, "instance": instance}), 413, 422)


LONG = b"x" * 10_000
FILES = {
    "empty.clq": ("maximum-clique", b""),
    "fewer.clq": ("maximum-clique", b"p edge 3 3\ne 1 2\n"),
    "more.clq": ("maximum-clique", b"p edge 3 1\ne 1 2\ne 2 3\n"),
    "range.clq": ("maximum-clique", b"p edge 3 1\ne 1 9\n"),
    "negative.clq": ("maximum-clique", b"p edge -3 1\ne 1 2\n"),
    "huge.clq": ("maximum-clique", b"p edge 999999999999 1\ne 1 2\n"),
    "fewer.rud": ("max-cut", b"3 3\n1 2 1\n"),
    "more.rud": ("max-cut", b"3 1\n1 2 1\n2 3 1\n"),
    "cut.mps": ("ilp", b"NAME x\nROWS\n N obj\n L r\nCOLUMNS\n    a  obj  1"),
    "long.mps": ("ilp", b"NAME x\nROWS\n N obj\n Z " + LONG + b"\nENDATA\n"),
    "nan.mps": ("ilp", b"NAME\nROWS\n N o\nCOLUMNS\n a o nan\nRHS\nENDATA\n"),
    "cut.lp": ("ilp", b"Minimize\n obj: x +\nSubject To\n c: x >="),
    "cut.jsp": ("job-shop", b"2 2\n0 3 1\n"),
    "negative.jsp": ("job-shop", b"1 2\n0 -3 1 2\n"),
    "huge.jsp": ("job-shop", b"99999999 99999999\n0 3\n"),
    "deep.json": ("max-cut", b"[" * 900_000),
    "half.json": ("ilp", b'{"mps": "\\ud800"}'),
    "binary.txt": ("max-cut", bytes(range(256)) * 40),
    "cut.gz": ("job-shop", gzip.compress(b"2 2\n0 3 1 2\n1 4 0 1\n")[:-9]),
    "cut.zst": ("job-shop", zstandard.compress(b"2 2\n0 3 1 2\n1 4 0 1\n")[:-3]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_refused_and_named(api, live_server, name):
    problem, data = FILES[name]
    with briefly(live_server.pid):
        answer = api.post("/v1/jobs", files={"file": (name, data)}, data={"problem": problem})
    refused(answer, 413, 422)
    assert len(answer.content) < 10_000


def bomb(pack):
    """About a gigabyte of blanks, packed."""
    block = b" " * MIB
    if pack == "gzip":
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as file:
            for _ in range(1024):
                file.write(block)
        return out.getvalue()
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join([packer.compress(block) for _ in range(1024)] + [packer.flush()])


@pytest.fixture(scope="module", params=["gzip", "zstd"])
def bombed(request):
    return request.param, bomb(request.param)


def test_a_bomb_as_content_encoding_is_refused(api, live_server, bombed):
    encoding, data = bombed
    with briefly(live_server.pid):
        answer = api.post("/v1/jobs", content=data, headers=JSON | {"content-encoding": encoding})
    refused(answer, 413)


def test_a_bomb_as_a_file_is_refused(api, live_server, bombed):
    encoding, data = bombed
    name = "bomb.rud.gz" if encoding == "gzip" else "bomb.rud.zst"
    with briefly(live_server.pid):
        answer = api.post("/v1/jobs", files={"file": (name, data)}, data={"problem": "max-cut"})
    refused(answer, 413, 422)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_an_honest_encoding_is_read(api, easy_shop, encoding):
    plain = json.dumps({"instance": easy_shop, "solver": "cp-sat"}).encode()
    packed = gzip.compress(plain) if encoding == "gzip" else zstandard.compress(plain)
    headers = JSON | {"content-encoding": encoding, "prefer": "wait=30"}
    assert api.post("/v1/jobs", content=packed, headers=headers).status_code == 200
    broken = api.post("/v1/jobs", content=packed[:-4], headers=headers)
    refused(broken, 422)
    refused(api.post("/v1/jobs", content=plain, headers=headers), 422)


def test_an_encoding_or_type_that_is_not_read_is_told(api):
    refused(api.post("/v1/jobs", content=b"{}", headers=JSON | {"content-encoding": "br"}), 415)
    refused(api.post("/v1/jobs", content=b"{}", headers={"content-type": "text/plain"}), 415)
    refused(api.post("/v1/jobs", content=b"{}"), 415)


def endless(size):
    for _ in range(size // 65536):
        yield b" " * 65536


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/jobs"), ("PUT", "/v1/instances")])
def test_more_than_the_limit_is_refused_while_it_streams(refusing, method, path):
    answer = refusing.request(method, path, content=endless(8 * MIB), headers=JSON)
    refused(answer, 413)
    assert answer.headers["connection"] == "close"


def test_a_form_beyond_the_limit_is_refused(refusing):
    answer = refusing.post("/v1/jobs", files={"file": ("x", b" " * (4 * MIB))})
    refused(answer, 413)


def exchange(url, head, body=b"", *, finish=False):
    """Status, head and body of what a raw request gets."""
    with socket.create_connection((url.host, url.port), timeout=30) as raw:
        raw.sendall(head + body)
        if finish:
            raw.shutdown(socket.SHUT_WR)
        got = b""
        while chunk := raw.recv(65536):
            got += chunk
            start, _, rest = got.partition(b"\r\n\r\n")
            length = [line for line in start.split(b"\r\n") if line.startswith(b"content-length")]
            if length and len(rest) >= int(length[0].partition(b":")[2]):
                break
    return (int(got.split()[1]), got) if got else (0, got)


def post(length, more=b""):
    return (
        b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"content-length: %b\r\n%b\r\n" % (length, more)
    )


@pytest.mark.parametrize("length", [b"999999999999", b"2000000"])
def test_a_length_beyond_the_limit_is_refused_unread(refusing, length):
    status, got = exchange(refusing.base_url, post(length), b"{")
    assert status == 413
    assert b"application/problem+json" in got


@pytest.mark.parametrize("length", [b"-1", b"1x", b"9" * 40, b"0x10"])
def test_a_length_that_is_none_is_refused(refusing, length):
    status, got = exchange(refusing.base_url, post(length), b"{}")
    assert status in (400, 413)
    assert b"application/problem+json" in got


def test_a_length_that_says_too_little_cuts_the_body_there(refusing):
    status, got = exchange(refusing.base_url, post(b"5"), b'{"instance": {}}')
    assert status in (400, 422)
    assert b"application/problem+json" in got


def test_two_lengths_or_a_length_and_chunks_are_refused(refusing):
    for more in (b"content-length: 9\r\n", b"transfer-encoding: chunked\r\n"):
        status, got = exchange(refusing.base_url, post(b"2", more), b"{}")
        assert status in (400, 422)
        assert b"problem+json" in got


def test_broken_chunks_are_refused(refusing):
    head = b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    status, got = exchange(
        refusing.base_url, head + b"transfer-encoding: chunked\r\n\r\n", b"zz\r\n{}\r\n"
    )
    assert status == 400
    assert b"problem+json" in got


def test_a_body_that_never_comes_is_given_up(serve_with, monkeypatch):
    monkeypatch.setattr(BodyLimit.__init__, "__defaults__", (0.2,))
    with serve_with() as url:
        status, got = exchange(httpx.URL(url), post(b"500"), b"{")
    assert status == 408
    assert b"problem+json" in got


def test_a_client_that_leaves_in_the_middle_harms_nobody(refusing):
    for _ in range(20):
        with socket.create_connection((refusing.base_url.host, refusing.base_url.port)) as raw:
            raw.sendall(post(b"500") + b"{")
    assert refusing.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx-long: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 50_000 + b"\r\n",
    ],
)
def test_a_head_without_end_is_refused(refusing, head):
    with contextlib.suppress(ConnectionError):
        status, got = exchange(refusing.base_url, head)
        assert status == 431
        assert b"problem+json" in got
    assert refusing.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "bytes_", [b"NONSENSE\r\n\r\n", b"\x16\x03\x01\0\xa5\x01" * 20, b"GET\r\n\r\n"]
)
def test_what_is_not_http_is_refused(refusing, bytes_):
    status, got = exchange(refusing.base_url, bytes_)
    assert status == 400
    assert b"problem+json" in got


class Recording(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self):
        super().__init__()
        self.wrote, self.closed = b"", False

    def write(self, data):
        self.wrote += data

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed


@pytest.mark.parametrize("piece", [1000, 65536, 1 << 20])
@pytest.mark.parametrize("size", [MAX_HEAD_BYTES + 1, 4 * MAX_HEAD_BYTES])
@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nx-long: "])
def test_how_a_head_is_cut_does_not_matter(start, size, piece):
    async def status():
        config = uvicorn.Config(lambda: None, log_level="critical")
        config.load()
        protocol = BoundedHeadProtocol(config, ServerState(), {})
        transport = Recording()
        protocol.connection_made(transport)
        head = start + b"x" * size + b" HTTP/1.1\r\n\r\n"
        for at in range(0, len(head), piece):
            if not transport.closed:
                protocol.data_received(head[at : at + piece])
        return int(transport.wrote.split()[1])

    assert asyncio.run(status()) == 431

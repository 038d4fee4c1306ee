"""Transactions, pools and the errors of a database."""

import os
import threading

import pytest

from solverhub.core.errors import Overloaded, SolverhubError, StorageFull
from solverhub.service.database import Database
from solverhub.service.dialect import Sqlite


@pytest.fixture
def database(tmp_path):
    found = Database(Sqlite(tmp_path / "x.sqlite", busy_s=0.2))
    with found.writing() as cursor:
        cursor.run("CREATE TABLE things (id BIGINT PRIMARY KEY, body BYTEA)")
    yield found
    found.release()


def count(database):
    with database.reading() as cursor:
        return cursor.one("SELECT COUNT(*) AS count FROM things")["count"]


def add(database, number, body=b"", **how):
    with database.writing(**how) as cursor:
        cursor.run("INSERT INTO things (id, body) VALUES (?, ?)", (number, body))


def fail_halfway(database):
    with database.writing() as cursor:
        cursor.run("INSERT INTO things (id) VALUES (1)")
        raise ZeroDivisionError


def test_a_block_that_raises_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError):
        fail_halfway(database)
    assert count(database) == 0
    add(database, 1, durable=True)
    with pytest.raises(SolverhubError):
        add(database, 1)
    assert count(database) == 1


def test_threads_write_one_after_the_other(database):
    def work(base):
        for number in range(20):
            add(database, base + number)

    threads = [threading.Thread(target=work, args=(1000 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 80


def test_a_forked_child_works_with_connections_of_its_own(database):
    add(database, 1)
    database.release()
    pid = os.fork()
    if pid == 0:
        try:
            add(database, 2)
        finally:
            os._exit(0)
    add(database, 3)
    os.waitpid(pid, 0)
    assert count(database) == 3


def fill(database):
    for number in range(100):
        add(database, number, bytes(4096))


def test_a_full_database_is_told_by_name(database):
    with database.writing() as cursor:
        cursor.all("PRAGMA max_page_count = 20")
    with pytest.raises(StorageFull):
        fill(database)
    assert count(database) > 0


def test_a_locked_database_is_told_by_name(database, tmp_path):
    other = Database(Sqlite(tmp_path / "x.sqlite", busy_s=0.2))
    with other.writing(), pytest.raises(Overloaded, match="locked"):
        add(database, 1)
    other.release()
    add(database, 1)

"""The job store: the truth about jobs, runs, answers and instances.

It is portable SQL (`schema`, `dialect`) shared by any number of processes:

- `Submissions` adds jobs, batches and idempotency keys in one transaction each;
- `RunQueue` hands runs to workers by leases, every write fenced by attempt and token;
- `Jobs` is what callers see, and where they cancel;
- `Instances` holds inputs by the digest of their bytes; `answers` is the cache.

Another database is another `Dialect`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from solverhub.config import Settings
from solverhub.core.errors import SolverhubError
from solverhub.service import schema
from solverhub.service.database import Database
from solverhub.service.dialect import Sqlite
from solverhub.service.instances import Instances
from solverhub.service.jobs import Jobs
from solverhub.service.notifier import SocketNotifier
from solverhub.service.run_queue import RunQueue
from solverhub.service.spool import Spool
from solverhub.service.submissions import Submissions


class Store:
    """The store of a data directory, with its spool and its bells; made if it is not there."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        folder = settings.data_dir
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / "spool").mkdir(exist_ok=True)
            self.notifier = SocketNotifier(folder / "bells")
        except OSError as error:
            raise SolverhubError(
                f"the data directory {folder} cannot be used ({error.strerror})",
                remedy="give another by SOLVERHUB_DATA_DIR",
            ) from error
        self.spool = Spool(folder / "spool", settings.max_file_bytes)
        self.database = Database(Sqlite(folder / "jobs.sqlite"))
        schema.create(self.database)
        self.submissions = Submissions(self.database, settings.max_queued, clock)
        self.queue = RunQueue(self.database, clock)
        self.jobs = Jobs(self.database, clock)
        self.instances = Instances(self.database)

    def close(self) -> None:
        """Give connections and sockets back."""
        self.database.release()
        self.notifier.close()

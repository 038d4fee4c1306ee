"""HTTP client: `Client` and `AsyncClient` over one core that does no input or output.

    from solverhub.client import Client

    with Client("http://127.0.0.1:8080") as client:
        result = client.solve("G1.txt", problem="max-cut", time_limit=5)

It imports no solver: only the core, the problem families, the JSON forms and httpx.
"""

from solverhub.client.async_handles import AsyncBatch, AsyncJob
from solverhub.client.asynchronous import AsyncClient
from solverhub.client.handles import Batch, Job
from solverhub.client.synchronous import Client

__all__ = ["AsyncBatch", "AsyncClient", "AsyncJob", "Batch", "Client", "Job"]

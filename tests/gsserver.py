"""A server of Google's Cloud Storage on this machine: gcp-storage-emulator's, with a hook on each request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen


@dataclass
class Server:
    """The server, with the buckets `inbox` and `outbox`.

    Attributes:
        environment: What programs need to find it.
        watch: Called with the method and the query of each request.
        scheme: Of its addresses.
    """

    environment: dict[str, str]
    watch: Callable[[str, str], None] = lambda method, query: None
    scheme: str = "gs"

    def make(self, bucket: str) -> None:
        """Have a bucket there."""
        self._ask("storage/v1/b", json.dumps({"name": bucket}).encode(), "application/json")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Have an object there."""
        self._ask(f"upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(key, '')}", body, "image/png")

    def is_half_way(self, method: str, query: str) -> bool:
        """Whether a request belongs to an upload that has begun."""
        return method == "POST" and "upload_id=" in query

    def keys(self, bucket: str) -> dict[str, int]:
        """The objects of a bucket, and how large each is."""
        return {one["name"]: int(one["size"]) for one in self._ask(f"storage/v1/b/{bucket}/o").get("items", ())}

    def uploads(self, bucket: str) -> list[Any]:
        """Uploads that have begun and not ended: the store shows none, and forgets them after a week."""
        return []

    def _ask(self, path: str, body: bytes | None = None, kind: str = "") -> Any:
        url = f"{self.environment['STORAGE_EMULATOR_HOST']}/{path}"
        with urlopen(Request(url, body, {"Content-Type": kind} if kind else {}), timeout=20) as answer:
            return json.load(answer)


@contextmanager
def gs() -> Iterator[Server]:
    """Run a server as long as the `with` lasts."""
    from gcp_storage_emulator.server import RequestHandler
    from gcp_storage_emulator.storage import Storage

    class Watched(RequestHandler):
        def parse_request(self) -> bool:
            there = bool(super().parse_request())
            if there:
                server.watch(self.command, urlsplit(self.path).query)
            return there

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever is killed reads no answer."""

    http = Quiet(("127.0.0.1", 0), partial(Watched, Storage(use_memory_fs=True)))
    server = Server({"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{http.server_port}"})
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        for bucket in ("inbox", "outbox"):
            server.make(bucket)
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()

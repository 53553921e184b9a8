"""An S3 server on this machine: moto's, with a hook that sees each request before it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"


@dataclass
class Server:
    """The server, with the buckets `inbox` and `outbox`.

    Attributes:
        environment: What programs need to find it, and to be let in.
        client: boto3's.
        watch: Called with the method and the query of each request.
        scheme: Of its addresses.
    """

    environment: dict[str, str]
    client: Any
    watch: Callable[[str, str], None] = lambda method, query: None
    scheme: str = "s3"

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Have an object there."""
        self.client.put_object(Bucket=bucket, Key=key, Body=body)

    def is_half_way(self, method: str, query: str) -> bool:
        """Whether a request belongs to an upload of which there is a part already."""
        return method == "PUT" and "partNumber=2" in query

    def keys(self, bucket: str) -> dict[str, int]:
        """The objects of a bucket, and how large each is."""
        return {one["Key"]: one["Size"] for one in self.client.list_objects_v2(Bucket=bucket).get("Contents", ())}

    def uploads(self, bucket: str) -> list[Any]:
        """Uploads that have begun and not ended."""
        return list(self.client.list_multipart_uploads(Bucket=bucket).get("Uploads") or ())


@contextmanager
def s3() -> Iterator[Server]:
    """Run a server as long as the `with` lasts."""
    import boto3
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        def log(self, *anything: object) -> None:
            pass

    moto = DomainDispatcherApplication(create_backend_app)

    def app(environ: dict[str, Any], start: Any) -> Any:
        server.watch(environ["REQUEST_METHOD"], environ.get("QUERY_STRING", ""))
        return moto(environ, start)

    http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{http.server_port}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    server = Server(environment, client)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        for bucket in ("inbox", "outbox"):
            client.create_bucket(Bucket=bucket)
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
        client.close()


@contextmanager
def refusing() -> Iterator[str]:
    """A server that lets nobody in, as S3 says it; its address."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Refusing(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            said = b"<Error><Code>InvalidAccessKeyId</Code><Message>AKIAIOSFODNN7EXAMPLE is unknown</Message></Error>"
            self.send_response(403)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said)

        do_GET = do_HEAD = do_PUT = do_POST = _refuse

        def log_message(self, *anything: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()

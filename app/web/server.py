"""Puts the web app together, and runs it."""

from __future__ import annotations

import errno
import os
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from emojicam import assets
from emojicam.console import say
from emojicam.errors import DeviceError, UsageError
from emojicam.interrupt import Interrupt
from emojicam.stream.cores import usable
from emojicam.web.camera import camera
from emojicam.web.config import Config
from emojicam.web.connections import Connections
from emojicam.web.draws import draws
from emojicam.web.ending import Ended, Ending
from emojicam.web.freed import Freed
from emojicam.web.guard import Guard, Keys, headers_for, refused
from emojicam.web.limits import Budget, Rate, Slots
from emojicam.web.openapi import document
from emojicam.web.overlays import Overlays
from emojicam.web.pace import Pace
from emojicam.web.pages import read_pages
from emojicam.web.photos import health, photos
from emojicam.web.pipeline import load
from emojicam.web.protocol import UvicornConfig
from emojicam.web.shared import Shared, network, shared
from emojicam.web.worker import Worker
from emojicam.wiring import one_thread_each, settled

PROXIES = ("127.0.0.1", "::1")
"""Addresses of a proxy in front."""


def create_app(config: Config, worker: Worker | None = None) -> Starlette:
    """Build the web app.

    Args:
        config: What it is told.
        worker: Open, and its owner's to close; by default one of its own, for as long as the app lives.
    """
    limits = config.limits
    keys = Keys(config.token, Rate(limits.logins_burst, limits.logins_a_second))
    requests = Slots(limits.connections, limits.connections_each)
    ending = Ending()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        own: AbstractContextManager[Worker] = nullcontext(worker) if worker else Worker(lambda: load(config.settings))
        with ExitStack() as stack:
            open_worker = stack.enter_context(own)
            threads = max(2, usable())
            photo_threads = stack.enter_context(ThreadPoolExecutor(threads, "photo"))
            frame_threads = stack.enter_context(ThreadPoolExecutor(threads, "frame"))
            known = replace(config, labels=open_worker.models.labels)
            app.state.shared = _shared(known, open_worker, photo_threads, frame_threads)
            pages = read_pages(known, open_worker.models.labels, keys)
            app.state.pages = pages
            yield

    async def about(request: Request) -> Response:
        here = shared(request)
        labels, themes = here.worker.models.labels, list(here.config.themes)
        return JSONResponse(document(labels, themes, here.config.limits, token=keys.needed))

    async def alive(request: Request) -> Response:
        return JSONResponse(health(shared(request)))

    routes = [
        Route("/", _page("home")),
        Route("/login", _page("door"), methods=["GET"]),
        Route("/login", _page("enter"), methods=["POST"]),
        Route("/static/{name:path}", _page("file")),
        Route("/emoji/{theme}/{name}", _page("picture")),
        Route("/preview/{theme}/{name}", _page("picture")),
        Route("/favicon.ico", _page("file")),
        Route("/api/photo", photos(), methods=["POST"]),
        Route("/api/draw", draws(), methods=["POST"]),
        Route("/api/health", alive),
        Route("/api/openapi.json", about),
        Route("/api/docs", _page("api")),
        WebSocketRoute("/api/camera", camera),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Ended, ending=ending),
            Middleware(Guard, config=config, keys=keys, requests=requests),
        ],
        exception_handlers={HTTPException: _said, Exception: _failed},
        lifespan=lifespan,
    )
    app.state.ending = ending
    proxies = [network(one) for one in PROXIES] if config.proxy else []
    app.state.open = Connections(limits.connections, limits.connections_each, proxies)
    app.state.pace = Pace(proxies)
    return app


def _shared(
    config: Config, worker: Worker, photo_threads: ThreadPoolExecutor, frame_threads: ThreadPoolExecutor
) -> Shared:
    limits, settings = config.limits, config.settings
    drawing = partial(Overlays, config.themes, worker.models.labels, scale=settings.scale, shadow=settings.shadow)
    return Shared(
        config=config,
        worker=worker,
        photo_overlays=drawing(sharp=config.local),
        frame_overlays=drawing(),
        photo_threads=photo_threads,
        frame_threads=frame_threads,
        uploads=Budget(limits.uploads, limits.waiting, limits.wait_seconds),
        pixels=Budget(limits.at_work, limits.waiting, limits.wait_seconds, limits.at_work_least),
        answers=Budget(limits.answers, limits.waiting, limits.wait_seconds),
        photos=Rate(limits.photos_burst, limits.photos_a_second),
        cameras=Slots(limits.cameras, limits.cameras_each),
        freed=Freed(),
    )


def _page(name: str) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        response: Response = await getattr(request.app.state.pages, name)(request)
        return response

    return answer


async def _said(request: Request, error: Exception) -> Response:
    """Say in words why a request is refused."""
    assert isinstance(error, HTTPException)
    return refused(error.status_code, error.detail, dict(error.headers or {}))


async def _failed(request: Request, error: Exception) -> Response:
    """Answer where a defect of ours showed: it is logged, and the visitor learns nothing of its inside.

    This answer passes no guard.
    """
    return refused(500, "something went wrong here", headers_for(""))


def serve(config: Config, interrupt: Interrupt, *, browser: bool) -> int:
    """Run until interrupted.

    Args:
        config: What the server is told.
        interrupt: Ends it.
        browser: Open the page.

    Returns:
        The exit code.

    Raises:
        EmojicamError: The port is taken, or something can't be loaded.
    """
    with _listening(config) as listener:
        port = listener.getsockname()[1]
        shown = f"[{config.host}]" if ":" in config.host else config.host
        if config.host in ("0.0.0.0", "::"):
            shown = "localhost"
        url = f"http://{shown}:{port}/"
        one_thread_each()
        with Worker(lambda: load(config.settings)) as worker:
            for label in worker.models.labels:  # what it lacks is said now, not to the first visitor
                assets.emojis(str(assets.theme_folder(config.settings.theme)), label)
            app = create_app(config, worker)
            server = _Server(app, lambda: _announce(config, url, browser=browser), proxy=config.proxy)
            with settled(), interrupt.patiently():
                server.run(sockets=[listener])
    return 0


def uvicorn_config(app: Starlette, *, proxy: bool = False) -> uvicorn.Config:
    """Make uvicorn's settings for the app; with `proxy`, one on this machine is believed as to whom it speaks for."""
    return UvicornConfig(
        app,
        app.state.open,
        app.state.ending,
        app.state.pace,
        access_log=False,  # nobody's business, and a URL may hold what its sender did not mean to be kept
        log_level="error",  # of defects: uvicorn's warnings are about what visitors do
        server_header=False,
        proxy_headers=proxy,
        forwarded_allow_ips=list(PROXIES),
        timeout_keep_alive=10,
        timeout_graceful_shutdown=10,  # never reached: `Ending` and the connections themselves come first
        ws_max_size=2 * 1024 * 1024,
        ws_max_queue=4,
        ws_per_message_deflate=False,  # JPEGs are packed already
    )


class _Server(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(self, app: Starlette, ready: Callable[[], None], *, proxy: bool) -> None:
        super().__init__(uvicorn_config(app, proxy=proxy))
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()


def _announce(config: Config, url: str, *, browser: bool) -> None:
    say(f"emojicam: {url} (Ctrl-C ends it)")
    if not config.local:
        port = url.rsplit(":", 1)[1].strip("/")
        say(
            f"emojicam: whoever can reach port {port} of this machine and knows the token may "
            "use it; what they send is not encrypted unless a proxy with TLS stands in front, and other machines' "
            "browsers give a page their camera only over TLS"
        )
    if browser:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _listening(config: Config) -> socket.socket:
    """Take the port, before anything is loaded.

    Raises:
        DeviceError: It can't be had.
        UsageError: There is no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise UsageError(f"--host {config.host}: no such address") from error
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise DeviceError(
                f"port {config.port} of {config.host} is taken by another program: --port {config.port + 1}, say"
            ) from error
        if error.errno == errno.EACCES:
            raise DeviceError(f"port {config.port} may not be used by you: take one from 1024 on") from error
        raise DeviceError(f"{config.host} port {config.port} can't be used: {error.strerror}") from error
    return listener

"""The check that every request meets first: whose it is and where it comes from; and the headers of every answer."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emojicam.web.config import Config

COOKIE = "emojicam"
OPEN = ("/login", "/api/health", "/favicon.ico")
"""Paths for which nobody needs a token; besides what is below `/static/`."""

PAGES = ("/", "/api/docs")
"""Paths from which a visitor without a token is sent to `/login`."""

_HOST = re.compile(r"(?P<name>[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:(?P<port>[0-9]{1,5}))?")

BASE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def headers_for(host: str) -> dict[str, str]:
    """The security headers of an answer.

    Args:
        host: The name by which the visitor calls this server, checked; "" where it isn't known.
    """
    sockets = f" ws://{host} wss://{host}" if host else ""
    policy = (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
        f"frame-ancestors 'none'; base-uri 'none'; form-action 'self'; connect-src 'self'{sockets}"
    )
    return BASE | {"Content-Security-Policy": policy}


class Keys:
    """Knows the token, and the cookie of those who have shown it."""

    def __init__(self, token: str) -> None:
        """Make up the cookie.

        Args:
            token: What a visitor must know; "" lets everybody in.
        """
        self._token = token.encode()
        key = secrets.token_bytes(32)  # of this run: a cookie outlives no restart, and tells nothing of the token
        self.cookie = hmac.new(key, self._token, hashlib.sha256).hexdigest()

    @property
    def needed(self) -> bool:
        """Whether a visitor must show the token or the cookie."""
        return bool(self._token)

    def fits(self, token: str) -> bool:
        """Whether a token is the right one, compared in constant time."""
        return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self._token)

    def known(self, headers: Headers) -> bool:
        """Whether a request shows the token or the cookie."""
        if not self.needed:
            return True
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.fits(token.strip()):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")[:4096]).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self.cookie.encode())


@dataclass(frozen=True)
class Guard:
    """Lets through the requests that may pass, and refuses the others; for `Starlette(middleware=…)`.

    Attributes:
        app: The app behind it.
        config: What the server was told.
        keys: What knows the token.
    """

    app: ASGIApp
    config: Config
    keys: Keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, hand it on or refuse it, and put the headers on the answer."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0].lower() if len(hosts) == 1 and self._ours(hosts[0]) else ""
        refusal = self._refusal(scope, headers, hosts, host)

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers_for(host))
            await send(message)

        if refusal is None:
            await self.app(scope, receive, send_on)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the server answers 403
        else:
            await refusal(scope, receive, send_on)

    def _refusal(self, scope: Scope, headers: Headers, hosts: list[str], host: str) -> Response | None:
        if not host:
            wrong = len(hosts) != 1 or not _HOST.fullmatch(hosts[0].lower())
            return refused(400 if wrong else 421, "this server isn't called that")
        if scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD"):
            site = headers.get("sec-fetch-site", "none")
            origins = headers.getlist("origin")
            if site not in ("same-origin", "none") or any(not _same(origin, host) for origin in origins):
                return refused(403, "that comes from another page")
        path: str = scope["path"]
        if self.keys.known(headers) or path in OPEN or path.startswith("/static/"):
            return None
        if path in PAGES:
            return RedirectResponse("/login", 303)
        return refused(401, "show the token, as “Authorization: Bearer …”", {"WWW-Authenticate": "Bearer"})

    def _ours(self, host: str) -> bool:
        """Whether this server may be called what a `Host` header says.

        A page that rebinds its own name to our address calls it otherwise. An address can't be rebound. Of the names
        only those are ours that nobody else can own.
        """
        match = _HOST.fullmatch(host.lower())
        if match is None:
            return False
        name = match["name"].strip("[]")
        if name == "localhost":
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            own = socket.gethostname().lower()
            return not self.config.local and name in (own, f"{own}.local", self.config.host.lower())
        return address.is_loopback or not self.config.local


def _same(origin: str, host: str) -> bool:
    """Whether an `Origin` is our own page's."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host


def refused(status: int, why: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The API's answer to a request that is refused: JSON that says why."""
    return JSONResponse({"error": why, "status": HTTPStatus(status).phrase}, status, headers)

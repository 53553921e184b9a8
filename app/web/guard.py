"""The check that every request meets first: whose it is and where it comes from; and the headers of every answer.

Whatever the way in which a token is shown (header, cookie, URL, login, for a page or a WebSocket), wrong ones are
counted by address, and beyond a rate answered with 429. The right one always enters: others may have the same address,
behind a proxy, and what keeps guessers out is its length.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import re
import secrets
import socket
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emojicam.web.config import Config, Limits
from emojicam.web.limits import Rate, Slots
from emojicam.web.shared import address
from emojicam.web.worker import Busy

COOKIE = "emojicam"
OPEN = ("/login", "/api/health", "/favicon.ico")
"""Paths for which nobody needs a token; besides what is below `/static/`."""

REFUSED = "no WebSocket is opened: the request comes from another page, by another name, or shows no token"

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


class Shown(Enum):
    """The kinds of tokens that a request may show."""

    NONE = 0
    WRONG = 1
    RIGHT = 2


class Keys:
    """Knows the token, the cookie of those who have shown it, and who has shown wrong ones."""

    def __init__(self, token: str, tries: Rate | None = None) -> None:
        """Make up the cookie.

        Args:
            token: What a visitor must know; "" lets everybody in.
            tries: How often an address may show a wrong one; by default as often as the limits' default.
        """
        self._token = token.encode()
        self._tries = tries or Rate(Limits.logins_burst, Limits.logins_a_second)
        key = secrets.token_bytes(32)  # of this run: a cookie outlives no restart, and tells nothing of the token
        self.cookie = hmac.new(key, self._token, hashlib.sha256).hexdigest()

    @property
    def needed(self) -> bool:
        """Whether a visitor must show the token or the cookie."""
        return bool(self._token)

    def fits(self, token: str) -> bool:
        """Whether a token is the right one, compared in constant time."""
        return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self._token)

    def remembers(self, headers: Headers) -> bool:
        """Whether a request shows the right cookie."""
        return not self.needed or self._cookie(headers) is Shown.RIGHT

    def shown(self, headers: Headers, query: bytes = b"") -> Shown:
        """Look for the token or the cookie in a request; a token in a URL is never the right one."""
        if not self.needed:
            return Shown.RIGHT
        credentials = headers.get("authorization")
        scheme, _, token = (credentials or "").partition(" ")
        if scheme.lower() == "bearer" and self.fits(token.strip()):
            return Shown.RIGHT
        cookie = self._cookie(headers)
        if cookie is Shown.NONE and (credentials is not None or _token_in(query)):
            return Shown.WRONG
        return cookie

    def wrong(self, who: str) -> float:
        """Count a wrong token of an address.

        Returns:
            Seconds for which it is to wait, if there were too many; else 0.
        """
        return self._tries.wait(who)

    def _cookie(self, headers: Headers) -> Shown:
        sent = headers.get("cookie", "")[:4096]
        try:
            cookie = SimpleCookie(sent).get(COOKIE)
        except CookieError:
            cookie = None
        if cookie is None:
            return Shown.WRONG if f"{COOKIE}=" in sent else Shown.NONE
        right = hmac.compare_digest(cookie.value.encode("utf-8", "surrogateescape"), self.cookie.encode())
        return Shown.RIGHT if right else Shown.WRONG


@dataclass(frozen=True)
class Guard:
    """Lets through the requests that may pass, and refuses the others; for `Starlette(middleware=…)`.

    Attributes:
        app: The app behind it.
        config: What the server was told.
        keys: What knows the token.
        requests: The requests under way: also those of many visitors who come through a proxy's connections.
    """

    app: ASGIApp
    config: Config
    keys: Keys
    requests: Slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, hand it on or refuse it, and put the headers on the answer."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0].lower() if len(hosts) == 1 and self._ours(hosts[0]) else ""
        refusal = self._refusal(scope, headers, hosts, host)
        accepted = False

        async def send_on(message: Message) -> None:
            nonlocal accepted
            accepted = accepted or message["type"] == "websocket.accept"
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(headers_for(host))
            if message["type"] == "websocket.close" and not accepted:
                await refused(403, "there is no WebSocket here")(scope, receive, send_on)
                return
            await send(message)

        if refusal is not None and scope["type"] == "websocket" and refusal.status_code != 429:
            await refused(403, REFUSED)(scope, receive, send_on)
        elif refusal is not None:
            await refusal(scope, receive, send_on)
        elif scope["type"] == "websocket":
            await self.app(scope, receive, send_on)  # streams have slots of their own
        else:
            try:
                with self.requests.one(address(HTTPConnection(scope))):
                    await self.app(scope, receive, send_on)
            except Busy:
                wait = {"Retry-After": "2", "Connection": "close"}
                await refused(503, "too many requests are under way; try again in a moment", wait)(
                    scope, receive, send_on
                )

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
        if path in OPEN or path.startswith("/static/"):
            return None
        shown = self.keys.shown(headers, scope["query_string"])
        if shown is Shown.RIGHT:
            return None
        if shown is Shown.WRONG and (seconds := self.keys.wrong(address(HTTPConnection(scope)))):
            wait = {"Retry-After": str(math.ceil(seconds)), "Connection": "close"}
            return refused(429, "too many wrong tokens; wait a little", wait)
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


def _token_in(query: bytes) -> bool:
    try:
        fields = parse_qsl(query[:4096].decode("latin-1"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return False
    return any(name == "token" for name, _ in fields)


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

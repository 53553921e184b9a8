"""The command `web`: a page and a JSON API, served until interrupted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from emojicam.console import say
from emojicam.errors import MissingExtra
from emojicam.interrupt import Interrupt
from emojicam.settings import Settings


@dataclass(frozen=True)
class WebOptions:
    """The options of `emojicam web`.

    Attributes:
        settings: How faces are found and judged, and how they are drawn at first.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        no_browser: Don't open the page.
        proxy: A proxy on this machine stands in front.
        token: What a visitor must know; "" has one made up, None lets everybody in.
    """

    settings: Settings
    host: str
    port: int
    no_browser: bool
    proxy: bool
    token: str | None


def web(options: WebOptions, interrupt: Interrupt) -> int:
    """Run the server until interrupted."""
    try:
        import python_multipart  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Starlette or uvicorn", "web") from error
    from emojicam.theme import say_of_theme
    from emojicam.web.config import Config
    from emojicam.web.server import serve

    say_of_theme(options.settings)
    token = options.token
    if token == "":
        token = secrets.token_urlsafe(24)
        say(f"emojicam: the token is {token}")
    config = Config(options.settings, options.host, options.port, token or "", proxy=options.proxy)
    return serve(config, interrupt, browser=not options.no_browser)

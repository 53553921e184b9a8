"""The command `web`."""

from __future__ import annotations

import argparse
import secrets

from emojicam.console import say
from emojicam.errors import MissingExtra
from emojicam.interrupt import Interrupt
from emojicam.stream.drawing.overlay import Style
from emojicam.stream.faces.detect import Range
from emojicam.stream.inference.provider import Provider
from emojicam.web.config import Config
from emojicam.wiring import Look


def web(options: argparse.Namespace, interrupt: Interrupt) -> int:
    """Run the server until interrupted."""
    try:
        import python_multipart  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Starlette or uvicorn", "web") from error
    from emojicam.web.server import serve

    token = options.token
    if token == "":
        token = secrets.token_urlsafe(24)
        say(f"emojicam: the token is {token}")
    look = Look(
        style=Style(options.style),
        theme=options.theme,
        model=options.model,
        provider=Provider(options.provider),
        range=Range(options.range),
        detector_files=options.detector_models,
    )
    config = Config(look, options.host, options.port, token or "", proxy=options.proxy)
    return serve(config, interrupt, browser=not options.no_browser)

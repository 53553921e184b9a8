"""The family `line`: thick dark strokes on white, told apart by shape alone, at 20 px too."""

from __future__ import annotations

from emojicam.assets.shapes import area, both, clip, clipped, line, numbered, outlined, oval, picture

INK = "#14141c"
PAPER = "#ffffff"
THICK = 36
DISC = oval(256, 256, 248, 248, PAPER) + oval(256, 256, 224, 224, PAPER, outlined(28, INK))


def _face(title: str, *parts: str, defs: str = "") -> str:
    return picture(title, DISC, *parts, defs=defs)


def _ink(way: str, width: float = THICK) -> str:
    return line(way, width, INK)


def _dots(y: float, rx: float = 30, ry: float = 36) -> str:
    return both(oval(178, y, rx, ry, INK))


def _rings(y: float, r: float, pupil: float) -> str:
    return both(oval(172, y, r, r, PAPER, outlined(24, INK)) + oval(176, y + 2, pupil, pupil, INK))


def _mouth(way: str, *inside: str) -> str:
    return area(way, INK) + clipped("lips", *inside) + line(way, 22, INK)


LAUGH = "M116 280 H396 C396 372 334 428 256 428 C178 428 116 372 116 280 Z"
SMILE = "M142 304 H370 C370 372 322 408 256 408 C190 408 142 372 142 304 Z"
GRIT = "M150 332 H362 V404 H150 Z"
HOLE = "M256 302 C300 302 324 332 324 368 C324 408 296 432 256 432 C216 432 188 408 188 368 C188 332 212 302 256 302 Z"
TONGUE = "M200 338 H312 V376 C312 416 288 430 256 430 C224 430 200 416 200 376 Z"


def _neutral() -> str:
    return _face("Neutral", _dots(212), _ink("M176 334 Q256 372 336 334"))


def _happiness() -> tuple[str, str, str]:
    teeth = area("M100 260 H412 V330 H100 Z", PAPER)
    shut = both(_ink("M122 228 Q172 142 222 228"))
    return (
        _face("Happiness, faint", _dots(192), _ink("M134 296 Q256 464 378 296", 40)),
        _face(
            "Happiness", _dots(196), _mouth(SMILE, area("M100 300 H412 V346 H100 Z", PAPER)), defs=clip("lips", SMILE)
        ),
        _face("Happiness, strong", shut, _mouth(LAUGH, teeth), defs=clip("lips", LAUGH)),
    )


def _sadness() -> tuple[str, str]:
    brows = both(_ink("M112 178 L204 130", 32))
    tear = area(
        "M380 268 C380 268 416 312 416 338 A36 36 0 0 1 344 338 C344 312 380 268 380 268 Z", PAPER, outlined(22, INK)
    )
    return (
        _face("Sadness, faint", brows, _dots(232), _ink("M168 382 Q256 296 344 382")),
        _face("Sadness, strong", brows, _dots(226, 26, 26), _ink("M144 404 Q218 308 292 396"), tear),
    )


def _anger() -> tuple[str, str]:
    faint = (both(_ink("M108 150 L226 214", 40)), _dots(238, 26, 26), _ink("M186 362 Q256 322 326 362"))
    bars = _ink("M203 320 V420 M256 320 V420 M309 320 V420", 16)
    teeth = _mouth(GRIT, area(GRIT, PAPER), bars)
    strong = (both(_ink("M124 146 L240 218", 52)), both(oval(172, 248, 26, 26, INK)), teeth)
    return _face("Anger, faint", *faint), _face("Anger, strong", *strong, defs=clip("lips", GRIT))


def _fear() -> tuple[str, str]:
    brows = both(_ink("M116 150 L198 102", 30))
    wave = _ink("M134 344 L176 384 L216 344 L256 384 L296 344 L336 384 L378 344", 30)
    teeth = line("M164 378 L195 340 L226 378 L256 340 L286 378 L317 340 L348 378", 20, PAPER)
    chatter = area("M146 320 H366 V398 H146 Z", INK, outlined(30, INK)) + teeth
    return _face("Fear, faint", brows, _rings(222, 46, 17), wave), _face(
        "Fear, strong", brows, _rings(216, 52, 15), chatter
    )


def _surprise() -> tuple[str, str]:
    faint = (
        both(_ink("M128 138 Q176 76 222 124", 28)),
        _dots(222, 27, 33),
        oval(256, 366, 38, 42, PAPER, outlined(30, INK)),
    )
    strong = (both(_ink("M132 126 Q170 68 220 98", 26)), _rings(210, 44, 22), area(HOLE, INK))
    return _face("Surprise, faint", *faint), _face("Surprise, strong", *strong)


def _disgust() -> str:
    shut = both(_ink("M118 146 L208 194 L118 242"))
    tongue = area(TONGUE, PAPER, outlined(24, INK)) + _ink("M256 352 V384", 14)
    return _face("Disgust", shut, _ink("M130 356 Q156 294 256 294 Q356 294 382 356", 40), tongue)


def _contempt() -> str:
    lids = both(_ink("M108 212 H224", 34) + area("M126 216 H212 Q212 268 169 268 Q126 268 126 216 Z", INK))
    brows = _ink("M108 156 H214", 28) + _ink("M292 144 Q336 84 386 134", 28)
    return _face("Contempt", lids, brows, _ink("M150 372 H300 L356 326", 38))


def drawings() -> dict[str, str]:
    """Draw the family: the text of each SVG by its name, `EMOTION` or `EMOTION-DEGREE`."""
    series = {
        "happiness": _happiness(),
        "sadness": _sadness(),
        "anger": _anger(),
        "fear": _fear(),
        "surprise": _surprise(),
    }
    single = {"neutral": _neutral(), "disgust": _disgust(), "contempt": _contempt()}
    return single | numbered(series)

"""The family `yellow`: faces as phones show them, all of one yellow, told apart by brows, eyes and mouth alone."""

from __future__ import annotations

from emojicam.assets.shapes import area, both, clip, clipped, fade, line, numbered, outlined, oval, picture

DARK = "#532b06"
MOUTH = "#6e2410"
TONGUE = "#f4606c"
BLUE = "#48b4f5"

SKIN = fade(
    "skin", (0, "#ffe863", 1), (0.55, "#ffd43a", 1), (1, "#fdb01b", 1), line='x1="256" y1="8" x2="256" y2="504"'
)
EDGE = fade("edge", (0.86, "#d97800", 0), (1, "#d97800", 0.42), centre='cx="256" cy="248" r="256"')
DISC = oval(256, 256, 248, 248, "url(#skin)") + oval(256, 256, 248, 248, "url(#edge)")
BLUSH = both(oval(92, 306, 46, 32, "#ff7a33", 'fill-opacity=".32"'))


def _face(title: str, *parts: str, defs: str = "") -> str:
    return picture(title, DISC, *parts, defs=SKIN + EDGE + defs)


def _eyes(y: float = 212, rx: float = 29, ry: float = 41) -> str:
    return both(oval(172, y, rx, ry, DARK))


def _wide_eyes(y: float, r: float, pupil: float) -> str:
    return both(oval(164, y, r, r * 1.1, "#fff", outlined(9, "#b96f0c")) + oval(168, y + 2, pupil, pupil * 1.1, DARK))


def _brows(way: str, width: float = 22) -> str:
    return both(line(way, width, DARK))


def _mouth(way: str, *inside: str) -> str:
    return area(way, MOUTH) + clipped("lips", *inside) + line(way, 10, MOUTH)


LAUGH = "M100 292 Q256 322 412 292 Q424 290 423 306 C414 402 346 456 256 456 C166 456 98 402 89 306 Q88 290 100 292 Z"
SMILE = (
    "M122 314 Q256 340 390 314 Q404 312 402 326 C392 388 334 424 256 424 C178 424 120 388 110 326 Q108 312 122 314 Z"
)
GRIT = (
    "M150 342 Q256 316 362 342 Q386 350 386 378 Q386 410 360 412 Q256 396 152 412 Q126 410 126 378 Q126 350 150 342 Z"
)
SCREAM = (
    "M134 396 C130 350 160 336 188 350 C212 362 218 338 240 344 Q256 348 272 344 C294 338 300 362 324 350"
    " C352 336 382 350 378 396 C376 440 350 450 322 434 C300 424 290 446 272 440 Q256 434 240 440"
    " C222 446 212 424 190 434 C162 450 136 440 134 396 Z"
)
RETCH = (
    "M120 398 C112 362 156 332 202 340 Q256 352 310 340 C356 332 400 362 392 398 C388 416 366 412 350 404"
    " Q256 366 162 404 C146 412 124 416 120 398 Z"
)
DROP = "M{x} {y} C{x} {y} {left} {low} {left} {lower} A30 30 0 0 0 {right} {lower} C{right} {low} {x} {y} {x} {y} Z"


def _drop(x: float, y: float) -> str:
    way = DROP.format(x=x, y=y, left=x - 30, right=x + 30, low=y + 36, lower=y + 62)
    return area(way, BLUE, outlined(7, "#1c7fc4")) + line(f"M{x - 13} {y + 62} q2 12 11 14", 8, "#fff", 0.85)


def _neutral() -> str:
    brows = _brows("M132 146 Q170 124 208 138", 18)
    return _face("Neutral", BLUSH, _eyes(216), brows, line("M180 350 Q256 384 332 350", 24, DARK))


def _happiness() -> tuple[str, str, str]:
    faint = (_eyes(206), _brows("M128 128 Q166 96 206 118", 18), line("M136 324 Q256 446 376 324", 26, DARK))
    teeth = area("M90 290 H422 V336 Q256 366 90 336 Z", "#fff")
    tongue = oval(256, 452, 104, 62, TONGUE)
    smile = (_eyes(198, 31, 45), _brows("M120 120 Q162 84 206 106", 18), _mouth(SMILE, teeth))
    shut = both(line("M112 232 Q168 142 224 232", 28, DARK))
    laugh = (shut, _brows("M108 104 Q156 62 206 86", 18), _mouth(LAUGH, teeth, tongue))
    return (
        _face("Happiness, faint", BLUSH, *faint),
        _face("Happiness", BLUSH, *smile, defs=clip("lips", SMILE)),
        _face("Happiness, strong", BLUSH, *laugh, defs=clip("lips", LAUGH)),
    )


def _sadness() -> tuple[str, str]:
    faint = (_eyes(232), _brows("M116 178 Q172 160 206 122"), line("M176 392 Q256 332 336 392", 26, DARK))
    gleam = both(oval(162, 222, 11, 13, "#fff") + line("M146 262 Q172 278 198 262", 9, "#9fd8fb"))
    strong = (
        *(_eyes(236, 36, 46), gleam, _brows("M98 180 Q160 158 204 100", 26)),
        *(line("M160 420 Q256 322 352 420", 28, DARK), _drop(376, 286)),
    )
    return _face("Sadness, faint", *faint), _face("Sadness, strong", *strong)


def _anger() -> tuple[str, str]:
    faint = (_eyes(242, 28, 34), _brows("M110 164 Q164 180 220 214", 28), line("M182 384 Q256 340 330 384", 26, DARK))
    teeth = oval(256, 370, 180, 90, "#fff")
    gaps = line("M120 376 Q256 356 392 376 M186 320 V430 M256 320 V430 M326 320 V430", 9, MOUTH)
    folds = line("M236 128 L246 164 M276 128 L266 164", 15, "#c96a00")
    strong = (_eyes(250, 30, 30), _brows("M84 142 Q156 164 230 224", 40), folds, _mouth(GRIT, teeth, gaps))
    return _face("Anger, faint", *faint), _face("Anger, strong", *strong, defs=clip("lips", GRIT))


def _fear() -> tuple[str, str]:
    wave = line("M152 386 Q178 346 204 382 T256 382 T308 382 T360 386", 26, DARK)
    faint = (_wide_eyes(234, 50, 19), _brows("M98 158 Q160 142 204 96"), wave)
    teeth = area("M120 326 H392 V366 Q256 388 120 366 Z", "#fff")
    strong = (_wide_eyes(228, 60, 15), _brows("M92 148 Q154 126 206 70", 24), _mouth(SCREAM, teeth), _drop(452, 176))
    return _face("Fear, faint", *faint), _face("Fear, strong", *strong, defs=clip("lips", SCREAM))


def _surprise() -> tuple[str, str]:
    faint = (_eyes(218, 27, 37), _brows("M118 132 Q166 78 214 118", 20), oval(256, 380, 42, 48, MOUTH))
    tongue = clipped("lips", oval(256, 464, 62, 46, TONGUE))
    round_mouth = (
        "M256 304 C314 304 340 346 340 388 C340 436 304 466 256 466 C208 466 172 436 172 388 C172 346 198 304 256 304 Z"
    )
    mouth = area(round_mouth, MOUTH) + tongue
    strong = (_wide_eyes(206, 50, 27), _brows("M100 108 Q156 36 216 82", 22), mouth)
    return _face("Surprise, faint", *faint), _face("Surprise, strong", *strong, defs=clip("lips", round_mouth))


def _disgust() -> str:
    squint = both(line("M112 258 Q160 226 214 262", 28, DARK) + line("M132 286 Q164 274 196 288", 13, "#c96a00"))
    nose = line("M236 268 Q256 252 276 268 M222 304 Q256 282 290 304", 15, "#c96a00")
    tongue = area("M202 376 Q256 362 310 376 V424 Q308 470 256 470 Q204 470 202 424 Z", TONGUE)
    fold = line("M256 392 V430", 10, "#c8384e")
    brows = _brows("M88 160 Q160 128 228 192", 32)
    return _face("Disgust", brows, squint, nose, _mouth(RETCH), tongue, fold, defs=clip("lips", RETCH))


def _contempt() -> str:
    eye = "M112 222 H224 Q224 272 168 272 Q112 272 112 222 Z"
    lidded = area(eye, "#fff", outlined(8, "#b96f0c")) + clipped("lid", oval(168, 226, 25, 32, DARK))
    lids = both(lidded + line("M104 220 H232", 24, DARK))
    brows = line("M106 180 Q164 166 226 186", 26, DARK) + line("M286 132 Q350 70 410 122", 26, DARK)
    mouth = line("M166 400 C228 376 312 404 348 346", 26, DARK) + line("M368 320 Q390 340 390 368", 14, "#c96a00")
    return _face("Contempt", lids, brows, mouth, defs=clip("lid", eye))


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

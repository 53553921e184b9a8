"""The family `cat`: a ginger cat's head, which speaks with its ears and whiskers too."""

from __future__ import annotations

from emojicam.assets.shapes import area, both, clip, clipped, fade, line, mirror, numbered, outlined, oval, picture

DARK = "#3b2018"
EDGE = "#a4561a"
STRIPE = "#cd6a1e"
CREAM = "#fff1dc"
PINK = "#ef7f88"
INNER = "#f7b3a6"
IRIS = "#c9e265"
MOUTH = "#5c1f22"
TONGUE = "#f4707c"
BLUE = "#58bdf4"

FUR = fade("fur", (0, "#ffb95e", 1), (0.6, "#f8a045", 1), (1, "#e98a30", 1), line='x1="256" y1="20" x2="256" y2="490"')
HEAD = oval(256, 256, 239, 227, "url(#fur)", outlined(12, EDGE))
"""Its smaller radius, 227 and half of the outline, is what the family's `disc` tells: the ears stand out of it."""

STRIPES = line("M256 36 V92", 22, STRIPE) + both(
    line("M204 44 L214 84", 20, STRIPE) + line("M34 232 L72 240", 18, STRIPE)
)
MUZZLE = oval(256, 388, 116, 84, CREAM) + both(oval(204, 346, 82, 62, CREAM))
NOSE = area("M228 292 Q256 278 284 292 Q286 304 256 324 Q226 304 228 292 Z", PINK, outlined(7, "#b14a55"))
LIP = line("M256 324 V342", 13, DARK)

UP = (
    "M26 210 C26 130 36 60 54 22 Q64 6 84 16 C136 42 180 74 214 110 Z",
    "M46 150 C50 100 56 66 72 38 C106 54 138 76 166 100 Z",
)
TALL = (
    "M34 190 C30 120 38 46 58 12 Q68 2 86 10 C140 44 184 76 216 110 Z",
    "M52 140 C52 94 60 56 74 28 C110 50 142 74 170 98 Z",
)
FLAT = (
    "M44 280 C18 220 4 160 6 122 Q10 102 32 104 C90 100 140 84 200 70 Z",
    "M46 200 C30 168 24 146 24 122 C56 124 90 118 120 106 Z",
)
FOLD = "M66 118 C34 146 10 194 14 236 Q20 256 42 244 C88 212 128 168 150 66 Z"


def _ear(shape: tuple[str, str]) -> str:
    return area(shape[0], "url(#fur)", outlined(12, EDGE)) + area(shape[1], INNER)


def _cat(title: str, ears: str, *parts: str, whiskers: int = 0, flaps: str = "", defs: str = "") -> str:
    hairs = both(
        line(f"M112 338 Q60 {332 - whiskers / 2:g} 14 {326 - whiskers:g}", 8, "#8a4a1c")
        + line(f"M114 362 Q66 {370 - whiskers / 2:g} 24 {378 - whiskers:g}", 8, "#8a4a1c")
    )
    return picture(title, ears, HEAD, STRIPES, flaps, MUZZLE, hairs, *parts, NOSE, defs=FUR + defs)


def _eyes(y: float, ry: float, pupil: float, rx: float = 46) -> str:
    eye = oval(160, y, rx, ry, IRIS, outlined(11, DARK)) + oval(164, y + 1, pupil, ry * 0.8, DARK)
    shine = max(6, min(14, pupil * 0.45))
    gleams = oval(152, y - ry * 0.34, shine, shine, "#fff") + oval(152 + 184, y - ry * 0.34, shine, shine, "#fff")
    return both(eye) + gleams


def _brows(way: str, width: float = 20) -> str:
    return both(line(way, width, DARK))


def _open(way: str, *inside: str) -> str:
    return area(way, MOUTH) + clipped("lips", *inside) + line(way, 11, DARK)


def _smile(wide: float, deep: float) -> str:
    """The lines of a cat's closed mouth: two arcs from below its nose."""
    return LIP + both(
        line(f"M256 342 Q{256 - wide * 0.42:g} {342 + deep:g} {256 - wide:g} {342 + deep * 0.1:g}", 15, DARK)
    )


GRIN = "M186 356 Q220 372 256 352 Q292 372 326 356 C326 410 296 438 256 438 C216 438 186 410 186 356 Z"
LAUGH = "M152 346 Q212 372 256 346 Q300 372 360 346 C362 424 318 466 256 466 C194 466 150 424 152 346 Z"
HISS = (
    "M176 362 C196 336 236 352 256 342 C276 352 316 336 336 362"
    " C352 400 344 446 322 448 Q256 424 190 448 C168 446 160 400 176 362 Z"
)
WAIL = (
    "M170 392 Q176 352 208 364 Q232 344 256 362 Q280 344 304 364 Q336 352 342 392"
    " Q346 444 310 438 Q284 452 256 438 Q228 452 202 438 Q166 444 170 392 Z"
)
DROP = "M384 262 C384 262 418 304 418 328 A34 34 0 0 1 350 328 C350 304 384 262 384 262 Z"
BLUSH = both(oval(92, 300, 40, 26, "#ff6a4a", 'fill-opacity=".4"'))


def _neutral() -> str:
    return _cat("Neutral", both(_ear(UP)), _eyes(230, 46, 27), _brows("M112 156 Q158 134 204 150", 16), _smile(46, 28))


def _happiness() -> tuple[str, str, str]:
    ears = both(_ear(UP))
    faint = (BLUSH, _eyes(222, 50, 31), _brows("M108 140 Q158 108 206 128", 16), _smile(118, 104))
    grin = _open(GRIN, oval(256, 436, 46, 38, TONGUE))
    smile = (BLUSH, _eyes(218, 52, 34), _brows("M106 132 Q158 98 206 118", 16), grin, _smile(102, 62))
    shut = both(line("M104 246 Q160 158 216 246", 26, DARK))
    laugh = _open(LAUGH, oval(256, 466, 74, 54, TONGUE), both(area("M186 350 L220 358 L202 396 Z", "#fff")))
    strong = (BLUSH, shut, _brows("M102 136 Q156 96 206 118", 16), laugh, LIP)
    return (
        _cat("Happiness, faint", ears, *faint, whiskers=22),
        _cat("Happiness", ears, *smile, whiskers=30, defs=clip("lips", GRIN)),
        _cat("Happiness, strong", ears, *strong, whiskers=40, defs=clip("lips", LAUGH)),
    )


def _sadness() -> tuple[str, str]:
    flaps = both(area(FOLD, "#e98f38", outlined(12, EDGE)))
    frown = LIP + line("M196 398 Q256 316 316 398", 17, DARK)
    wail = LIP + line("M178 412 Q256 302 334 412", 19, DARK)
    tear = area(DROP, BLUE, outlined(8, "#1f7fc0")) + line("M366 330 q3 14 14 17", 8, "#fff", 0.85)
    faint = (_eyes(240, 40, 28), _brows("M104 192 Q160 172 204 134"), frown)
    strong = (_eyes(240, 42, 36), _brows("M98 194 Q160 168 208 118", 24), wail, tear)
    return (
        _cat("Sadness, faint", "", *faint, whiskers=-34, flaps=flaps),
        _cat("Sadness, strong", "", *strong, whiskers=-50, flaps=flaps),
    )


def _anger() -> tuple[str, str]:
    ears = both(_ear(FLAT))
    lids = both(area("M92 160 L236 160 L226 244 L92 186 Z", "url(#fur)") + line("M100 186 L226 240", 22, DARK))
    glare = _eyes(238, 46, 11) + lids
    rage = _eyes(238, 46, 8) + both(
        area("M92 140 L240 150 L232 250 L92 180 Z", "url(#fur)") + line("M88 170 L234 246", 38, DARK)
    )
    folds = line("M242 142 L248 176 M270 142 L264 176", 14, STRIPE)
    teeth = both(area("M186 350 L228 352 L206 404 Z", "#fff") + area("M204 452 L232 440 L220 412 Z", "#fff"))
    hiss = _open(HISS, oval(256, 446, 50, 40, TONGUE), teeth)
    return (
        _cat("Anger, faint", ears, glare, LIP, line("M202 388 Q256 330 310 388", 17, DARK), whiskers=10),
        _cat("Anger, strong", ears, rage, folds, hiss, whiskers=30, defs=clip("lips", HISS)),
    )


def _fear() -> tuple[str, str]:
    ears = both(_ear(FLAT))
    wave = LIP + line("M168 388 Q190 352 212 380 T256 380 T300 380 T344 388", 17, DARK)
    faint = (_eyes(232, 54, 15, 50), _brows("M96 162 Q158 146 206 100"), wave)
    wail = _open(WAIL, oval(256, 446, 52, 30, TONGUE), both(area("M194 352 L226 352 L210 390 Z", "#fff")))
    strong = (_eyes(226, 62, 9, 58), _brows("M84 146 Q154 124 206 74", 22), wail)
    return (
        _cat("Fear, faint", ears, *faint, whiskers=-20),
        _cat("Fear, strong", ears, *strong, whiskers=-44, defs=clip("lips", WAIL)),
    )


def _surprise() -> tuple[str, str]:
    ears = both(_ear(TALL))
    faint = (
        _eyes(226, 52, 33, 48),
        _brows("M110 144 Q160 94 208 130", 18),
        LIP,
        oval(256, 386, 28, 34, MOUTH, outlined(11, DARK)),
    )
    strong = (
        *(_eyes(218, 58, 22, 55), _brows("M106 124 Q158 66 212 106", 20)),
        oval(256, 402, 52, 60, MOUTH, outlined(12, DARK)) + oval(256, 436, 32, 20, TONGUE),
    )
    return _cat("Surprise, faint", ears, *faint, whiskers=16), _cat("Surprise, strong", ears, *strong, whiskers=34)


def _disgust() -> str:
    shut = both(line("M106 222 L206 256 L118 286", 26, DARK))
    wrinkle = line("M234 250 Q256 234 278 250", 13, STRIPE)
    lip = LIP + line("M164 404 Q176 352 256 350 Q336 352 348 404", 19, DARK)
    tongue = area("M216 368 H296 V420 Q294 462 256 462 Q218 462 216 420 Z", TONGUE, outlined(9, "#b63a4c"))
    fold = line("M256 384 V424", 9, "#c8485a")
    brows = _brows("M90 172 Q160 142 224 196", 26)
    return _cat("Disgust", both(_ear(FLAT)), shut, brows, wrinkle, tongue, fold, lip, whiskers=-24)


def _contempt() -> str:
    lid = "M96 178 H224 V230 H96 Z"
    eyes = _eyes(240, 46, 20) + both(area(lid, "url(#fur)") + line("M100 230 H220", 20, DARK))
    brows = line("M100 190 Q158 174 220 194", 20, DARK) + line("M290 138 Q352 76 408 128", 22, DARK)
    mouth = LIP + line("M176 394 C232 380 312 408 344 346", 17, DARK)
    return _cat("Contempt", _ear(FLAT) + mirror(_ear(UP)), eyes, brows, mouth)


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

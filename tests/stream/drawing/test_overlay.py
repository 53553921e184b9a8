from __future__ import annotations

import cmath
import math
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from making import i420, judged_face, seen_at

from emojicam import assets
from emojicam.stream.choices import Style
from emojicam.stream.drawing.overlay import Overlay
from emojicam.stream.faces.detect import Detector
from emojicam.stream.i420 import Pixels, i420_to_bgr
from emojicam.stream.types import Emotion, Format, Frame, Judged, JudgedFace

Mask = npt.NDArray[np.bool_]

ZOOM = 1.5
ROLLS = [0, 30, -30]


@cache
def classic(emotion: str) -> tuple[Pixels, ...]:
    return assets.emojis("classic", emotion)


def square(*colour: int) -> Pixels:
    """An emoji that is a square of one colour, RGBA."""
    return np.full((64, 64, 4), colour, np.uint8)


def plain(emotion: str) -> tuple[Pixels, ...]:
    """One emoji for all degrees: red for anger, else green."""
    return (square(255, 0, 0, 255) if emotion == "anger" else square(0, 255, 0, 255),)


def overlay(style: Style) -> Overlay:
    return Overlay(classic, style, disc=assets.DISC)


def frame_of(bgr: Pixels, form: Format) -> Frame:
    """A frame that nobody can write to."""
    pixels = bgr.copy() if form is Format.BGR else i420(bgr)
    pixels.setflags(write=False)
    return Frame(0, 0.0, pixels, form)


def negative(frame: Frame) -> Frame:
    return Frame(frame.index, frame.time, 255 - frame.pixels, frame.format, frame.colour)


def found(detector: Detector, frame: Frame) -> tuple[JudgedFace, ...]:
    """The real detector's faces, all happy."""
    return tuple(
        JudgedFace(
            box=face.box,
            score=face.score,
            eyes=face.eyes,
            roll=face.roll,
            emotion=Emotion(("happiness", "fear"), (0.9, 0.1)),
        )
        for face in detector(frame).faces
    )


def ellipse(middle: complex, wide: float, tall: float, roll: float, width: int = 640, height: int = 480) -> Mask:
    """Where a turned ellipse lies; `wide` and `tall` are its half axes in px."""
    y, x = np.indices((height, width))
    own = ((x - middle.real) + 1j * (y - middle.imag)) * cmath.rect(1, -math.radians(roll))
    return np.asarray((own.real / wide) ** 2 + (own.imag / tall) ** 2 <= 1)


def portraits_face(roll: float) -> Mask:
    """Brows to chin and cheek to cheek in the sample photo as `seen_at` shows it, measured by eye."""
    from_middle = ZOOM * complex(226 - 224, 138 - 125) * cmath.rect(1, math.radians(roll))
    return ellipse(complex(320, 240) + from_middle, ZOOM * 45, ZOOM * 50, roll)


def boxs_face(face: JudgedFace) -> Mask:
    left, top, width, height = face.box
    return ellipse(complex(left + width / 2, top + height / 2), width / 2, height / 2, face.roll)


def agreeing(one: Pixels, other: Pixels, form: Format, region: Mask) -> tuple[int, int]:
    """How many values of the region (luma and chroma, or BGR) agree in two pictures, and how many there are."""
    if form is Format.BGR:
        same = (one == other).all(axis=2)[region]
        return int(same.sum()), same.size
    height, width = region.shape
    halved = region.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3))
    same = one == other
    chroma = same[height:].reshape(2, height // 2, width // 2)
    parts = [same[:height][region], chroma[0][halved], chroma[1][halved]]
    return sum(int(part.sum()) for part in parts), sum(part.size for part in parts)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("roll", ROLLS)
def test_cover_leaves_nothing_of_the_face(detector: Detector, portrait: Pixels, roll: float, form: Format) -> None:
    """The same faces over a frame and over its negative: what comes out alike cannot depend on the source."""
    frame = frame_of(seen_at(portrait, zoom=ZOOM, roll=roll), form)
    faces = found(detector, frame)
    assert len(faces) == 1
    region = boxs_face(faces[0]) | portraits_face(roll)
    draw = overlay(Style.COVER)
    shown = draw(Judged(frame, faces)).pixels
    inverse = draw(Judged(negative(frame), faces)).pixels
    alike, of = agreeing(shown, inverse, form, region)
    assert alike == of
    # The comparison can tell: beside the emoji the two pictures differ.
    alike, of = agreeing(shown, inverse, form, ~ellipse(320 + 240j, 200, 200, 0))
    assert alike < 0.02 * of


@pytest.mark.parametrize(
    "emotion", ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
)
def test_each_emoji_covers_alike(emotion: str) -> None:
    face = judged_face((250, 170, 140, 140), emotion, roll=-12)
    dark, light = (Frame(0, 0.0, np.full((480, 640, 3), level, np.uint8)) for level in (0, 255))
    draw = overlay(Style.COVER)
    same = draw(Judged(dark, (face,))).pixels == draw(Judged(light, (face,))).pixels
    assert same[boxs_face(face)].all()
    assert not same[:, :150].any()


@pytest.mark.parametrize("form", Format)
def test_cover_shows_the_emoji_upright_on_the_rolled_head(form: Format) -> None:
    """An emoji whose upper half is red: the red lies towards the forehead."""
    half = np.full((64, 64, 4), (0, 0, 255, 255), np.uint8)
    half[:32] = (255, 0, 0, 255)
    for roll in (0, 40, -75):
        frame = frame_of(np.full((480, 640, 3), 128, np.uint8), form)
        face = judged_face((270, 190, 100, 100), roll=roll)
        drawn = Overlay(lambda _: (half,), Style.COVER, disc=1.0)(Judged(frame, (face,))).pixels
        bgr = drawn if form is Format.BGR else i420_to_bgr(drawn, frame.colour)
        up = cmath.rect(1, math.radians(roll - 90))
        for distance, red in ((60, True), (-40, False)):
            at = 320 + 240j + up * distance
            blue_there, _, red_there = bgr[round(at.imag), round(at.real)].astype(int)
            assert (red_there > 240, blue_there > 240) == (red, not red)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("roll", ROLLS)
def test_a_badge_lies_beside_the_face_and_hides_no_eye(
    detector: Detector, portrait: Pixels, roll: float, form: Format
) -> None:
    frame = frame_of(seen_at(portrait, zoom=ZOOM, roll=roll), form)
    (face,) = found(detector, frame)
    shown = overlay(Style.BADGE)(Judged(frame, (face,))).pixels
    for x, y in face.eyes:
        alike, of = agreeing(shown, frame.pixels, form, ellipse(complex(x, y), 0.12 * face.box[2], 12, 0))
        assert alike == of
    beside = complex(face.box[0] + 1.2 * face.box[2], face.box[1])
    alike, of = agreeing(shown, frame.pixels, form, ellipse(beside, 15, 15, 0))
    assert alike < 0.2 * of


@pytest.mark.parametrize("left", [0, 30, 250, 420, 499])
@pytest.mark.parametrize("top", [-20, 0, 200, 359])
def test_a_badge_hides_no_eye_near_a_border_either(left: int, top: int) -> None:
    frame = frame_of(np.full((480, 640, 3), 128, np.uint8), Format.BGR)
    face = judged_face((left, top, 140, 140))
    changed = (overlay(Style.BADGE)(Judged(frame, (face,))).pixels != 128).any(axis=2)
    assert changed.sum() > 0.7 * math.pi / 4 * (0.6 * 140) ** 2, "the badge is cut off"
    for x, y in face.eyes:
        assert not changed[ellipse(complex(x, y), 15, 10, 0)].any()


@pytest.mark.parametrize("form", Format)
def test_a_label_lies_above_the_face(detector: Detector, portrait: Pixels, form: Format) -> None:
    frame = frame_of(seen_at(portrait, zoom=ZOOM), form)
    (face,) = found(detector, frame)
    shown = overlay(Style.LABEL)(Judged(frame, (face,))).pixels
    alike, of = agreeing(shown, frame.pixels, form, boxs_face(face) | portraits_face(0))
    assert alike == of
    left, top, width, height = face.box
    plate = ellipse(complex(left + width / 2, top - 0.45 * height), 0.35 * width, 0.1 * height, 0)
    alike, of = agreeing(shown, frame.pixels, form, plate)
    assert alike < 0.1 * of


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("left", [-100, 0, 250, 540, 620])
@pytest.mark.parametrize("top", [-70, 0, 200, 380, 450])
def test_a_label_is_whole_wherever_the_face_is(left: int, top: int, form: Format) -> None:
    """As many pixels change as for a face in the middle: none of the plate is cut off."""
    frame = frame_of(np.full((480, 640, 3), 255, np.uint8), form)
    draw = overlay(Style.LABEL)

    def changed(face: JudgedFace) -> Mask:
        return np.asarray(Frame(0, 0.0, draw(Judged(frame, (face,))).pixels, form).luma != frame.luma)

    there, central = changed(judged_face((left, top, 140, 140))), changed(judged_face((250, 200, 140, 140)))
    assert central.sum() > 2000
    assert there.sum() == central.sum()


def test_a_longer_bar_tells_of_more_confidence() -> None:
    frame = frame_of(np.full((480, 640, 3), 255, np.uint8), Format.BGR)
    dark = []
    for confidence in (0.3, 0.6, 1.0):
        face = judged_face((250, 200, 140, 140), "neutral", confidence=confidence)
        shown = Overlay(lambda _: (square(0, 0, 0, 0),), Style.LABEL, disc=1.0)(Judged(frame, (face,))).pixels
        dark.append(int((shown.max(axis=2) < 60).sum()))
    assert dark[0] < dark[1] < dark[2]
    assert (dark[1] - dark[0]) / (dark[2] - dark[0]) == pytest.approx(0.3 / 0.7, abs=0.07)


@pytest.mark.parametrize("form", Format)
def test_labels_of_heads_that_touch_are_all_whole(form: Format) -> None:
    """As many pixels of their colours are there as when the two are far apart; each says its number."""
    frame = frame_of(np.full((480, 640, 3), 255, np.uint8), form)
    draw = overlay(Style.LABEL)

    def changed(*lefts: float) -> int:
        faces = tuple(judged_face((left, 200, 90, 90), track=number) for number, left in enumerate(lefts, 1))
        return int((Frame(0, 0.0, draw(Judged(frame, faces)).pixels, form).luma != frame.luma).sum())

    assert changed(220, 290) == changed(100, 400) > 2 * changed(100)


@pytest.mark.parametrize("style", [Style.BADGE, Style.LABEL])
def test_the_emoji_of_an_upside_down_face_stands_on_its_head(style: Style) -> None:
    half = np.full((64, 64, 4), (0, 0, 255, 255), np.uint8)
    half[:32] = (255, 0, 0, 255)
    rows = []
    for roll in (0, 180):
        frame = frame_of(np.full((480, 640, 3), 128, np.uint8), Format.BGR)
        face = judged_face((270, 190, 100, 100), "neutral", roll=roll)
        shown = Overlay(lambda _: (half,), style, disc=1.0)(Judged(frame, (face,))).pixels
        red, blue = ((shown == colour).all(axis=2) for colour in ((0, 0, 255), (255, 0, 0)))
        assert min(red.sum(), blue.sum()) > 100
        rows.append(np.nonzero(red)[0].mean() < np.nonzero(blue)[0].mean())
    assert rows == [True, False]


@pytest.mark.parametrize("style", Style)
def test_a_scale_makes_what_is_drawn_smaller_or_larger(style: Style) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (480, 640, 3), np.uint8)
    face = judged_face((250, 180, 140, 140))
    areas = []
    for scale in (0.5, 1.0, 1.6):
        draw = Overlay(classic, style, disc=assets.DISC, scale=scale, shadow=False)
        for one in (draw, draw.apart()):
            areas.append(int((one(Judged(Frame(0, 0.0, noise), (face,))).pixels != noise).any(axis=2).sum()))
    assert areas[::2] == areas[1::2]
    small, usual, large = areas[::2]
    assert 0.2 < small / usual < 0.4  # of a blur the border stays as wide
    assert large / usual == pytest.approx(2.56, rel=0.25)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("style", Style)
def test_the_source_is_never_written_to(portrait: Pixels, style: Style, form: Format) -> None:
    frame = frame_of(seen_at(portrait), form)
    before = frame.pixels.copy()
    drawn = overlay(style)(Judged(frame, (judged_face((240, 160, 150, 150), "fear", roll=8),)))
    assert np.array_equal(frame.pixels, before)
    assert not np.array_equal(drawn.pixels, before)
    assert drawn.pixels.shape == before.shape
    assert drawn.judged.frame is frame


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("style", Style)
def test_a_frame_that_is_spare_is_drawn_on_itself(portrait: Pixels, style: Style, form: Format) -> None:
    frame = frame_of(seen_at(portrait), form)
    spare = replace(frame, pixels=frame.pixels.copy(), is_spare=True)
    faces = (judged_face((240, 160, 150, 150), "fear", roll=8),)
    drawn = overlay(style)(Judged(spare, faces))
    assert drawn.pixels is spare.pixels
    assert np.array_equal(drawn.pixels, overlay(style)(Judged(frame, faces)).pixels)


@pytest.mark.parametrize("style", Style)
def test_a_frame_without_faces_comes_back_as_it_is(portrait: Pixels, style: Style) -> None:
    judged = Judged(Frame(3, 0.5, portrait), ())
    drawn = overlay(style)(judged)
    assert drawn.pixels is portrait
    assert drawn.judged is judged


def test_the_nearest_face_is_on_top() -> None:
    frame = frame_of(np.full((480, 640, 3), 255, np.uint8), Format.BGR)
    near, far = judged_face((200, 150, 200, 200), "anger"), judged_face((320, 160, 150, 150), "happiness")
    draw = Overlay(plain, Style.COVER, disc=assets.DISC)
    alone = (draw(Judged(frame, (near,))).pixels == (0, 0, 255)).all(axis=2)
    both = draw(Judged(frame, (near, far))).pixels
    assert (both[alone] == (0, 0, 255)).all()
    assert (both == (0, 255, 0)).all(axis=2).any(), "the farther one can't be seen at all"


def test_every_face_gets_its_own_emotion() -> None:
    frame = frame_of(np.full((480, 640, 3), 255, np.uint8), Format.BGR)
    left, right = judged_face((80, 200, 110, 110), "anger"), judged_face((450, 200, 100, 100), "happiness")
    shown = Overlay(plain, disc=assets.DISC)(Judged(frame, (left, right))).pixels
    assert shown[250, 130].tolist() == [0, 0, 255]
    assert shown[250, 500].tolist() == [0, 255, 0]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("size", [(16, 16), (2, 2), (64, 6), (6, 64), (100, 40)])
def test_a_picture_smaller_than_the_drawing_is_drawn_on_all_the_same(
    size: tuple[int, int], style: Style, form: Format
) -> None:
    width, height = size
    frame = frame_of(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8), form)
    face = judged_face((0.1 * width, 0.1 * height, 0.8 * width, 0.8 * height))
    drawn = overlay(style)(Judged(frame, (face,)))
    assert drawn.pixels.shape == frame.pixels.shape
    assert (drawn.pixels != frame.pixels).any()


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("scale", [1, 3])
def test_of_a_veiled_frame_no_face_is_left(detector: Detector, portrait: Pixels, form: Format, scale: int) -> None:
    frame = frame_of(seen_at(portrait, (640 * scale, 480 * scale), zoom=ZOOM * scale), form)
    veiled = overlay(Style.BADGE)(Judged(frame, (), veiled=True)).pixels
    assert veiled.shape == frame.pixels.shape
    after = Frame(0, 0.0, veiled, form)
    assert not detector(after).faces
    # Light and colours stay, all that is finer has gone.
    assert abs(float(after.luma.mean()) - float(frame.luma.mean())) < 2
    edges = [np.abs(np.diff(one.luma.astype(int), axis=1)).max() for one in (frame, after)]
    assert edges[1] < edges[0] / 5


@pytest.mark.parametrize("form", Format)
def test_on_a_veiled_frame_the_faces_that_are_known_have_their_emoji(form: Format) -> None:
    frame = frame_of(np.full((480, 640, 3), 90, np.uint8), form)
    judged = Judged(frame, (judged_face((270, 190, 100, 100)),), veiled=True)
    shown = Frame(0, 0.0, overlay(Style.COVER)(judged).pixels, form).bgr()
    assert shown[180:260, 270:370, 2].mean() > 160
    assert abs(int(shown[20, 20, 1]) - 90) <= 2


@pytest.mark.parametrize("form", Format)
def test_what_may_be_no_face_is_covered_and_not_told_of(form: Format) -> None:
    frame = frame_of(np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8), form)
    sure = judged_face((80, 190, 100, 100))
    guess = replace(judged_face((440, 190, 100, 100)), confirmed=False)
    for style in Style:
        both, alone = (overlay(style)(Judged(frame, faces)).pixels for faces in ((sure, guess), (sure,)))
        assert np.array_equal(both, alone) != style.hides, style
        nothing = overlay(style)(Judged(frame, (guess,)))
        assert (nothing.pixels is frame.pixels) != style.hides, style
    shown = overlay(Style.COVER)(Judged(frame, (guess,))).pixels
    alike, of = agreeing(shown, frame.pixels, form, boxs_face(guess))
    assert alike < 0.1 * of


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("size", [(640, 480), (180, 320), (64, 48)])
@pytest.mark.parametrize("times", [1.3, 4, 1e6])
@pytest.mark.parametrize("shift", [0.0, -0.4])
def test_of_a_face_that_is_larger_than_the_picture_all_is_covered(
    shift: float, times: float, size: tuple[int, int], form: Format
) -> None:
    """Wherever its middle is said to be; but for the last pixels of the corners, which the disc's edge touches."""
    width, height = size
    side = times * max(size)
    face = judged_face(((width - side) / 2 + shift * side, (height - side) / 2 - shift * side, side, side), roll=20)
    frame = frame_of(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8), form)
    draw = overlay(Style.COVER)
    shown, inverse = (draw(Judged(one, (face,))).pixels for one in (frame, negative(frame)))
    reach = 0.97 * math.hypot(width, height) / 2
    alike, of = agreeing(shown, inverse, form, ellipse(complex(width, height) / 2, reach, reach, 0, width, height))
    assert alike == of > 0.99 * width * height


@pytest.mark.parametrize("style", Style)
def test_a_face_without_measure_takes_no_more_than_the_picture_does(style: Style) -> None:
    """A box as a clock that leaps may make it: an emoji of its size would take all memory there is."""
    frame = frame_of(np.full((480, 640, 3), 90, np.uint8), Format.BGR)
    drawn = overlay(style)(Judged(frame, (judged_face((-5e8, -5e8, 1e9, 1e9)),)))
    assert drawn.pixels.shape == frame.pixels.shape


# --- degrees ---

REDS = (90, 170, 250)
"""Of three squares, from faint to strong."""


def pixels_at(draw: Overlay, frame: Frame, drawn: float, label: str = "happiness") -> Pixels:
    face = replace(judged_face((270, 190, 100, 100), label), drawn=drawn)
    return Frame(0, 0.0, draw(Judged(frame, (face,))).pixels, frame.format, frame.colour).bgr()


EMOJI = [Style.COVER, Style.BADGE, Style.LABEL]
"""The styles that show one."""


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("style", EMOJI)
def test_three_degrees_of_happiness_are_three_pictures_of_ours(style: Style, form: Format) -> None:
    """Drawn by one overlay, forth and back: what it keeps of one degree is not shown for another."""
    frame = frame_of(np.full((480, 640, 3), 90, np.uint8), form)
    draw = overlay(style)
    shown = {drawn: pixels_at(draw, frame, drawn) for drawn in (0.55, 0.8, 0.97)}
    faint, middle, strong = (picture.astype(int) for picture in shown.values())
    for one, other in ((faint, middle), (middle, strong), (faint, strong)):
        assert (np.abs(one - other).max(axis=2) > 40).sum() > 50
    for drawn in (0.97, 0.55, 0.8):
        assert np.array_equal(pixels_at(draw, frame, drawn), shown[drawn])
        assert np.array_equal(pixels_at(overlay(style), frame, drawn), shown[drawn])


@pytest.mark.parametrize("style", EMOJI)
@pytest.mark.parametrize(("drawn", "red"), [(0.55, 90), (0.8, 170), (0.97, 250), (1.0, 250)])
def test_the_picture_is_that_of_the_degree(drawn: float, red: int, style: Style) -> None:
    series = [square(red, 0, 0, 255) for red in REDS]
    frame = frame_of(np.full((480, 640, 3), 255, np.uint8), Format.BGR)
    shown = pixels_at(Overlay(lambda _: series, style, disc=1.0), frame, drawn)
    counts = [int((shown == (0, 0, level)).all(axis=2).sum()) for level in REDS]
    assert [count > 100 for count in counts] == [level == red for level in REDS]


@pytest.mark.parametrize(("drawn", "alpha"), [(0.55, 255), (0.97, 0)])
def test_each_degree_is_grounded_for_itself(drawn: float, alpha: int) -> None:
    series = [square(250, 0, 0, 255), square(250, 0, 0, 0)]
    frame = frame_of(np.full((480, 640, 3), 255, np.uint8), Format.BGR)
    draw = Overlay(lambda _: series, disc=1.0)
    for _ in range(2):
        shown = pixels_at(draw, frame, drawn)[240, 320].tolist()
        assert (shown == [0, 0, 250]) == (alpha == 255)
        assert shown != [255, 255, 255], "the face is bare"


def test_each_emotion_has_its_own_number_of_degrees() -> None:
    series = {"happiness": [square(red, 0, 0, 255) for red in REDS], "anger": [square(0, 250, 0, 255)]}
    frame = frame_of(np.full((480, 640, 3), 255, np.uint8), Format.BGR)
    draw = Overlay(series.__getitem__, disc=1.0)
    assert pixels_at(draw, frame, 0.8)[240, 320].tolist() == [0, 0, 170]
    assert pixels_at(draw, frame, 0.8, "anger")[240, 320].tolist() == [0, 250, 0]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("style", Style)
def test_one_picture_for_an_emotion_is_drawn_whatever_its_degree(style: Style, form: Format) -> None:
    frame = frame_of(np.full((480, 640, 3), 90, np.uint8), form)
    one = Overlay(lambda emotion: classic(emotion)[-1:], style, disc=assets.DISC)
    whole = pixels_at(one, frame, 1.0)
    assert np.array_equal(whole, pixels_at(overlay(style), frame, 1.0))
    for drawn in (0.0, 0.5, 0.8, 0.97):
        assert np.array_equal(pixels_at(one, frame, drawn), whole)


# --- what is drawn of each face --------------------------------------------------------------------------------------


GROUND = np.full((120, 260, 3), 128, np.uint8)
GROUND[::16] = 60  # stripes, which a blur and blocks change too


def two_faces(**change: object) -> tuple[JudgedFace, JudgedFace]:
    """One at the left, changed, and another at the right."""
    left, right = judged_face((30, 40, 40, 40), track=1), judged_face((190, 40, 40, 40), track=2)
    return replace(left, **change), right  # type: ignore[arg-type]


def both_formats(faces: tuple[JudgedFace, ...], style: Style) -> list[Pixels]:
    frames = [frame_of(GROUND, form) for form in Format]
    return [overlay(style)(Judged(frame, faces)).frame.bgr() for frame in frames]


@pytest.mark.parametrize("style", Style)
def test_a_face_that_is_left_alone_is_bare_and_the_others_are_drawn(style: Style) -> None:
    for drawn, whole in zip(both_formats(two_faces(alone=True), style), both_formats(two_faces(), style), strict=True):
        assert np.abs(drawn[:, :110].astype(int) - GROUND[:, :110]).max() <= 4
        if style is Style.LABEL:  # alone, it may lie elsewhere
            assert np.abs(drawn[:, 150:].astype(int) - GROUND[:, 150:]).max() > 30
        else:
            assert np.array_equal(drawn[:, 150:], whole[:, 150:])
        assert np.abs(whole[:, :110].astype(int) - GROUND[:, :110]).max() > 30


def test_a_face_may_be_drawn_in_a_style_of_its_own() -> None:
    mixed = both_formats(two_faces(style=Style.BADGE), Style.COVER)
    badges, covers = (both_formats(two_faces(), style) for style in (Style.BADGE, Style.COVER))
    for drawn, badge, cover in zip(mixed, badges, covers, strict=True):
        assert np.array_equal(drawn[:, :110], badge[:, :110])
        assert np.array_equal(drawn[:, 150:], cover[:, 150:])


def test_what_may_be_a_face_lies_below_those_that_are() -> None:
    sure = judged_face((40, 40, 40, 40), "anger")
    maybe = replace(judged_face((50, 40, 42, 42)), confirmed=False)
    one, two = (both_formats(faces, Style.COVER) for faces in ((sure, maybe), (maybe, sure)))
    for drawn, other in zip(one, two, strict=True):
        assert np.array_equal(drawn, other)


@pytest.mark.parametrize("style", Style)
def test_what_a_record_does_not_hold_is_not_drawn_either(style: Style) -> None:
    face = replace(judged_face((30.04, 40.0499, 39.96, 40.01), roll=12.3449, confidence=0.77504), drawn=0.7461)
    assert all(map(np.array_equal, both_formats((face,), style), both_formats((face.rounded(),), style)))


def test_a_cover_beside_the_picture_is_no_larger_than_the_picture() -> None:
    """Else one of a face as large as a house would take all memory."""
    far = judged_face((-3e5, 10, 1e5, 1e5))
    for drawn in both_formats((far,), Style.COVER):
        assert np.abs(drawn.astype(int) - GROUND).max() <= 4

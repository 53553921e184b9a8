"""What a user can choose: words, keys and numbers that hold together."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction

import av
import av.video.codeccontext
import pytest

from emojicam import assets
from emojicam.stream.choices import (
    DECODER,
    ENCODER,
    PRESET,
    PRESETS,
    PROVIDER,
    RANGE,
    STEADINESS,
    STYLE,
    THEME,
    Decoder,
    Encoder,
    Provider,
    Range,
    Steadiness,
    Style,
)
from emojicam.stream.drawing.overlay import Overlay


@pytest.mark.parametrize("name", ["memory", "lead", "patience", "sure", "still", "swift"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_constants_are_numbers_from_0_on(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is "):
        Steadiness(**{name: value})


def test_every_style_has_a_key_of_its_own_and_a_method_of_the_overlay_that_draws_it() -> None:
    assert len({style.key for style in Style}) == len(Style)
    for style in Style:
        assert len(style.key) == 1
        assert style.about
        assert callable(getattr(Overlay, style.value))


@pytest.mark.parametrize("kind", [Style, Range, Provider])
def test_a_member_is_found_by_its_word(kind: type[Enum]) -> None:
    for member in kind:
        assert member.value == member.name.lower()
        assert kind(member.value) is member
    with pytest.raises(ValueError, match="huge"):
        kind("huge")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_one_of_x264s(preset: str) -> None:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.video.codeccontext.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 48, "yuv420p", Fraction(1, 25)
    encoder.options = {"preset": preset}
    packets = [*encoder.encode(av.VideoFrame(64, 48, "yuv420p")), *encoder.encode(None)]
    assert sum(packet.size for packet in packets) > 0


def test_what_holds_by_default_can_be_chosen() -> None:
    assert PRESET in PRESETS
    assert THEME in assets.themes()
    assert Steadiness() == STEADINESS
    assert (ENCODER, DECODER) == (Encoder.X264, Decoder.SOFTWARE), "a default must not differ by machine"
    assert (STYLE, RANGE, PROVIDER) == (Style.COVER, Range.AUTO, Provider.AUTO)

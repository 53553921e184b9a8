"""The words by which faces are corrected: read, or refused in one line that says what was meant."""

from __future__ import annotations

import pytest
from commandline import run, write_photo

from emojicam.corrections import corrections_of, refuse_unknown
from emojicam.errors import UsageError
from emojicam.models.card import EMOTIONS
from emojicam.stream.choices import Corrections


def test_words_are_read() -> None:
    read = corrections_of(["2=none", "3=surprise", "1=badge", "2=anger"], ["happiness, fear", "anger"], ["neutral"])
    assert read == Corrections(
        persons=((2, "anger"), (3, "surprise"), (1, "badge")),
        only=("happiness", "fear", "anger"),
        leave=("neutral",),
    )
    assert set(read.emotions) == {"anger", "surprise", "happiness", "fear", "neutral"}
    assert corrections_of([], [], []) == Corrections()
    refuse_unknown(read, EMOTIONS)


@pytest.mark.parametrize("text", ["2", "=none", "2=", "two=none", "0=none", "-1=none", "²=none", "none=2"])
def test_a_person_is_written_as_a_number_and_a_word(text: str) -> None:
    with pytest.raises(UsageError, match=f"--person {text}: is written N=EMOTION"):
        corrections_of([text], [], [])


@pytest.mark.parametrize("text", ["", "happiness,", ",", "anger,,fear"])
def test_an_empty_emotion_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--only: emotions"):
        corrections_of([], [text], [])
    with pytest.raises(UsageError, match="--except: emotions"):
        corrections_of([], [], [text])


@pytest.mark.parametrize(
    ("corrections", "said"),
    [
        (Corrections(persons=((2, "suprise"),)), "--person 2=suprise: did you mean surprise?"),
        (Corrections(persons=((2, "nonne"),)), "--person 2=nonne: did you mean none?"),
        (Corrections(persons=((1, "bagde"),)), "--person 1=bagde: did you mean badge?"),
        (Corrections(only=("Happiness",)), "--only Happiness: did you mean happiness?"),
        (Corrections(leave=("happy",)), "--except happy: did you mean happiness?"),
        (Corrections(leave=("joy",)), f"--except joy: 'joy' is none of {', '.join(EMOTIONS)}"),
        (Corrections(only=("none",)), "--only none: 'none' is none of"),
    ],
)
def test_an_unknown_word_gets_a_suggestion(corrections: Corrections, said: str) -> None:
    with pytest.raises(UsageError) as error:
        refuse_unknown(corrections, EMOTIONS)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize("words", [("--person", "1=hapiness"), ("--only", "hapiness"), ("--except", "hapiness")])
def test_the_command_says_it_in_one_line(
    words: tuple[str, str], inside: object, capfd: pytest.CaptureFixture[str]
) -> None:
    from pathlib import Path

    write_photo(Path("a.png"))
    assert run("annotate", "a.png", *words) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert err.rstrip().endswith("did you mean happiness?")
    assert not Path("a-emoji.png").exists()

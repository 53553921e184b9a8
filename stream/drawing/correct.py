"""Put the user's word in place of what was read in a face."""

from __future__ import annotations

from dataclasses import replace

from emojicam.stream.choices import NONE, Corrections, Style
from emojicam.stream.types import Emotion, Judged, JudgedFace

STYLES = {style.value: style for style in Style}


class Correct:
    """Gives faces the emotion or the style that the user has chosen for their person, or leaves them alone."""

    def __init__(self, corrections: Corrections) -> None:
        """Take note of what the user has chosen; whether the words are emotions isn't asked here."""
        self._words = dict(corrections.persons)
        self._only, self._leave = frozenset(corrections.only), frozenset(corrections.leave)
        self._idle = corrections == Corrections()

    def __call__(self, judged: Judged) -> Judged:
        """Correct the faces of a frame; without corrections it stays the same object."""
        if self._idle or not judged.faces:
            return judged
        return replace(judged, faces=tuple(map(self._corrected, judged.faces)))

    def _corrected(self, face: JudgedFace) -> JudgedFace:
        word = None if face.track is None else self._words.get(face.track)
        if word == NONE:
            return replace(face, alone=True)
        if word in STYLES:
            # Who is to be made unknown stays so, whatever their face shows.
            return replace(face, style=STYLES[word], alone=False)
        if word is not None:
            face = replace(shown_as(face, word), style=None, alone=False)
        left = face.label in self._leave or (self._only and face.label not in self._only)
        return replace(face, alone=True) if left else face


def shown_as(face: JudgedFace, emotion: str) -> JudgedFace:
    """The face with another emotion, in full strength and beyond doubt: it isn't read any more, but said."""
    if face.label == emotion:
        return face
    said = face.emotion
    labels = said.labels if emotion in said.labels else (*said.labels, emotion)
    p = tuple(float(label == emotion) for label in labels)
    sure = Emotion(labels, p, said.valence, said.arousal)
    return replace(face, emotion=sure, shown=emotion, unsure=False, drawn=1.0)

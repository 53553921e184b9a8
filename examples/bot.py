"""The skeleton of a chat bot: a photo comes in, the same with emoji goes out. It holds no key, and knows no network.

    python bot.py inbox/ outbox/

A folder stands for the chat here. For a real one write a class with the two methods of `Chat`, or call `Bot.answer`
where your chat's library hands you a photo.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore
from typing import Protocol

import emojicam

LARGEST = 10_000_000
"""Bytes of a photo at most."""

HELP = "Send me a photo: I lay an emoji over every face. I keep nothing. What I say of a face is a guess."


@dataclass(frozen=True)
class Message:
    """A message that somebody wrote to the bot.

    Attributes:
        chat: Where the answer goes.
        photo: A photo's bytes, as they came; None if it was only text.
    """

    chat: str
    photo: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """The bot's reply to one message.

    Attributes:
        text: One sentence.
        photo: A JPEG's bytes, or None.
    """

    text: str
    photo: bytes | None = None


class Chat(Protocol):
    """A chat program's connection: it gives the bot messages and takes its answers."""

    def messages(self) -> Iterator[Message]:
        """Wait for messages and give them, one after the other, until the bot is to end."""

    def send(self, chat: str, answer: Answer) -> None:
        """Send an answer. It is called in several threads."""


class Bot:
    """Answers messages, several at a time, with models that stay loaded. Use it in a `with`."""

    def __init__(self, style: str = "cover", threads: int = 2) -> None:
        self._style = style
        self._annotator = emojicam.Annotator()
        self._threads = ThreadPoolExecutor(threads, "answers")
        self._room = Semaphore(4 * threads)

    def __enter__(self) -> Bot:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._annotator.close()

    def serve(self, chat: Chat) -> None:
        """Answer what comes, until the chat ends."""
        for message in chat.messages():
            self._room.acquire()  # who writes much waits, instead of filling the memory
            self._threads.submit(self._reply, chat, message).add_done_callback(self._replied)
        self._threads.shutdown(wait=True)

    def _replied(self, done: Future[None]) -> None:
        self._room.release()
        if not done.cancelled() and (error := done.exception()) is not None:
            print(f"an answer was not sent: {error!r}", file=sys.stderr, flush=True)  # or nobody would know

    def _reply(self, chat: Chat, message: Message) -> None:
        chat.send(message.chat, Answer(HELP) if message.photo is None else self.answer(message.photo))

    def answer(self, photo: bytes) -> Answer:
        """Lay emoji over the faces of a photo; what can't be read is said to be so."""
        if len(photo) > LARGEST:
            return Answer(f"That photo is larger than {LARGEST // 1_000_000} MB.")
        try:
            faces = self._annotator.analyze(photo)
            drawn = faces.draw(style=self._style)
        except emojicam.EmojicamError:  # its text names what was sent, which is of no use to who sent it
            return Answer("I can't read that as a photo.")
        if not faces:
            return Answer("I see no face in it.")
        memory = io.BytesIO()
        drawn.to_pil().save(memory, "JPEG", quality=90)  # encoded anew: when and where it was taken isn't in it
        counted = Counter(face.label for face in faces)
        said = ", ".join(f"{number} × {emotion}" for emotion, number in counted.most_common())
        return Answer(f"I'd say: {said}.", memory.getvalue())


class Folders:
    """A chat for trying things out: photos are put into one folder, and answers appear in another."""

    def __init__(self, inbox: Path, outbox: Path) -> None:
        self._inbox, self._outbox = inbox, outbox

    def messages(self) -> Iterator[Message]:
        """Give what is there, and what is put there from now on, each once."""
        seen: set[Path] = set()
        while True:
            for path in sorted(set(self._inbox.iterdir()) - seen):
                seen.add(path)
                if not path.is_file():
                    continue
                yield Message(path.name, path.read_bytes())
            time.sleep(0.5)

    def send(self, chat: str, answer: Answer) -> None:
        """Write the answer's photo, and say its text."""
        if answer.photo is not None:
            (self._outbox / f"{Path(chat).stem}-emoji.jpg").write_bytes(answer.photo)
        sys.stdout.write(f"{chat}: {answer.text}\n")
        sys.stdout.flush()


def main(words: Sequence[str] | None = None) -> None:
    """Serve two folders until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Answer photos in one folder with photos in another.")
    parser.add_argument("inbox", type=Path)
    parser.add_argument("outbox", type=Path)
    given = parser.parse_args(words)
    for folder in (given.inbox, given.outbox):
        if not folder.is_dir():
            parser.error(f"{folder}: no such folder")
    with Bot() as bot:
        try:
            bot.serve(Folders(given.inbox, given.outbox))
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()

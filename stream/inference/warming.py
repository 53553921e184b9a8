"""Two that do the same work: one that is ready at once, and a better one that is opened aside once there is need."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Warming(Generic[T]):
    """Keeps what is ready, and opens something better in a thread aside when it is first wanted.

    To open CUDA, load its libraries and find its fastest convolutions takes 2.2 to 2.7 s (H200), and 0.8 GB of memory:
    a photo never pays that, a camera goes on meanwhile, a long film is decoded meanwhile.

    Attributes:
        ready: What does the work until then, and all work for which nothing better is wanted.
    """

    def __init__(self, ready: T, better: Callable[[], T] | None = None) -> None:
        """Open nothing yet.

        Args:
            ready: What is ready.
            better: Opens what is better; where that can't be had it gives something that does the work all the same.
                None: there is nothing better.
        """
        self.ready = ready
        self._better = better
        self._told: Callable[[T], None] = lambda opened: None
        self._opening: Future[T] | None = None

    @property
    def may_change(self) -> bool:
        """Whether there may be something better than what is ready."""
        return self._better is not None

    @property
    def now(self) -> T:
        """Give what is best at this moment, without waiting."""
        opening = self._opening
        return opening.result() if opening is not None and opening.done() else self.ready

    def tell(self, told: Callable[[T], None]) -> None:
        """Have somebody told what was opened, in the thread that opens it. To be asked for before it begins."""
        self._told = told

    def begin(self) -> None:
        """Begin to open what is better, if there is any and nobody has begun."""
        if self._better is None or self._opening is not None:
            return
        thread = ThreadPoolExecutor(1, "warming")
        self._opening = thread.submit(self._open, self._better)
        thread.shutdown(wait=False)  # it ends when that is done

    def best(self) -> T:
        """Wait for what is better, and give it; where there is nothing better, what is ready."""
        self.begin()
        return self.ready if self._opening is None else self._opening.result()

    def close(self) -> None:
        """Wait until nothing is being opened: a library that is loaded while the process ends would complain."""
        if self._opening is not None:
            self._opening.exception()

    def _open(self, better: Callable[[], T]) -> T:
        opened = better()
        self._told(opened)
        return opened

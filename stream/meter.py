"""The use that a run's threads made of their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class StepTime:
    """The work that one step of a line has done, and how long it took.

    Attributes:
        name: What the line calls the step.
        thread: Number of the thread that it runs in, from 0.
        items: How many items it has done.
        busy: Seconds that it worked.
    """

    name: str
    thread: int
    items: int = 0
    busy: float = 0.0


@dataclass
class Queue:
    """The queue between two threads of a line, and how many items waited in it.

    Attributes:
        before: Name of the step that takes from it.
        depth: Items that waited, on average, when another came.
        size: The most that may wait.
        dropped: Items that were thrown away.
    """

    before: str
    depth: float
    size: int
    dropped: int


@dataclass(frozen=True)
class Times:
    """The use that the threads of one run made of their time.

    Attributes:
        seconds: Seconds from the first thread's start to the last one's end.
        steps: The steps in order, the source first and the sink last.
        queues: The queues between the threads, in order.
    """

    seconds: float
    steps: tuple[StepTime, ...]
    queues: tuple[Queue, ...]

    def __str__(self) -> str:
        return table([self])


def table(runs: Sequence[Times]) -> str:
    """The steps of runs of the same line, summed, as text: a row each, with what waited before it."""
    seconds = sum(run.seconds for run in runs)
    rows = [("step", "thread", "items", "ms an item", "busy", "waiting before it", "dropped")]
    for number, step in enumerate(runs[0].steps):
        steps = [run.steps[number] for run in runs]
        items, busy = sum(one.items for one in steps), sum(one.busy for one in steps)
        queue = next((one for one in runs[0].queues if one.before == step.name), None)
        queues = [one for run in runs for one in run.queues if one.before == step.name]
        depth = sum(one.depth for one in queues) / max(1, len(queues))
        rows.append(
            (
                step.name,
                str(step.thread + 1),
                f"{items:,}",
                f"{1000 * busy / max(1, items):.2f}",
                f"{100 * busy / max(seconds, 1e-9):.0f} %",
                f"{depth:.1f} of {queue.size}" if queue else "",
                f"{sum(one.dropped for one in queues):,}" if queue else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
    items = sum(run.steps[-1].items for run in runs)
    return "\n".join([*lines, f"{items:,} items in {seconds:.1f} s: {items / max(seconds, 1e-9):.1f} a second"])

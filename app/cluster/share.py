"""The share of a cluster that one file gets while it is worked on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from emojicam.errors import UsageError
from emojicam.settings import Settings
from emojicam.stream.choices import Provider

PER_TASK = "cpus=1,gpus=0"
"""The share that a file gets unless another is asked for."""


@dataclass(frozen=True)
class Share:
    """The share of a cluster that one file gets while it is worked on.

    Attributes:
        cpus: Cores; less than one lets several files share one.
        gpus: GPUs; less than one lets several files share one.
    """

    cpus: float
    gpus: float

    def settings(self, settings: Settings) -> Settings:
        """The settings that a worker gets: its cores, nothing to say, and the provider that all others have.

        Where no GPU was asked for, none is used, also not on a node that has one: results don't depend on the node.
        """
        provider = settings.provider
        if provider is Provider.AUTO:
            provider = Provider.CUDA if self.gpus else Provider.CPU
        return replace(settings, cores=max(1, int(self.cpus)), provider=provider, quiet=True)

    def __str__(self) -> str:
        return f"cpus={self.cpus:g}" + (f",gpus={self.gpus:g}" if self.gpus else "")


def share_of(text: str) -> Share:
    """Read a share as it is typed: "cpus=1,gpus=0.25".

    Raises:
        UsageError: It can't be read, or is none.
    """
    given = {"cpus": 1.0, "gpus": 0.0}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        if name not in given:
            raise UsageError(f"--per-task {text}: {name!r} is none of cpus, gpus")
        try:
            given[name] = float(number)
        except ValueError as error:
            raise UsageError(f"--per-task {text}: {number!r} is no number") from error
    share = Share(**given)
    if not 0.01 <= share.cpus <= 1024 or not 0 <= share.gpus <= 64:
        raise UsageError(f"--per-task {text}: from 0.01 CPUs on, and from 0 GPUs on")
    for name, amount in given.items():
        if amount > 1 and amount % 1:
            raise UsageError(f"--per-task {text}: {name} is below 1, or a whole number")
    return share

"""What a file gets of a cluster."""

from __future__ import annotations

import pytest

from emojicam.cluster.share import PER_TASK, Share, share_of
from emojicam.errors import UsageError
from emojicam.settings import Settings
from emojicam.stream.choices import Provider


def test_a_share_is_read_as_it_is_typed() -> None:
    assert share_of(PER_TASK) == share_of("cpus=1") == Share(1.0, 0.0)
    assert share_of("cpus=2, gpus=0.25") == Share(2.0, 0.25)
    assert share_of("gpus=1") == Share(1.0, 1.0)
    assert (str(share_of("cpus=.5")), str(share_of("gpus=.5"))) == ("cpus=0.5", "cpus=1,gpus=0.5")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cores=1", "'cores' is none of cpus, gpus"),
        ("cpus", "'' is no number"),
        ("cpus=two", "'two' is no number"),
        ("cpus=0", "from 0.01 CPUs on, and from 0 GPUs on"),
        ("gpus=-1", "from 0.01 CPUs on, and from 0 GPUs on"),
        ("cpus=nan", "from 0.01 CPUs on, and from 0 GPUs on"),
        ("gpus=1.5", "gpus is below 1, or a whole number"),
        ("", "'' is none of cpus, gpus"),
    ],
)
def test_what_is_no_share_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        share_of(text)
    assert str(error.value) == f"--per-task {text}: {said}"


def test_all_workers_have_the_same_provider_whatever_their_node_has() -> None:
    def provider(share: Share, asked: Provider = Provider.AUTO) -> Provider:
        return share.settings(Settings(provider=asked)).provider

    assert provider(Share(1, 0)) is Provider.CPU
    assert provider(Share(1, 0.25)) is Provider.CUDA
    assert provider(Share(1, 0), Provider.CUDA) is Provider.CUDA
    assert provider(Share(1, 1), Provider.TENSORRT) is Provider.TENSORRT
    assert [Share(cpus, 0).settings(Settings()).cores for cpus in (0.5, 1, 4)] == [1, 1, 4]

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from emojicam.models.data.augment import NOTHING, Augment


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def faces() -> torch.Tensor:
    smooth = [cv2.GaussianBlur(np.random.default_rng(i).uniform(0, 255, (48, 48)), (0, 0), 3) for i in range(8)]
    return torch.tensor(np.array(smooth)[:, None], dtype=torch.float32)


def test_no_change_asked_for_is_no_change(faces: torch.Tensor, rng: torch.Generator) -> None:
    assert torch.allclose(NOTHING(faces, None, rng), faces, atol=0.01)


def test_a_mirrored_face_is_its_mirror_image(faces: torch.Tensor, rng: torch.Generator) -> None:
    from dataclasses import replace

    assert torch.allclose(replace(NOTHING, mirror=1)(faces, None, rng), faces.flip(3), atol=0.01)


def test_alignment_is_the_one_that_the_stream_applies(faces: torch.Tensor, rng: torch.Generator) -> None:
    from dataclasses import replace

    from emojicam.models.card import Crop
    from emojicam.stream.faces.align import to_crop

    matrix = to_crop(((13.0, 21.0), (35.0, 17.0)), Crop())
    matrices = torch.tensor(np.tile(matrix, (8, 1, 1)), dtype=torch.float32)
    got = replace(NOTHING, align=1)(faces, matrices, rng)
    for before, after in zip(faces, got, strict=True):
        expected = cv2.warpAffine(before[0].numpy(), matrix, (48, 48), borderMode=cv2.BORDER_REPLICATE)
        assert float(np.abs(after[0].numpy() - expected).max()) < 2


def test_beyond_the_border_there_can_be_a_flat_level(faces: torch.Tensor, rng: torch.Generator) -> None:
    from dataclasses import replace

    far = torch.tensor([[0.5, 0.0, 12.0], [0.0, 0.5, 12.0]]).expand(
        8, 2, 3
    )  # the picture at half its size, in the middle
    got = replace(NOTHING, align=1, outside=1)(faces, far, rng)
    assert (got[:, 0, :10] == got[:, 0, :1, :1]).all()
    assert float((got[:, 0, 20:28, 20:28] - faces[:, 0, 16:32:2, 16:32:2]).abs().mean()) < 8


def test_softening_takes_detail_and_leaves_the_light(faces: torch.Tensor, rng: torch.Generator) -> None:
    from dataclasses import replace

    board = torch.zeros(8, 1, 48, 48)
    board[:, :, ::2, ::2] = 255
    got = replace(NOTHING, soften=1)(board, None, rng)
    assert got.mean() == pytest.approx(float(board.mean()), rel=0.03)
    assert float(got.std()) < float(board.std())
    assert torch.allclose(NOTHING(board, None, rng), board, atol=0.01)


def test_changed_faces_are_faces_still_and_the_same_seed_gives_the_same(faces: torch.Tensor) -> None:
    one, two = (Augment()(faces, None, torch.Generator().manual_seed(5)) for _ in range(2))
    assert one.shape == faces.shape
    assert torch.equal(one, two)
    assert float(one.min()) >= 0
    assert float(one.max()) <= 255
    assert not torch.allclose(one, faces, atol=5)

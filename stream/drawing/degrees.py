"""Choose among the pictures of one emotion by how strong it is."""

from __future__ import annotations

STEPS = {1: (), 2: (0.9,), 3: (0.75, 0.95)}
"""The shares from which on the next stronger picture is drawn, by the number of pictures.

They are read off the votes that FER+'s ten annotators gave each training face, as the net is taught them. A share is
the emotion's part of its votes and those for neutral. Of the 7,083 faces on which more than half of all votes say
happiness, 76 % have no vote for neutral; thirds of the others end at .8 and .9. So .75 lies between three and two of
ten who see no smile (4 % of the faces are below), and .95 between one and none (21 % lie between). Of two pictures
the stronger one begins where nine of ten agree: below are 57 % of 2,384 sad faces, 35 % of 1,643 angry, 26 % of 2,742
surprised, 24 % of 340 in fear.
"""


def picture(share: float, pictures: int) -> int:
    """Say which of an emotion's pictures shows a degree.

    Args:
        share: The emotion's probability as a share of it and neutral's, 0-1; for one that is decided, .5 and more.
        pictures: Number of pictures, from faint to strong: 1 to 3.

    Returns:
        The picture's number, from 0.
    """
    return sum(share >= step for step in STEPS[pictures])

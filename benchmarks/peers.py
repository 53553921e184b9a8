"""Our models by the measure by which other packages were compared.

usage: python benchmarks/peers.py DIR [MODEL...]     (DIR holds fer2013.csv and fer2013new.csv; default: what ships)

FER2013: PrivateTest's 3,589 faces with the seven labels of FER2013. FER+: those of them for which one column of FER+'s
votes, "unknown" and "no face" included, has more votes than every other, and names one of the same seven emotions. A
model that knows contempt as well is asked for the likeliest of the other seven. The time is that of one face a call,
on one thread.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emojicam.models import model_file
from emojicam.models import names as shipped
from emojicam.models.data import table
from emojicam.models.data.faces import TEST
from emojicam.models.data.faults import Faults
from emojicam.models.data.fer import FER_LABELS, VOTE_COLUMNS, read_ferplus
from emojicam.stream.emotions.classify import Classifier

CALLS = 2_000


def pluralities(folder: Path) -> npt.NDArray[np.int64]:
    """For each PrivateTest face the class of FER2013 that most annotators chose; -1 where that is shared or another."""
    found = []
    for _, row in table.rows(folder / "fer2013new.csv", ["Usage", *VOTE_COLUMNS], Faults("rows")):
        if row is not None and row[0] == "PrivateTest":
            votes = np.array(row[1:], dtype=int)
            name = VOTE_COLUMNS[int(votes.argmax())]
            alone = int((votes == votes.max()).sum()) == 1
            found.append(FER_LABELS.index(name) if alone and name in FER_LABELS else -1)
    return np.array(found)


def main() -> int:
    """Print accuracies by both measures, recall by class, and the time a face."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1])
    faces = read_ferplus(folder)[TEST].by("fer2013")
    images, plurality = np.asarray(faces.images), pluralities(folder)
    for model in sys.argv[2:] or shipped():
        classify = Classifier(model_file(model))
        columns = [classify.card.labels.index(label) for label in FER_LABELS]
        told = np.concatenate([classify.probabilities(part) for part in np.array_split(images, 64)])
        said = told[:, columns].argmax(1)
        started = time.perf_counter()
        for face in images[:CALLS]:
            classify.probabilities(face[None])
        each = (time.perf_counter() - started) / min(CALLS, len(images))
        known = plurality >= 0
        recalls = [
            f"{label} {100 * (said == faces.majority)[faces.majority == number].mean():.0f}"
            for number, label in enumerate(FER_LABELS)
        ]
        print(f"{model}: FER2013 {100 * (said == faces.majority).mean():.1f} %", end="")
        print(f" ({', '.join(recalls)})", end="")
        print(f", FER+ {100 * (said == plurality)[known].mean():.1f} % of {known.sum()}", end="")
        print(f", {1000 * each:.2f} ms a face")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The formats in which data sets are handed out, and what a folder of each holds. Needs the standard library alone."""

from __future__ import annotations

FORMATS = {
    "ferplus": "fer2013.csv and fer2013new.csv (FER+'s votes)",
    "fer2013": "fer2013.csv, or icml_face_data.csv",
    "fer-folders": "train/angry/*.jpg …, test/angry/*.jpg …",
    "affectnet": "train_set/images, train_set/annotations, val_set/…; or training.csv, validation.csv",
    "rafdb": "EmoLabel/list_patition_label.txt and Image/aligned",
    "folders": "a folder of pictures for each emotion, below train/, validation/, test/ or not",
}
"""Each format's name, and a line on what its folder holds; `sets` has a reader for each."""

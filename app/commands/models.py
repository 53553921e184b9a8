"""The command `models`: which models, nets and recipes there are, and a net's structure as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emojicam import models as shipped_models
from emojicam.console import say, show
from emojicam.files import Part, refuse_existing
from emojicam.models import recipe
from emojicam.stream.emotions.classify import Classifier
from emojicam.training import need_torch


@dataclass(frozen=True)
class ModelsOptions:
    """The options of `emojicam models`.

    Attributes:
        graph: Draw this net's structure instead of listing what there is.
        out: Where to draw it; None: NAME.png in the current folder.
        overwrite: A file that is there may be replaced.
    """

    graph: str | None
    out: Path | None
    overwrite: bool


def models(options: ModelsOptions) -> int:
    """List what there is, or draw one net's structure."""
    if options.graph:
        return _graph(options.graph, options.out or Path(f"{options.graph}.png"), options.overwrite)
    for name in shipped_models.names():
        card = Classifier(shipped_models.model_file(name)).card
        accuracy = card.metrics.get("test_accuracy")
        measured = f", {100 * accuracy:.1f} % on its test split" if accuracy is not None else ""
        default = " (default)" if name == shipped_models.DEFAULT else ""
        show(f"model   {name}{default}: {len(card.labels)} emotions, {card.data}{measured}")
    for name in recipe.names():
        plan = recipe.load(name)
        show(f"recipe  {name}: net {plan.net}, data {plan.data}, {plan.epochs} epochs")
    try:
        from emojicam.models import registry

        for name in registry.names():
            entry = registry.entry(name)
            show(f"net     {name}: {entry.parameters:,} parameters, {entry.about}")
    except ImportError:
        say('nets are listed where torch is installed: pip install "emojicam[train]"')
    return 0


def _graph(net: str, out: Path, overwrite: bool) -> int:
    need_torch()
    from emojicam.models.reports import structure

    refuse_existing(out, overwrite)
    picture = structure.picture(net)
    with Part(out, overwrite=overwrite) as part:
        part.write(picture)
    show(str(out))
    return 0

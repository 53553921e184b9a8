"""The command line: one function a command, each importing what it needs when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import emojicam
from emojicam.console import complain, prepare, say, show
from emojicam.errors import EmojicamError, MissingExtra, UsageError
from emojicam.interrupt import EXIT_CODE, Interrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        arguments: Without the program's name; by default those it was started with.

    Returns:
        The exit code.
    """
    parser = _parser()
    prepare()
    options = parser.parse_args(arguments)
    if options.run is None:
        parser.print_help()
        return 0
    command: Callable[[argparse.Namespace], int] = options.run
    try:
        with Interrupt() as options.interrupt:
            return command(options)
    except EmojicamError as error:
        complain(error, str(error))
        return error.exit_code
    except KeyboardInterrupt as interrupt:
        complain(interrupt, "interrupted")
        return EXIT_CODE
    except BrokenPipeError:
        # Who read our output has closed it (`| head`): not an error, but there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="emojicam",
        description="See the faces in a photo or video, read each one's emotion, and lay the matching emoji over it. "
        "Nothing leaves this machine.",
        epilog="exit codes: 0 done, 1 a defect, 2 wrong usage or no such path, 3 the input or model can't be used, "
        "4 a device or an optional part is missing, 5 the output can't be written, 130 interrupted",
    )
    parser.add_argument("--version", action="version", version=f"emojicam {emojicam.__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    demo = _command(commands, "demo", _demo, "annotate a real photo and a clip made from it; needs no input")
    demo.add_argument("-o", "--out", type=Path, default=Path(), metavar="DIR", help="folder (default: this one)")
    _add_look(demo)

    annotate = _command(commands, "annotate", _annotate, "copy photos and videos with an emoji on every face")
    annotate.add_argument("sources", nargs="+", metavar="SOURCE", help="photo, video, folder or pattern")
    annotate.add_argument("-o", "--out", metavar="OUT", help="file, or folder (default: NAME-emoji.EXT in this folder)")
    annotate.add_argument("--report", type=Path, metavar="FILE", help="record what was seen, .jsonl or .csv")
    annotate.add_argument("--plot", metavar="F.png|DIR/", help="draw a timeline of each person's emotions")
    annotate.add_argument("--subtitles", metavar="F.srt|DIR/", help="write what is seen as subtitles")
    annotate.add_argument("--overwrite", action="store_true", help="replace files that are already there")
    annotate.add_argument("--resume", action="store_true", help="leave out files whose result is there and not older")
    annotate.add_argument("--jobs", type=int, default=1, metavar="N", help="files at a time, in processes (default: 1)")
    annotate.add_argument("--stats", action="store_true", help="tell at the end what each step of the videos took")
    _add_look(annotate)

    live = _command(commands, "live", _live, "show a camera or a stream with an emoji on every face")
    live.add_argument(
        "source", nargs="?", default="0", metavar="SOURCE", help="camera number, device, URL or video file"
    )
    live.add_argument("--loop", action="store_true", help="show a video file again and again")
    live.add_argument("--size", default="1280x720", metavar="WxH", help="of the camera and the virtual camera, px")
    live.add_argument("--rate", type=int, default=30, metavar="N", help="frames a second of both (default: 30)")
    live.add_argument(
        "--virtual-camera",
        nargs="?",
        const="",
        metavar="DEVICE",
        help="show it in Zoom, Meet or Teams too: the device, or the first virtual camera that is free",
    )
    live.add_argument("--crop", action="store_true", help="cut for the virtual camera's shape, instead of adding bars")
    live.add_argument("--record", type=Path, metavar="F.mp4", help="write it to a file too")
    live.add_argument("--report", type=Path, metavar="FILE", help="record what was seen, .jsonl or .csv")
    live.add_argument("--no-window", action="store_true", help="show no window")
    live.add_argument("--no-mirror", action="store_true", help="don't mirror the window's picture")
    live.add_argument(
        "--cover-all-on-loss", action="store_true", help="blur the whole picture while a face is suddenly not seen"
    )
    live.add_argument("--stats", action="store_true", help="tell at the end what each step took")
    live.add_argument("--overwrite", action="store_true", help="replace files that are already there")
    _add_look(live)

    doctor = _command(commands, "doctor", _doctor, "say what works here, and what mends the rest")
    doctor.add_argument("--json", action="store_true", help="for programs")

    report = _command(commands, "report", _report, "tell and draw again what --report recorded")
    report.add_argument("report", type=Path, metavar="F.jsonl|F.csv", help="a report that `annotate` wrote")
    report.add_argument("--source", metavar="NAME", help="of several sources in it, this one")
    report.add_argument("--plot", type=Path, metavar="F.png", help="draw a timeline of each person's emotions")
    report.add_argument("--subtitles", type=Path, metavar="F.srt", help="write what was seen as subtitles")
    report.add_argument("--overwrite", action="store_true", help="replace files that are already there")

    web = _command(commands, "web", _web, "a page, and a JSON API, for photos and the camera (extra: web)")
    web.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on (default: 127.0.0.1)")
    web.add_argument(
        "--port", type=int, default=8000, metavar="N", help="to listen on; 0 takes a free one (default: 8000)"
    )
    web.add_argument("--no-browser", action="store_true", help="do not open the page")
    web.add_argument(
        "--proxy", action="store_true", help="a proxy on this machine stands in front: believe its X-Forwarded headers"
    )
    web.add_argument(
        "--token",
        nargs="?",
        const="",
        metavar="WORD",
        help="let in only who knows it; made up and printed if left out (needed with any other --host)",
    )
    _add_looks(web)

    fetch = _command(commands, "fetch", _fetch, "get the face detector's files ahead of time")
    fetch.add_argument("--quiet", action="store_true", help="print only errors")

    models = _command(commands, "models", _models, "list the models, nets and recipes there are")
    models.add_argument("--graph", metavar="NAME", help="draw a net's structure instead (extra: train)")
    models.add_argument(
        "-o", "--out", type=Path, metavar="F.png", help="where to, with --graph (default: NAME.png in this folder)"
    )
    models.add_argument("--overwrite", action="store_true", help="replace a file that is already there")

    explain = _command(commands, "explain", _explain, "show where in each face the model looked (extra: train)")
    explain.add_argument("photo", type=Path, metavar="PHOTO", help="a JPEG, PNG or WebP photo")
    explain.add_argument(
        "-o", "--out", type=Path, metavar="F.png", help="where to (default: NAME-explained.png in this folder)"
    )
    explain.add_argument("--model", default="mien", metavar="NAME|F.onnx", help="emotion model (default: mien)")
    explain.add_argument("--most", type=int, default=8, metavar="N", help="the N largest faces alone (default: 8)")
    explain.add_argument("--overwrite", action="store_true", help="replace a file that is already there")
    explain.add_argument("--quiet", action="store_true", help="print only errors")

    bench = _command(commands, "bench", _bench, "measure what everything costs on this machine")
    bench.add_argument("--model", default="mien", metavar="NAME|F.onnx", help="emotion model (default: mien)")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    bench.add_argument("--seconds", type=float, default=2.0, metavar="S", help="how long each case runs (default: 2)")
    bench.add_argument("--overwrite", action="store_true", help="replace a file that is already there")

    train = _command(commands, "train", _train, "train a net from nothing (extra: train)")
    train.add_argument("recipe", metavar="RECIPE", help="name of a recipe, or a TOML file")
    train.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the recipe's data set")
    _add_format(train, None)
    train.add_argument("-o", "--out", type=Path, metavar="DIR", help="folder for the run (default: runs/RECIPE)")
    train.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's")
    train.add_argument(
        "--init",
        type=Path,
        metavar="FILE",
        help="begin from a checkpoint of the same net, or VGG19 (.pth)",
    )
    train.add_argument(
        "--teacher",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint to learn from, if the recipe does so; may be given several times",
    )
    train.add_argument(
        "--keep-twins",
        action="store_true",
        help="keep training images that stand in a test split as well, as most published figures do",
    )
    train.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    train.add_argument("--overwrite", action="store_true", help="begin anew where there is a run already")
    train.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train (default: auto)"
    )
    train.add_argument("--quiet", action="store_true", help="print only errors")

    export = _command(commands, "export", _export, "write a checkpoint as ONNX, proven equal (extra: train)")
    export.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="best.pt of a run")
    export.add_argument("-o", "--out", type=Path, required=True, metavar="F.onnx", help="where to")
    export.add_argument(
        "--precision",
        choices=("fp32", "fp16", "int8"),
        default="fp32",
        help="fp16 is for GPUs; int8, for CPUs, is calibrated on the training faces of --data (default: fp32)",
    )
    export.add_argument(
        "--data", type=Path, metavar="DIR", help="a data set: compare on its faces, and say what accuracy is lost"
    )
    _add_format(export, "ferplus")
    export.add_argument("--overwrite", action="store_true", help="replace a file that is already there")

    evaluate = _command(commands, "evaluate", _evaluate, "measure a model on a data set")
    evaluate.add_argument("model", metavar="MODEL", help="shipped model's name, .onnx file or .pt checkpoint")
    evaluate.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with the data set")
    _add_format(evaluate, None, "ferplus, or as the recipe has it")
    evaluate.add_argument(
        "--recipe", metavar="RECIPE", help="measure on the faces that this recipe keeps, split as it splits them"
    )
    evaluate.add_argument("--labels", metavar="NAME", help="whose labels are right, where a data set has several")
    evaluate.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for the report (default: evaluation/MODEL), replaced",
    )
    evaluate.add_argument("--split", choices=("validation", "test"), default="test", help="default: test")
    evaluate.add_argument("--aligned", action="store_true", help="cut each face as the stream does, by its eyes")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.set_defaults(run=run)
    return parser


def _add_format(parser: argparse.ArgumentParser, default: str | None, otherwise: str = "as the recipe has it") -> None:
    parser.add_argument(
        "--format",
        choices=("ferplus", "fer2013", "fer-folders", "affectnet", "rafdb", "folders"),
        default=default,
        help=f"of the data set (default: {default or otherwise})",
    )


def _add_look(parser: argparse.ArgumentParser) -> None:
    _add_looks(parser)
    parser.add_argument(
        "--codec-preset",
        default="veryfast",
        metavar="PRESET",
        help="x264's, from ultrafast (larger files) to veryslow (default: veryfast)",
    )
    parser.add_argument("--quiet", action="store_true", help="print only errors")
    steady = parser.add_argument_group("how steady what is shown is, in videos")
    for name, unit, text in (
        ("memory", "S", "seconds that are judged together (default: 0.35); 0 takes every frame for itself"),
        ("lead", "P", "probability by which another emotion must lead before it is shown (default: 0.1)"),
        ("patience", "S", "seconds for which it must lead (default: 0.05)"),
        ("sure", "P", "confidence below which a face is shown as neutral (default: 0.4)"),
        ("still", "HZ", "how quickly the emoji follows a face at rest (default: 1)"),
        ("swift", "HZ", "how much more quickly for each width that the face moves in a second (default: 2.5)"),
    ):
        steady.add_argument(f"--{name}", type=float, metavar=unit, help=text)
    steady.add_argument("--every-frame", action="store_true", help="judge every face in every frame, not ten a second")
    steady.add_argument(
        "--lookahead",
        type=float,
        default=1.0,
        metavar="S",
        help="seconds that a file is looked ahead, to cover faces before they are detected (default: 1)",
    )


def _add_looks(parser: argparse.ArgumentParser) -> None:
    """How faces are found, judged and drawn, whatever in."""
    parser.add_argument(
        "--style",
        choices=("cover", "badge", "label"),
        default="cover",
        help="cover hides the face; badge sits beside it; label adds word and bar (default: cover)",
    )
    parser.add_argument("--theme", default="classic", metavar="NAME|DIR", help="emoji, or a folder of your own PNGs")
    parser.add_argument("--model", default="mien", metavar="NAME|F.onnx", help="emotion model (default: mien)")
    parser.add_argument(
        "--provider",
        choices=("auto", "cpu", "cuda", "tensorrt"),
        default="auto",
        help="what the model runs on (default: auto, a GPU where there is one)",
    )
    parser.add_argument(
        "--range", choices=("near", "auto", "far"), default="auto", help="how far away faces are (default: auto)"
    )
    parser.add_argument(
        "--detector-models", type=Path, metavar="DIR", help="the face detector's files, instead of the cache"
    )


def _demo(options: argparse.Namespace) -> int:
    from emojicam.commands.annotate import run_demo

    return run_demo(options, options.interrupt)


def _annotate(options: argparse.Namespace) -> int:
    from emojicam.commands.annotate import annotate

    return annotate(options, options.interrupt)


def _live(options: argparse.Namespace) -> int:
    from emojicam.commands.live import live

    return live(options, options.interrupt)


def _doctor(options: argparse.Namespace) -> int:
    import json

    from emojicam.commands import doctor

    lines = []
    for line in doctor.examined():
        lines.append(line)
        if not options.json:
            show(str(line))
    if options.json:
        show(json.dumps(doctor.as_json(lines), indent=1))
    return 4 if any(line.verdict is doctor.Verdict.WRONG for line in lines) else 0


def _report(options: argparse.Namespace) -> int:
    from emojicam.commands.annotate import report

    return report(options)


def _web(options: argparse.Namespace) -> int:
    from emojicam.commands.web import web

    return web(options, options.interrupt)


def _fetch(options: argparse.Namespace) -> int:
    from emojicam.stream.faces import detector_files

    for file in (detector_files.SHORT, detector_files.FULL):
        path = detector_files.fetch(file, quiet=options.quiet)
        if not options.quiet:
            show(str(path))
    return 0


def _bench(options: argparse.Namespace) -> int:
    import json

    from emojicam.commands import bench
    from emojicam.files import Part, refuse_existing

    if not 0 < options.seconds <= 600:
        raise UsageError(f"--seconds {options.seconds:g}: more than 0, at most 600")
    if options.json:
        refuse_existing(options.json, options.overwrite)
    rows: list[bench.Row] = []
    try:
        rows += bench.against_torch(options.model, options.seconds)
    except MissingExtra as error:
        say(f"emojicam: no comparison with torch: {error}")
    rows += bench.batches(options.model, options.seconds)
    for measured in (bench.detector, bench.overlay, bench.pipeline):
        rows += measured(options.seconds)
    about = bench.machine()
    show(", ".join(f"{name} {value}" for name, value in about.items() if name != "providers"))
    show(bench.table(rows))
    if options.json:
        with Part(options.json, overwrite=options.overwrite) as part:
            part.write(json.dumps(bench.as_json(rows), indent=1).encode())
    return 0


def _explain(options: argparse.Namespace) -> int:
    _need_torch()
    from emojicam.files import Part, refuse_existing
    from emojicam.training import explained

    if options.most < 1:
        raise UsageError(f"--most {options.most}: at least 1")
    out: Path = options.out or Path(f"{options.photo.stem}-explained.png")
    refuse_existing(out, options.overwrite)
    picture, faces = explained(options.photo, options.model, options.most, quiet=options.quiet)
    if picture is None:
        say(f"emojicam: {options.photo}: no face found, so nothing is explained")
        return 0
    with Part(out, overwrite=options.overwrite) as part:
        part.write(picture)
    if not options.quiet:
        show(f"{out}: {faces} face{'s' if faces > 1 else ''}")
    return 0


def _graph(options: argparse.Namespace) -> int:
    _need_torch()
    from emojicam.files import Part, refuse_existing
    from emojicam.models.reports import structure

    out: Path = options.out or Path(f"{options.graph}.png")
    refuse_existing(out, options.overwrite)
    picture = structure.picture(options.graph)
    with Part(out, overwrite=options.overwrite) as part:
        part.write(picture)
    show(str(out))
    return 0


def _models(options: argparse.Namespace) -> int:
    if options.graph:
        return _graph(options)
    from emojicam import models
    from emojicam.models import recipe
    from emojicam.stream.emotions.classify import Classifier

    for name in models.shipped():
        card = Classifier(models.model_file(name)).card
        accuracy = card.metrics.get("test_accuracy")
        measured = f", {100 * accuracy:.1f} % on its test split" if accuracy is not None else ""
        default = " (default)" if name == models.DEFAULT else ""
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


def _need_torch() -> None:
    try:
        import onnx  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtra("torch", "train") from error


def _train(options: argparse.Namespace) -> int:
    _need_torch()
    from dataclasses import replace

    from emojicam.models import recipe, registry, train
    from emojicam.models.team import team
    from emojicam.training import aligned, data_set, draw_curves

    plan = recipe.load(options.recipe).on(options.format)
    if options.epochs is not None:
        if options.epochs < 1:
            raise UsageError(f"--epochs {options.epochs}: at least 1")
        plan = replace(plan, epochs=options.epochs)
    if options.keep_twins:
        plan = replace(plan, twins="keep")
    out: Path = options.out or Path("runs") / plan.name
    begun = {"resume": options.resume, "overwrite": options.overwrite, "teachers": options.teacher}
    train.refuse(plan, out, **begun)
    entry = registry.entry(plan.net)
    splits = data_set(plan.data, options.data, size=entry.size, channels=entry.channels, quiet=options.quiet)
    if plan.align:
        # Only training faces are shown as the stream cuts them; a random split may take them from anywhere.
        wanted = splits if plan.split == "random" else ("train",)
        splits |= {name: aligned(splits[name], quiet=options.quiet) for name in wanted}
    device = train.device(options.device)
    with team(device.type) as members:
        done = train.train(
            plan,
            splits,
            out,
            version=emojicam.__version__,
            device=device,
            team=members,
            init=options.init,
            **begun,
            quiet=options.quiet,
            on_epoch=lambda row: draw_curves(out, plan.choose) if members.leads else None,
        )
    for name, checkpoint in done.items():
        figures = checkpoint.card.metrics
        show(
            f"{out}, {name}: {100 * figures['test_accuracy']:.2f} % on the test split "
            f"({100 * figures['test_accuracy_low']:.1f} to {100 * figures['test_accuracy_high']:.1f}), "
            f"{100 * figures['validation_accuracy']:.2f} % on the validation split, "
            f"ECE {100 * figures['test_ece']:.1f} %"
        )
    return 0


def _export(options: argparse.Namespace) -> int:
    _need_torch()
    import numpy as np

    from emojicam.export.precision import Precision
    from emojicam.export.to_onnx import export
    from emojicam.files import refuse_existing
    from emojicam.models.checkpoint import load
    from emojicam.training import check_shape, cost, data_set, sample_faces

    refuse_existing(options.out, options.overwrite)
    precision = Precision(options.precision)
    if precision is Precision.INT8 and not options.data:
        raise UsageError("--precision int8 is calibrated on real faces: --data DIR")
    checkpoint = load(options.checkpoint)
    card = checkpoint.card
    splits = None
    faces = sample_faces(card)
    if options.data:
        splits = data_set(options.format, options.data, size=card.crop.size, channels=card.channels)
        check_shape(card, splits["train"], options.checkpoint)
        faces = np.asarray(splits["train"].images[:512])
    difference = export(checkpoint, options.out, faces, precision)
    show(f"{options.out}: ONNX Runtime repeats torch to {difference:.1e} on {len(faces)} faces")
    if splits and precision is not Precision.FP32:
        lost = cost(options.checkpoint, options.out, splits["validation"])
        if lost is None:
            show("what that costs in accuracy can't be told: these data have other labels")
        else:
            before, now, number = lost
            show(f"accuracy on the validation split: {100 * before:.2f} % before, {100 * now:.2f} % now, of {number}")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from emojicam.models import recipe
    from emojicam.models.data.arrange import arrange
    from emojicam.training import aligned, card_of, data_set, evaluation

    if Path(options.model).suffix == ".pt":
        _need_torch()
    plan = recipe.load(options.recipe).on(options.format) if options.recipe else None
    card = card_of(options.model)
    form = options.format or (plan.data if plan else "ferplus")
    splits = data_set(form, options.data, size=card.crop.size, channels=card.channels)
    if plan:
        splits = arrange(splits, plan)
    uncut = splits[options.split]
    if options.aligned:
        splits[options.split] = aligned(uncut).cut()
    report = evaluation(options.model, splits, options.split, options.labels, str(options.data), uncut=uncut)
    figures = report.figures
    low, high = figures.interval
    show(
        f"{options.model} on {figures.faces} faces ({options.split}): accuracy {100 * figures.accuracy:.2f} % "
        f"(95 % interval {100 * low:.1f} to {100 * high:.1f}), macro-F1 {100 * figures.macro_f1:.1f} %, "
        f"ECE {100 * figures.ece:.1f} %"
    )
    for name, variant in report.variants.items():
        show(f"  {name}: {100 * variant.accuracy:.2f} % of {variant.faces}")
    width = max(map(len, figures.labels))
    for label, recall, precision, support in zip(
        figures.labels, figures.recall, figures.precision, figures.support, strict=True
    ):
        show(f"  {label:{width}}  recall {100 * recall:5.1f} %  precision {100 * precision:5.1f} %  {support:5} faces")
    page = report.write(options.out or Path("evaluation") / Path(options.model).stem)
    show(f"{page}: the report")
    return 0

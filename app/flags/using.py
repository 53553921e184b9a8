"""The commands that people use: photos and videos, the camera, the page."""

from __future__ import annotations

import argparse
from pathlib import Path

from emojicam.flags.shared import PLOT, REPORT, SUBTITLES, add_overwrite
from emojicam.interrupt import Interrupt
from emojicam.parser import Group, Program, experts
from emojicam.settings import add_corrections, add_file_settings, add_live_settings, add_settings, options_of
from emojicam.stream.choices import HOST, PORT

TITLE = "use it"


def add_commands(program: Program) -> None:
    """Add the group's commands."""
    group = program.group(TITLE)
    for add in (_annotate, _live, _web, _sticker, _demo):
        add(group)


def _annotate(group: Group) -> None:
    parser = group.command(
        "annotate",
        _run_annotate,
        "copy photos and videos with an emoji on every face",
        ("annotate party.jpg", "party-emoji.jpg in this folder"),
        ("annotate clip.mp4 --report seen.jsonl", "and what was seen, as data"),
        ("annotate clip.mp4 --from seen.jsonl --person 2=none", "again, and person 2 is left bare"),
        makes_files=True,
    )
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help='photo, video, folder or pattern ("*.jpg"), also of a store: s3://bucket/folder/',
    )
    parser.add_argument(
        "-o", "--out", metavar="OUT", help="file, or folder for NAME-emoji.EXT (default: the current folder)"
    )
    add_corrections(parser)  # first, so that its group stands above those for experts
    add_file_settings(parser)
    parser.add_argument("--report", metavar="FILE", help=REPORT)
    parser.add_argument(
        "--from",
        dest="record",
        type=Path,
        metavar="F.jsonl",
        help="draw what this record says, which --report wrote and you may have edited, without looking again",
    )
    parser.add_argument("--plot", metavar="F.png|DIR/", help=PLOT)
    parser.add_argument("--subtitles", metavar="F.srt|DIR/", help=SUBTITLES)
    add_overwrite(parser)
    parser.add_argument("--resume", action="store_true", help="leave out files whose result is there and not older")
    parser.add_argument("--jobs", type=int, metavar="N", help="files at a time (default: 1)")
    _add_cluster(parser)
    about = "tell at the end how long each step of the videos took"
    experts(parser).add_argument("--stats", action="store_true", help=about)


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    """Add the flags of work on more than one machine."""
    group = parser.add_argument_group("more than one machine (extra: cluster; docs/cluster.md)")
    group.add_argument(
        "--cluster",
        metavar="local|HOST:PORT",
        help="annotate on a Ray cluster, a task a file; local is one of this machine alone",
    )
    group.add_argument(
        "--per-task",
        dest="per_task",
        metavar="SHARE",
        help='what a file gets of the cluster (default: "cpus=1,gpus=0"); "cpus=1,gpus=0.25" is a quarter of a GPU',
    )


def _run_annotate(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.annotate import AnnotateOptions, annotate

    return annotate(options_of(AnnotateOptions, given), interrupt)


def _sticker(group: Group) -> None:
    parser = group.command(
        "sticker",
        _run_sticker,
        "cut a head with its emoji out of a photo or clip, as a sticker",
        ("sticker party.jpg", "party-sticker.webp: the largest face"),
        ("sticker clip.mp4 --start 12 -o laugh.gif", "three moving seconds"),
        more="Styles that lie beside a face, badge and label, are none for a sticker.",
        makes_files=True,
    )
    parser.add_argument("source", type=Path, metavar="PHOTO|CLIP", help="a photo, or a clip: its sticker moves")
    parser.add_argument(
        "-o", "--out", metavar="OUT", help="a .webp, .gif or .png file, or a folder (default: the current one)"
    )
    parser.add_argument("--person", type=int, metavar="N", help="whose head (default: whose face is the largest)")
    parser.add_argument("--start", type=float, metavar="S", help="second of a clip (default: where a face is seen)")
    parser.add_argument(
        "--seconds", type=float, default=3.0, metavar="S", help="length of a clip's, at most 3 (default: %(default)g)"
    )
    add_overwrite(parser)
    add_file_settings(parser)


def _run_sticker(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.sticker import StickerOptions, sticker

    return sticker(options_of(StickerOptions, given))


def _live(group: Group) -> None:
    parser = group.command(
        "live",
        _run_live,
        "show a camera or a stream with an emoji on every face",
        ("live", "the first camera, in a window"),
        ("live 1 --virtual-camera --no-window", "the second, for Zoom or Meet"),
        ("live 0 rtsp://10.0.0.5/door --record a.mp4", "two at once, recorded"),
        more="In the window, h shows the keys and q ends it.",
    )
    parser.add_argument(
        "sources",
        nargs="*",
        default=["0"],
        metavar="SOURCE",
        help="camera's number, device, URL or video file (default: 0, the first camera); several share a window",
    )
    add_live_settings(parser)
    parser.add_argument(
        "--virtual-camera",
        nargs="?",
        const="",
        metavar="DEVICE",
        help="show it in Zoom, Meet or Teams too: the device, or the first virtual camera that is free; "
        "for several streams as many, parted by commas",
    )
    parser.add_argument(
        "--record",
        type=Path,
        metavar="F.mp4",
        help="write what is shown to a file, too; of several streams to F-1.mp4, F-2.mp4 and so on",
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help=REPORT)
    add_overwrite(parser)
    parser.add_argument("--no-window", action="store_true", help="show no window")
    parser.add_argument(
        "--no-mirror", action="store_true", help="don't mirror the window's picture (several streams are not)"
    )
    parser.add_argument("--loop", action="store_true", help="when SOURCE is a video file, show it again and again")
    _add_devices(experts(parser))


def _add_devices(group: argparse._ArgumentGroup) -> None:
    """Add the flags of what is asked of a camera and a virtual camera."""
    group.add_argument(
        "--size",
        default="1280x720",
        metavar="WxH",
        help="size of the camera's and the virtual camera's picture, px (default: %(default)s)",
    )
    group.add_argument(
        "--rate", type=int, default=30, metavar="N", help="frames a second of both cameras (default: %(default)s)"
    )
    group.add_argument("--crop", action="store_true", help="cut for the virtual camera's shape, instead of adding bars")
    group.add_argument("--stats", action="store_true", help="tell at the end how long each step took")


def _run_live(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.live import LiveOptions, live

    return live(options_of(LiveOptions, given), interrupt)


def _web(group: Group) -> None:
    parser = group.command(
        "web",
        _run_web,
        "open a page for photos and the camera (extra: web)",
        ("web", "the page, in this machine's browser"),
        ("web --host 0.0.0.0 --token", "for others who know the word"),
        more="Pictures stay on the machine that runs it. Programs may ask its JSON API.",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=PORT,
        metavar="N",
        help="port to listen on; 0 takes a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--host",
        default=HOST,
        metavar="ADDRESS",
        help="address to listen on (default: %(default)s, which this machine alone can reach)",
    )
    parser.add_argument(
        "--token",
        nargs="?",
        const="",
        metavar="WORD",
        help="let in only who knows this word; without a WORD one is made up and printed "
        "(needed with any other --host)",
    )
    parser.add_argument("--no-browser", action="store_true", help="don't open the page in a browser")
    add_settings(parser)
    experts(parser).add_argument(
        "--proxy", action="store_true", help="a proxy on this machine stands in front: believe its X-Forwarded headers"
    )


def _run_web(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.web import WebOptions, web

    return web(options_of(WebOptions, given), interrupt)


def _demo(group: Group) -> None:
    parser = group.command(
        "demo",
        _run_demo,
        "annotate a real photo and a clip made from it; needs no input",
        ("demo", "a photo and a clip in this folder"),
        ("demo -o try --style label", "another style, another folder"),
        makes_files=True,
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder for the results (default: the current one)",
    )
    add_file_settings(parser)


def _run_demo(given: argparse.Namespace, interrupt: Interrupt) -> int:
    from emojicam.commands.demo import DemoOptions, demo

    return demo(options_of(DemoOptions, given), interrupt)

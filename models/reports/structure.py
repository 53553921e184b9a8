"""A net's structure, step by step: names, shapes, parameters and multiply-adds; and the picture of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from emojicam.models import registry
from emojicam.models.reports.figure import LIGHT, Theme, drawing, mixed, png


@dataclass(frozen=True)
class NetStep:
    """One step of a net, as it is listed and drawn.

    Attributes:
        name: Where it stands in the module tree.
        does: What it does, in words.
        shape: Shape of what it gives for one face, without the batch.
        parameters: Number of trained values.
        mmac: Millions of multiply-adds for one face.
        residual: Whether what came in is added to what it gives.
    """

    name: str
    does: str
    shape: tuple[int, ...]
    parameters: int
    mmac: float
    residual: bool


def parts(net: nn.Module, channels: int, size: int) -> list[NetStep]:
    """The steps of a net, in the order in which a face passes them.

    What has no weights and follows a convolution or dense layer is told with it; a residual block is one step.

    Args:
        net: Takes float32 Nx`channels`x`size`x`size`.
        channels: 1 (grey) or 3 (RGB).
        size: Width and height of its input, px.
    """
    found: list[NetStep] = []
    macs: dict[nn.Module, int] = {}
    shapes: dict[nn.Module, tuple[int, ...]] = {}
    order: list[nn.Module] = []

    def note(module: nn.Module, taken: object, given: torch.Tensor) -> None:
        macs[module] = _macs(module, given)
        shapes[module] = tuple(given.shape[1:])
        order.append(module)

    hooks = [module.register_forward_hook(note) for module in net.modules()]
    try:
        with torch.inference_mode():
            net.eval()(torch.zeros(1, channels, size, size))
    finally:
        for hook in hooks:
            hook.remove()
    for name, module in sorted(_steps(net), key=lambda step: order.index(step[1])):
        count = sum(parameter.numel() for parameter in module.parameters())
        work = sum(macs.get(inner, 0) for inner in module.modules()) / 1e6
        says = _says(module)
        if not count and found and not found[-1].residual and says:
            last = found.pop()
            found.append(NetStep(last.name, f"{last.does} · {says}", shapes[module], last.parameters, last.mmac, False))
        elif not count and found and says:
            found.append(NetStep(name, says, shapes[module], 0, 0.0, False))
        elif count and isinstance(module, nn.BatchNorm2d) and found:
            last = found.pop()
            total = last.parameters + count
            found.append(NetStep(last.name, f"{last.does} · {says}", shapes[module], total, last.mmac, False))
        elif says:
            found.append(NetStep(name, says, shapes[module], count, work, bool(list(module.children()))))
    return found


def _steps(net: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The modules of a net that are drawn: leaves, and what is more than a sequence and not the whole net."""
    for name, module in net.named_children():
        path = f"{prefix}{name}"
        if isinstance(module, nn.Sequential):
            yield from _steps(module, f"{path}.")
        else:
            yield path, module


def _macs(module: nn.Module, given: torch.Tensor) -> int:
    if isinstance(module, nn.Conv2d):
        return given[0].numel() * module.weight[0].numel()
    return module.weight.numel() if isinstance(module, nn.Linear) else 0


def _says(module: nn.Module) -> str:
    match module:
        case nn.Conv2d():
            kernel, stride = module.kernel_size, module.stride
            return f"conv {kernel[0]}×{kernel[1]}" + (f" / {stride[0]}" if stride[0] != 1 else "")
        case nn.Linear():
            return f"dense {module.out_features:,}"
        case nn.MaxPool2d():
            return f"max-pool {module.kernel_size}"
        case nn.AvgPool2d():
            return f"average-pool {module.kernel_size}"
        case nn.BatchNorm2d():
            return "batch norm"
        case nn.ReLU():
            return "ReLU"
        case nn.Dropout():
            return f"dropout {module.p:g}"
        case nn.ZeroPad2d():
            return f"zero-pad {module.padding[0]}"
        case nn.Flatten() | nn.Identity():
            return ""
    inside = [inner for inner in module.modules() if isinstance(inner, nn.Conv2d)]
    main = " ".join(f"{conv.kernel_size[0]}×{conv.kernel_size[1]}" for _, conv in _main_path(module))
    attends = any("excite" in name for name, _ in module.named_modules())
    return f"residual block: {main or len(inside)}" + (", squeeze-and-excitation" if attends else "")


def _main_path(module: nn.Module) -> list[tuple[str, nn.Conv2d]]:
    return [(name, inner) for name, inner in module.named_children() if isinstance(inner, nn.Conv2d)]


def picture(name: str, theme: Theme = LIGHT) -> bytes:
    """Draw the structure of a registered net.

    Returns:
        A PNG.

    Raises:
        UsageError: No net is called so.
    """
    entry = registry.entry(name)
    steps = parts(registry.build(name), entry.channels, entry.size)
    return _drawn(entry, steps, theme)


def _few(mmac: float) -> str:
    return "" if not mmac else f"{mmac:,.1f}" if mmac >= 0.05 else "< 0.1"


def _drawn(entry: registry.Entry, steps: Sequence[NetStep], theme: Theme) -> bytes:
    rows = len(steps) + 2
    most = max(step.mmac for step in steps) or 1.0
    with drawing(8.4, 0.9 + 0.52 * rows, theme, layout=None) as figure:
        from matplotlib.patches import FancyBboxPatch

        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, 84)
        axes.set_ylim(-rows * 5.2 - 1, 8)
        axes.axis("off")
        total = sum(step.mmac for step in steps)
        axes.text(3, 4.2, f"{entry.name}: {entry.parameters:,} parameters, {total:,.0f} MMAC", size=13, weight="bold")
        axes.text(3, 0.4, entry.about, size=9, color=theme.faint)
        for x, words in ((47, "gives"), (58, "parameters"), (68, "million multiply-adds")):
            axes.text(x, -3.2, words, size=8.5, color=theme.faint)
        given = f"{entry.size}×{entry.size}×{entry.channels}"
        lines = [("a face", given, "", 0.0, False, theme.grid)]
        for step in steps:
            shape = "×".join(f"{side:,}" for side in (*step.shape[1:], step.shape[0]))
            colour = mixed(theme.series[3 if step.residual else 0], theme.ground, 0.22)
            if "dense" in step.does:
                colour = mixed(theme.series[1], theme.ground, 0.28)
            count = f"{step.parameters:,}" if step.parameters else "–"
            lines.append((step.does, shape, count, step.mmac, step.residual, colour))
        for number, (does, shape, count, mmac, residual, colour) in enumerate(lines):
            y = -5.2 * (number + 1) - 3.4
            box = FancyBboxPatch((6, y), 39, 3.4, "round,pad=0,rounding_size=0.6", facecolor=colour, edgecolor="none")
            axes.add_patch(box)
            axes.text(25.5, y + 1.7, does, ha="center", va="center", size=9)
            axes.text(47, y + 1.7, shape, va="center", size=9)
            axes.text(66, y + 1.7, count, va="center", ha="right", size=9)
            if number:
                axes.annotate(
                    "", (25.5, y + 3.5), (25.5, y + 5.1), arrowprops={"arrowstyle": "-|>", "color": theme.faint}
                )
                axes.barh(y + 1.7, 10 * mmac / most, 2.2, left=68, color=theme.series[0])
                axes.text(68.6 + 10 * mmac / most, y + 1.7, _few(mmac), va="center", size=8.5)
            if residual:
                arc = {"arrowstyle": "-|>", "color": theme.faint, "connectionstyle": "bar,fraction=0.45"}
                axes.annotate("", (6, y + 0.6), (6, y + 4.4), arrowprops=arc)
        return png(figure)

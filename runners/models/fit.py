"""Why data do not fit a network that was drawn for a few sizes, in words."""

from __future__ import annotations

from runners.models.dcgan import DCGAN


def misfit(
    name: str, shape: tuple[int, ...], sizes: tuple[int, ...], colours: tuple[int, ...]
) -> str | None:
    """Say why data do not fit a network of square images, and which model takes them, or None.

    Args:
        name: of the model.
        shape: of the data, (channels, height, width) or (2,).
        sizes: in pixels that it takes.
        colours: numbers of channels that it takes.
    """
    if len(shape) != 3:
        return f"{name} takes images, not points in the plane; use mlp"
    channels, height, width = shape
    if height == width and width in sizes and channels in colours:
        return None
    pixels = " or ".join(f"{size}x{size}" for size in sizes)
    counts = " or ".join(map(str, colours))
    cure = "; use dcgan" if DCGAN().problem(shape) is None else ""
    plural = "" if counts == "1" else "s"
    return (
        f"{name} takes images of {pixels} px with {counts} channel{plural}, "
        f"not {height}x{width} with {channels}{cure}"
    )

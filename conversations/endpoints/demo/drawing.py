"""Draws a small picture whose colours and shapes follow the words.

Invariant: the same chances and the same words give the same picture, byte for byte.
"""

import io
import random
import re
from collections.abc import Iterator
from math import cos, pi, sin
from typing import Any

from .colours import MEANT, Colour, meant_by, name_of
from .pieces import Piece, Say, Show
from .reading import DemoRequest
from .wording import join

WIDTH, HEIGHT = 640, 400
# Drawn larger and then made smaller, which rounds the edges.
SCALE = 2
SHAPES = {
    "circle": "circle|ball|sun|moon|planet|apple|dot|圆|太阳|月亮",
    "square": "square|box|house|home|cube|city|方|房",
    "triangle": "triangle|mountain|tree|tent|roof|forest|三角|山|树",
    "star": "star|night|christmas|星",
    "wave": "wave|sea|water|ocean|river|lake|rain|海|水|河",
}
PALETTE = ("blue", "orange", "green", "yellow", "red", "turquoise", "purple", "pink")
MOST_SHAPES = 9


def draw_picture(request: DemoRequest) -> Iterator[Piece]:
    text = request.last_beginning
    chances = request.random()
    colours = meant_by(text) or [MEANT[name] for name in chances.sample(PALETTE, 3)]
    shapes = [shape for shape, words in SHAPES.items() if re.search(words, text, re.I)]
    shapes = shapes or chances.sample(list(SHAPES), 2)
    named = join([*dict.fromkeys(name_of(colour) for colour in colours)])
    drawn = join([f"{shape}s" for shape in shapes])
    yield Say(
        f"Here is a picture with {drawn} in {named}. A small program drew it, without a model: it looks for names of "
        "colours and shapes in your words, and leaves the rest to chance."
    )
    yield Show(_drawn(colours, shapes, chances))


def _drawn(colours: list[Colour], shapes: list[str], chances: random.Random) -> bytes:
    """A PNG of WIDTH by HEIGHT pixels."""
    # Only this needs it, and it takes its time.
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), _mixed(colours[0], 0.82))
    pen: Any = ImageDraw.Draw(picture)
    for number in range(chances.randint(5, MOST_SHAPES)):
        colour = _mixed(colours[number % len(colours)], chances.choice((0.0, 0.0, 0.2, 0.4)))
        size = chances.uniform(0.08, 0.22) * WIDTH * SCALE
        centre = chances.uniform(0.1, 0.9) * WIDTH * SCALE, chances.uniform(0.15, 0.85) * HEIGHT * SCALE
        _draw(pen, shapes[number % len(shapes)], colour, centre, size)
    buffer = io.BytesIO()
    picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX).save(buffer, "PNG")
    return buffer.getvalue()


def _draw(pen: Any, shape: str, colour: Colour, centre: tuple[float, float], size: float) -> None:
    x, y = centre
    half = size / 2
    match shape:
        case "circle":
            pen.ellipse((x - half, y - half, x + half, y + half), fill=colour)
        case "square":
            pen.rectangle((x - half, y - half, x + half, y + half), fill=colour)
        case "triangle":
            pen.polygon(_corners(centre, (half, half, half)), fill=colour)
        case "star":
            pen.polygon(_corners(centre, (half, half * 0.4) * 5), fill=colour)
        case _:
            steps = range(0, WIDTH * SCALE + 1, 8)
            line = [(step, y + half / 3 * sin(step / size * 2 * pi)) for step in steps]
            pen.line(line, fill=colour, width=max(2, int(size / 6)), joint="curve")


def _corners(centre: tuple[float, float], radii: tuple[float, ...]) -> list[tuple[float, float]]:
    """Points around a centre, the first above it."""
    turn = 2 * pi / len(radii)
    return [
        (centre[0] + radius * sin(turn * number), centre[1] - radius * cos(turn * number))
        for number, radius in enumerate(radii)
    ]


def _mixed(colour: Colour, white: float) -> Colour:
    red, green, blue = (round(part + (255 - part) * white) for part in colour)
    return red, green, blue

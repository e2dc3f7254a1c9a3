"""Names of colours, both ways: what a colour is called, and what colour is meant by a word.

Invariant: every colour has one name, of a hue and how dark it is.
"""

import colorsys

HUES = (
    (14, "red"),
    (40, "orange"),
    (68, "yellow"),
    (165, "green"),
    (195, "turquoise"),
    (255, "blue"),
    (290, "purple"),
    (335, "pink"),
    (360, "red"),
)
MEANT = {
    "red": (200, 45, 40),
    "orange": (235, 135, 40),
    "yellow": (245, 205, 60),
    "green": (45, 140, 80),
    "turquoise": (40, 165, 170),
    "blue": (40, 90, 190),
    "purple": (115, 60, 160),
    "pink": (235, 120, 165),
    "brown": (115, 75, 45),
    "black": (25, 25, 28),
    "grey": (130, 130, 135),
    "gray": (130, 130, 135),
    "white": (245, 245, 242),
    "红": (200, 45, 40),
    "橙": (235, 135, 40),
    "黄": (245, 205, 60),
    "绿": (45, 140, 80),
    "蓝": (40, 90, 190),
    "紫": (115, 60, 160),
    "黑": (25, 25, 28),
    "白": (245, 245, 242),
}

Colour = tuple[int, int, int]


def name_of(colour: Colour) -> str:
    """Such as "dark green"."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    if lightness < 0.08:
        return "black"
    if lightness > 0.95:
        return "white"
    if saturation < 0.12:
        return _graded("grey", lightness)
    degrees = hue * 360
    name = next(name for end, name in HUES if degrees <= end)
    if name == "orange" and lightness < 0.42:
        return "dark brown" if lightness < 0.2 else "brown"
    return _graded(name, lightness)


def hex_of(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)


def meant_by(text: str) -> list[Colour]:
    """The colours that a text names, in its order."""
    lowered = text.lower()
    found = sorted((lowered.index(word), colour) for word, colour in MEANT.items() if word in lowered)
    return list(dict.fromkeys(colour for _, colour in found))


def _graded(name: str, lightness: float) -> str:
    if lightness < 0.3:
        return f"dark {name}"
    return f"light {name}" if lightness > 0.72 else name

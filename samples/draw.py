"""Draw the pictures of the sample newsroom: five source avatars and four lead images.

Run ``python samples/draw.py`` from anywhere; Pillow is the only requirement. Everything is
drawn from shapes (no fonts, no photographs) with fixed random seeds, so that a run always
gives the same pictures. Avatars are drawn at four times their size, scenes at twice, and
reduced for smooth edges.
"""

# A picture is one long list of strokes, and its chance is that of a brush:
# ruff: noqa: C901, PLR0912, PLR0915, S311

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

MEDIA = Path(__file__).resolve().parent / "media"
AVATAR = 192
WIDTH, HEIGHT = 1600, 900
RIM = 178  # the value of Pillow's radial gradient where it meets the edge of its square
SCALE = 2  # scenes are drawn at this multiple; coordinates below are in final pixels

Point = tuple[float, float]
Colour = tuple[int, int, int]


def rgb(code: str) -> Colour:
    """Turn ``"1d2547"`` into a colour."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def pts(text: str, dx: float = 0, dy: float = 0) -> list[Point]:
    """Turn ``"0,10 40,25"`` into points, moved by ``dx`` and ``dy``."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x) + dx, float(y) + dy) for x, y in pairs]


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Blend two colours; ``share`` is how much of ``b``."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def ramp(text: str) -> list[tuple[float, str]]:
    """Turn ``"0 1b2145, 0.5 43356b"`` into the stops of a gradient."""
    stops = (stop.split() for stop in text.split(", "))
    return [(float(at), colour) for at, colour in stops]


def gradient(size: tuple[int, int], stops: Sequence[tuple[float, str]]) -> Image.Image:
    """Return a vertical gradient through ``(position 0..1, colour)`` stops."""
    width, height = size
    column = Image.new("RGB", (1, height))
    for y in range(height):
        at = y / max(1, height - 1)
        for (start, a), (end, b) in pairwise(stops):
            if start <= at <= end:
                column.putpixel((0, y), mix(rgb(a), rgb(b), (at - start) / (end - start)))
                break
    return column.resize((width, height))


class Scene:
    """A canvas with the few brushes the illustrations need."""

    def __init__(self, seed: int, sky: Sequence[tuple[float, str]]) -> None:
        self.rng = random.Random(seed)
        self.size = (WIDTH * SCALE, HEIGHT * SCALE)
        self.image = gradient(self.size, sky)

    def shape(
        self, points: Sequence[Point], top: str, bottom: str | None = None, alpha: float = 1
    ) -> None:
        """Fill a polygon, shaded from ``top`` to ``bottom`` over its own height."""
        mask = Image.new("L", self.size)
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        ImageDraw.Draw(mask).polygon(scaled, fill=round(255 * alpha))
        self._through(mask, top, bottom or top)

    def ellipse(self, centre: Point, rx: float, ry: float, colour: str, alpha: float = 1) -> None:
        """Fill an ellipse."""
        mask = Image.new("L", self.size)
        (x, y), s = centre, SCALE
        box = ((x - rx) * s, (y - ry) * s, (x + rx) * s, (y + ry) * s)
        ImageDraw.Draw(mask).ellipse(box, fill=round(255 * alpha))
        self._through(mask, colour, colour)

    def line(self, points: Sequence[Point], width: float, colour: str, alpha: float = 1) -> None:
        """Draw a line with rounded joints."""
        mask = Image.new("L", self.size)
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        ImageDraw.Draw(mask).line(
            scaled, fill=round(255 * alpha), width=max(1, round(width * SCALE)), joint="curve"
        )
        self._through(mask, colour, colour)

    def dots(self, dots: Sequence[tuple[float, float, float, Colour]]) -> None:
        """Draw many small discs ``(x, y, radius, colour)`` at once."""
        pen, s = ImageDraw.Draw(self.image), SCALE
        for x, y, r, colour in dots:
            pen.ellipse(((x - r) * s, (y - r) * s, (x + r) * s, (y + r) * s), fill=colour)

    def rects(self, boxes: Sequence[tuple[float, float, float, float]], colour: str) -> None:
        """Fill many boxes ``(x, y, width, height)``."""
        pen, s = ImageDraw.Draw(self.image), SCALE
        for x, y, w, h in boxes:
            pen.rectangle((x * s, y * s, (x + w) * s, (y + h) * s), fill=rgb(colour))

    def glow(self, centre: Point, radius: float, colour: str, strength: float = 1) -> None:
        """Add a soft round light."""
        r = round(radius * SCALE)
        ball = Image.radial_gradient("L").resize((2 * r, 2 * r))
        fade = [max(0.0, 1 - v / RIM) ** 2 for v in range(256)]
        ball = ball.point([round(255 * strength * share) for share in fade])
        mask = Image.new("L", self.size)
        mask.paste(ball, (round(centre[0] * SCALE) - r, round(centre[1] * SCALE) - r))
        light = Image.new("RGB", self.size)
        light.paste(rgb(colour), (0, 0), mask)
        self.image = ImageChops.screen(self.image, light)

    def soft(self, points: Sequence[Point], colour: str, blur: float, alpha: float) -> None:
        """Fill a polygon with blurred edges: mist, beams, the Milky Way."""
        mask = Image.new("L", (WIDTH // 2, HEIGHT // 2))
        ImageDraw.Draw(mask).polygon([(x / 2, y / 2) for x, y in points], fill=round(255 * alpha))
        mask = mask.filter(ImageFilter.GaussianBlur(blur / 2)).resize(self.size)
        self._through(mask, colour, colour)

    def beam(
        self, source: Point, a: Point, b: Point, colour: str, blur: float, alpha: float
    ) -> None:
        """Spread light from a point towards the line ``a`` to ``b``, fading as it goes."""
        x, y = source
        steps = 14
        for step in range(1, steps + 1):
            reach = step / steps
            ends = [(x + (px - x) * reach, y + (py - y) * reach) for px, py in (a, b)]
            self.soft([source, *ends], colour, blur * (0.3 + 1.6 * reach), alpha / steps)

    def clouds(self, y: float, size: float, top: str, bottom: str) -> None:
        """Lay a bank of rounded cloud from ``y`` down."""
        mask = Image.new("L", self.size)
        pen, s = ImageDraw.Draw(mask), SCALE
        pen.rectangle((0, (y + size * 0.5) * s, WIDTH * s, (y + size * 2.6) * s), fill=255)
        x = -size
        while x < WIDTH + size:
            rx, ry = size * self.rng.uniform(0.7, 2.1), size * self.rng.uniform(0.35, 0.8)
            low = y + size * 0.55
            pen.ellipse(((x - rx) * s, (low - ry) * s, (x + rx) * s, (low + ry) * s), fill=255)
            x += rx * 0.8
        self._through(mask.filter(ImageFilter.GaussianBlur(1.5 * s)), top, bottom)

    def ridge(self, base: float, height: float, rough: float, steps: int = 9) -> list[Point]:
        """Return a hill line across the whole width by midpoint displacement."""
        heights = [self.rng.uniform(-1, 1) for _ in range(3)]
        reach = 1.0
        for _ in range(steps):
            reach *= rough
            wider: list[float] = []
            for a, b in pairwise(heights):
                wider += [a, (a + b) / 2 + self.rng.uniform(-reach, reach)]
            heights = [*wider, heights[-1]]
        step = WIDTH / (len(heights) - 1)
        return [(i * step, base - height * h) for i, h in enumerate(heights)]

    def hill(self, line: Sequence[Point], top: str, bottom: str) -> None:
        """Fill everything below a hill line."""
        self.shape([*line, (WIDTH, HEIGHT), (0, HEIGHT)], top, bottom)

    def firs(self, line: Sequence[Point], size: float, colour: str, every: int = 2) -> None:
        """Stand fir trees of varied height along a line."""
        pen, s = ImageDraw.Draw(self.image), SCALE
        for x, y in line[::every]:
            tall = size * self.rng.uniform(0.5, 1.25)
            wide, foot = tall * 0.22, y + size * 0.3
            for tier in range(3):
                top = foot - tall * (1 - tier * 0.24)
                low = foot - tall * (0.55 - tier * 0.26)
                half = wide * (0.5 + tier * 0.28)
                corners = [(x, top), (x - half, low), (x + half, low)]
                pen.polygon([(px * s, py * s) for px, py in corners], fill=rgb(colour))

    def save(self, name: str) -> None:
        """Reduce, add a little paper grain and write a JPEG."""
        image = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        grain = Image.frombytes("L", image.size, self.rng.randbytes(WIDTH * HEIGHT))
        grain = grain.filter(ImageFilter.GaussianBlur(0.7))
        grain = grain.point([round(128 + (v - 128) * 0.17) for v in range(256)])
        image = ImageChops.overlay(image, grain.convert("RGB"))
        image.save(MEDIA / f"{name}.jpg", quality=82, optimize=True, progressive=True)

    def _through(self, mask: Image.Image, top: str, bottom: str) -> None:
        box = mask.getbbox()
        if box is None:
            return
        size = (box[2] - box[0], box[3] - box[1])
        paint = gradient(size, [(0, top), (1, bottom)])
        self.image.paste(paint, box[:2], mask.crop(box))


def ferry_dusk() -> None:
    """Draw a ferry coming into harbour at dusk."""
    x: float
    y: float
    scene = Scene(7, ramp("0 1b2145, 0.25 43356b, 0.43 a9506b, 0.54 ef8d5c, 0.6 f9c97f, 1 f9c97f"))
    rng, horizon, sun = scene.rng, 540, 1010
    scene.glow((sun, 520), 560, "ff9d5c", 0.75)
    scene.ellipse((sun, 505), 58, 58, "fff0c4")
    for y, x, w in ((318, 250, 380), (352, 420, 300), (275, 1120, 340), (408, 1190, 300)):
        band = [(x, y), (x + w * 0.3, y - 9), (x + w * 0.7, y - 6), (x + w, y), (x + w / 2, y + 6)]
        scene.soft(band, "f6a77c", 4, 0.55)
    for base, height, colour, low in ((505, 42, "a85d72", "c9786f"), (528, 34, "6d3f66", "8b4d6a")):
        line = scene.ridge(base, height, 0.5)
        scene.shape([*line, (WIDTH, horizon), (0, horizon)], colour, low)
    sea = gradient(
        (WIDTH * SCALE, (HEIGHT - horizon) * SCALE),
        ramp("0 e9966a, 0.14 a75c6d, 0.5 4a3763, 1 1a1d3d"),
    )
    scene.image.paste(sea, (0, horizon * SCALE))
    for _ in range(520):  # glints, denser and finer towards the sun and the horizon
        y = horizon + 3 + (HEIGHT - horizon) * rng.random() ** 1.7
        depth = (y - horizon) / (HEIGHT - horizon)
        x = sun + rng.gauss(0, 45 + 210 * depth)
        length = rng.uniform(8, 26) * (0.6 + 2.2 * depth)
        scene.rects(
            [(x - length / 2, y, length, 0.8 + 1.6 * depth)],
            rng.choice(("ffd9a0", "f7ae78", "d87f6e")),
        )

    # The headland and its lighthouse.
    cape = pts("1230,546 1300,520 1372,486 1420,452 1500,440 1560,425 1600,420 1600,546")
    scene.shape(cape, "3a2850", "2a2046")
    scene.glow((1462, 338), 190, "ffd98f", 0.85)
    scene.beam((1462, 339), (640, 226), (640, 330), "ffe3ac", 10, 0.75)
    scene.shape(pts("1449,446 1454,352 1470,352 1475,446"), "f3d7c0", "b98a8f")
    for y in (376, 412):
        scene.shape([(1452, y), (1472, y), (1473, y + 14), (1451, y + 14)], "a8434f")
    scene.rects([(1450, 349, 24, 4)], "2a2046")
    scene.rects([(1455, 329, 14, 20)], "fff3c9")
    scene.shape(pts("1452,330 1462,317 1472,330"), "2a2046")

    # The ferry, and its reflection as a darkened streak.
    x0 = 330
    scene.soft(pts("15,622 560,622 520,700 70,700", x0), "211f45", 12, 0.75)
    hull = pts("-12,560 596,552 560,622 24,622", x0)
    scene.shape(hull, "2c3563", "161a38")
    scene.shape(pts("14,608 568,607 560,622 24,622", x0), "b24a4f", "7c2f45")
    scene.shape(pts("10,560 18,526 516,522 552,553", x0), "fbe9d2", "d9b3a6")
    scene.shape(pts("52,526 58,492 470,488 500,523", x0), "f6dcc4", "d5aa9f")
    scene.shape(pts("330,489 336,458 430,456 456,488", x0), "fbe9d2", "dcb5a6")
    scene.shape(pts("150,492 162,424 224,422 232,491", x0), "b24a4f", "7c2f45")
    scene.shape(pts("160,437 162,424 224,422 226,436", x0), "1c2043")
    scene.line([(x0 + 380, 457), (x0 + 380, 410)], 4, "2c2950")
    scene.line([(x0 + 366, 426), (x0 + 394, 426)], 3, "2c2950")
    scene.soft(pts("170,420 215,420 60,372 -130,352 -60,382", x0), "5c4168", 14, 0.6)
    lit = [(x0 + 44 + i * 23.5, 537, 13, 10) for i in range(20)]
    lit += [(x0 + 82 + i * 23.5, 502, 13, 10) for i in range(16)]
    scene.rects(lit, "ffb648")
    scene.rects([(x0 + 344, 466, 88, 11)], "ffcf73")
    scene.rects([(x0 + 40 + i * 48, 578, 9, 9) for i in range(11)], "f4a75a")
    scene.glow((x0 + 290, 530), 330, "ff9c4a", 0.3)
    for i in range(60):
        y = 632 + i * 1.8 + rng.uniform(-3, 3)
        x = x0 + 60 + rng.random() * 460
        scene.rects([(x, y, rng.uniform(10, 40), 1.6)], rng.choice(("f0a35c", "b96a5f", "6b4765")))
    scene.soft(pts("556,616 640,626 556,628", x0), "ffe9d0", 5, 0.8)
    scene.soft(pts("20,617 -150,625 20,628", x0), "ffe9d0", 5, 0.6)

    # The quay in front, with bollards, a lamp and somebody waiting.
    scene.shape(pts("0,800 690,806 760,822 770,900 0,900"), "14152e", "0c0d20")
    scene.shape(pts("0,796 690,802 760,818 690,812 0,808"), "54406a", "3b3058")
    for x in (180, 420, 640):
        scene.shape([(x - 15, 806), (x - 11, 776), (x + 11, 776), (x + 15, 806)], "14152e")
        scene.ellipse((x, 775), 18, 6, "2a2747")
    scene.line(pts("90,806 90,588 100,576 132,574"), 7, "14152e")
    scene.shape(pts("114,574 146,574 152,588 108,588"), "14152e")
    scene.glow((130, 596), 170, "ffcf7a", 0.8)
    scene.ellipse((130, 589), 14, 5, "fff2c8")
    scene.ellipse((300, 706), 13, 14, "14152e")
    scene.shape(pts("282,724 300,716 318,724 326,782 274,782"), "14152e")
    scene.rects([(286, 780, 11, 26), (303, 780, 11, 26)], "14152e")
    scene.shape(pts("336,806 336,766 366,766 366,806"), "1b1a38")
    scene.line(pts("343,767 343,757 359,757 359,767"), 3, "1b1a38")
    for x, y, w in ((770, 330, 22), (838, 300, 16), (712, 286, 13), (880, 352, 12)):
        wing = [
            (x - w, y - w * 0.35),
            (x - w * 0.45, y - w * 0.5),
            (x, y),
            (x + w * 0.45, y - w * 0.5),
            (x + w, y - w * 0.35),
        ]
        scene.line(wing, 2.6, "33274f")
    scene.save("ferry-dusk")


def ostrey_dam() -> None:
    """Draw a dam between wooded hills in morning light."""
    x: float
    y: float
    scene = Scene(21, ramp("0 8fc3c4, 0.28 c9dcc6, 0.45 f6e3b8, 1 f6e3b8"))
    rng = scene.rng
    scene.glow((420, 210), 430, "fff0b8", 0.6)
    scene.ellipse((420, 222), 46, 46, "fffbe6")
    for base, height, top, low in (
        (300, 90, "a3c4b9", "cfdcc0"),
        (350, 70, "7daaa1", "adc7b0"),
        (392, 50, "55887f", "86ab96"),
    ):
        line = scene.ridge(base, height, 0.52)
        scene.hill(line, top, low)
    scene.firs(line, 15, "4d8078", every=3)

    # The lake, which holds the sky.
    lake = gradient((WIDTH * SCALE, 150 * SCALE), ramp("0 e9e2bd, 0.35 a9cfc4, 1 4f9c9c"))
    scene.image.paste(lake, (0, 425 * SCALE))
    for _ in range(170):
        y = 428 + 130 * rng.random() ** 1.4
        x, w = rng.uniform(300, 1300), rng.uniform(14, 90)
        scene.rects([(x, y, w, 1.1)], rng.choice(("f3eccb", "c4ddcb", "79b3ad")))

    def curve(y: float, dip: float, left: float, right: float) -> list[Point]:
        """Return the arc of the dam at one level."""
        steps = [i / 60 for i in range(61)]
        return [(left + (right - left) * t, y + dip * math.sin(math.pi * t)) for t in steps]

    crest, foot = curve(520, 46, 380, 1220), curve(838, 12, 640, 960)
    scene.shape([*crest, *reversed(foot)], "e6dcc0", "8a9488")
    # Shade the half that is turned from the sun, then mark the lifts and joints in the concrete.
    scene.shape([*crest[34:], *reversed(foot[34:])], "7b8a84", "4d6362", 0.45)
    for level in range(1, 8):
        t = level / 8
        seam = [
            (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
            for a, b in zip(crest, foot, strict=True)
        ]
        scene.line(seam, 1.4, "6f7d76", 0.5)
    for i in range(4, 60, 4):
        scene.line([crest[i], foot[i]], 1.4, "6f7d76", 0.5)
    for i, w in ((26, 15), (30, 18), (34, 15)):  # three open gates
        (x, y), (bx, by) = crest[i], foot[i]
        scene.shape(
            [(x - w, y + 18), (x + w, y + 18), (bx + w * 0.8, by), (bx - w * 0.8, by)],
            "ffffff",
            "d9ece6",
            0.92,
        )
        scene.rects([(x - w, y + 8, 2 * w, 14)], "35534f")
    wall = [(x, y - 13) for x, y in crest]
    scene.shape([*wall, *[(x, y + 8) for x, y in reversed(crest)]], "fbf3d9", "d9cfb2")
    scene.line([(x, y + 8) for x, y in crest], 2.5, "7e8a80", 0.9)
    scene.rects([(x - 1, y - 34, 2, 22) for x, y in crest[6:56:7]], "45635e")
    scene.dots([(x, y - 34, 3, rgb("45635e")) for x, y in crest[6:56:7]])
    for i in (20, 22):  # two riders on the road along the top
        x, y = crest[i]
        scene.dots([(x - 5, y - 17, 4, rgb("24413f")), (x + 6, y - 17, 4, rgb("24413f"))])
        scene.line([(x - 3, y - 23), (x + 4, y - 31), (x + 8, y - 23)], 4, "c8553d")
        scene.dots([(x + 6, y - 35, 3.4, rgb("24413f"))])

    # The valley sides, with firs, and the road that climbs the right-hand one.
    left = pts("0,330 120,372 240,430 330,478 400,520 470,610 560,720 650,830 690,900 0,900")
    right = pts(
        "1600,300 1500,352 1390,420 1290,470 1205,512 1140,600 1050,716 960,826 915,900 1600,900"
    )
    scene.shape(left, "3f7467", "1f4a49")
    scene.shape(right, "346a60", "1a4243")
    bends: list[Point] = [(1212, 519)]
    for turn, (near_side, far_side, y) in enumerate(
        (
            (1262, 1400, 546),
            (1228, 1452, 594),
            (1274, 1490, 650),
            (1196, 1530, 716),
            (1240, 1570, 796),
        )
    ):
        drop = 10 + turn * 3
        bends += [
            (far_side, y),
            (far_side + 16, y + drop),
            (near_side, y + drop * 2),
            (near_side - 16, y + drop * 3),
        ]
    bends.append((1600, 872))
    for _ in range(3):  # round the corners off by cutting them
        cut = [bends[0]]
        for (ax, ay), (bx, by) in pairwise(bends):
            cut += [
                (ax * 0.8 + bx * 0.2, ay * 0.8 + by * 0.2),
                (ax * 0.2 + bx * 0.8, ay * 0.2 + by * 0.8),
            ]
        bends = [*cut, bends[-1]]
    track = [
        (ax + (bx - ax) * i / 12, ay + (by - ay) * i / 12)
        for (ax, ay), (bx, by) in pairwise(bends)
        for i in range(12)
    ]
    scene.line([(x, y + 4) for x, y in bends], 7, "12383a", 0.7)
    scene.line(bends, 6.5, "f0e3bd")
    edge = sorted([*left[:9], *right[:9]])
    stands = [(rng.uniform(0, WIDTH), rng.uniform(330, 900)) for _ in range(2600)]
    for x, y in sorted(stands, key=lambda stand: stand[1]):
        brow = next(
            ay + (by - ay) * (x - ax) / (bx - ax)
            for (ax, ay), (bx, by) in pairwise(edge)
            if ax <= x <= bx
        )
        on_road = any(abs(x - rx) < 11 and -5 < y + 6 - ry < 26 + y * 0.012 for rx, ry in track)
        if y > brow - 2 and not 660 < x < 950 and not on_road:
            shade = mix(rgb("4b8576"), rgb("123436"), min(1, max(0, (y - 360) / 460)))
            scene.firs(
                [(x, y)], 22 + max(0, y - 400) * 0.055, "{:02x}{:02x}{:02x}".format(*shade), 1
            )
    scene.shape(pts("655,842 945,842 1010,900 590,900"), "d9ece6", "5aa3a3", 0.85)
    scene.soft(pts("690,812 910,812 950,868 650,868"), "f7faf0", 26, 0.9)
    near = [(x, y + 10) for x, y in scene.ridge(868, 22, 0.5)]
    scene.hill(near, "12383a", "0b2729")
    scene.firs([p for p in near if not 560 < p[0] < 1040], 84, "0e2e31", every=9)
    scene.save("ostrey-dam")


def observatory_stars() -> None:
    """Draw an observatory above a sea of cloud, with a comet."""
    x: float
    y: float
    scene = Scene(44, ramp("0 070b1f, 0.35 10224a, 0.6 1f4a72, 0.74 4f8591, 0.82 d9a86c, 1 d9a86c"))
    rng = scene.rng
    scene.soft(
        pts("-80,520 420,260 900,60 1180,-60 1420,-60 1000,170 520,400 60,640"), "7d8fc4", 90, 0.42
    )
    scene.soft(pts("120,480 560,270 1000,60 1200,-20 980,120 560,330"), "c9b8e0", 50, 0.26)
    scene.soft(pts("330,400 620,270 820,165 640,290"), "0b1836", 22, 0.45)
    stars = []
    for _ in range(1500):
        x, y = rng.uniform(0, WIDTH), 640 * rng.random() ** 1.15
        if rng.random() < 0.42:  # crowd some of them along the Milky Way
            t = rng.random()
            x, y = 1300 * t + rng.gauss(0, 60), 560 - 600 * t + rng.gauss(0, 48)
        size = 0.45 + rng.paretovariate(2.6) * 0.32
        tint = mix(
            rgb("8fa6d6"), rng.choice((rgb("ffffff"), rgb("ffe6bf"), rgb("cfe2ff"))), rng.random()
        )
        stars.append((x, y, min(size, 2.6), tint))
    scene.dots(stars)
    for x, y, r, _ in sorted(stars, key=lambda star: -star[2])[:14]:
        scene.glow((x, y), 9 + r * 5, "bcd0ff", 0.55)

    # The comet, its tail streaming away from the sun below the horizon.
    head = (1208, 262)
    scene.beam(head, (1560, -10), (1640, 60), "9fc0ec", 14, 0.95)
    scene.beam(head, (1470, 26), (1500, 52), "f2f7ff", 6, 1)
    scene.glow(head, 60, "d8ecff", 1)
    scene.dots([(*head, 5, (255, 255, 255))])

    scene.hill(scene.ridge(640, 40, 0.6), "35647e", "a9967d")
    scene.clouds(672, 26, "dcc6a2", "8f8f92")
    scene.hill(scene.ridge(706, 52, 0.6), "1f4462", "58708a")
    scene.clouds(732, 38, "e9d7b8", "8493a3")
    scene.clouds(782, 50, "d5cec4", "5f7893")
    scene.clouds(840, 60, "a9b6c2", "35506f")

    # The summit and the buildings on it.
    summit = pts(
        "60,900 190,806 260,786 340,716 420,668 470,640 760,636 "
        "800,652 860,700 930,742 980,790 1100,838 1180,900"
    )
    jagged = [(x + rng.uniform(-8, 8), y + rng.uniform(-4, 6)) for x, y in summit]
    scene.shape(jagged, "13233f", "070d1e")
    facet = pts("470,642 420,670 398,720 300,800 262,900 420,900 505,760")
    scene.shape(facet, "22395a", "0c1730", 0.8)
    scene.shape(pts("690,638 706,720 664,800 720,900 860,900 778,744"), "1b3050", "0b142b", 0.7)
    cx, cy, r = 600, 516, 112
    scene.glow((cx + 20, cy - 50), 330, "ffb25e", 0.42)
    scene.rects([(cx - 104, cy, 208, 128)], "8fa0b4")
    scene.shape(pts("-104,0 104,0 104,128 -104,128", cx, cy), "b9c3cc", "4c607c")
    arc = [
        (cx + r * math.cos(math.radians(a)), cy - r * math.sin(math.radians(a))) for a in range(181)
    ]
    scene.shape(arc, "f3f1e8", "9fb0c0")
    for step in range(7):  # turn the drum and the dome away from the light
        part = -0.1 + step * 0.14
        x = cx + 104 * part
        scene.shape(
            [(x, cy), (cx + 104, cy), (cx + 104, cy + 128), (x, cy + 128)], "3a4c6c", alpha=0.2
        )
        inner = [
            (cx + r * part * math.cos(math.radians(a)), cy - r * math.sin(math.radians(a)))
            for a in range(90, -1, -2)
        ]
        scene.shape([*arc[:91], *inner], "4a608a", alpha=0.17)
    for turn in (-0.72, -0.38, 0.78):  # panel seams
        seam = [
            (cx + r * turn * math.cos(math.radians(a)), cy - r * math.sin(math.radians(a)))
            for a in range(0, 91, 3)
        ]
        scene.line(seam, 1.2, "71869f", 0.7)
    slit = [
        (cx + r * f * math.cos(math.radians(a)), cy - r * 1.005 * math.sin(math.radians(a)))
        for f, angles in ((0.12, range(18, 91, 4)), (0.44, range(90, 17, -4)))
        for a in angles
    ]
    scene.shape(slit, "ffd48a", "e8853f")
    scene.line([(cx + 26, cy - 44), (cx + 44, cy - 92)], 15, "263a58")
    scene.rects([(cx - 120, cy - 6, 240, 13)], "dfe3e2")
    scene.rects([(cx - 120, cy + 5, 240, 4)], "41567a")
    scene.rects([(cx - 78, cy + 52, 22, 76)], "2b3d5b")
    scene.rects([(cx - 30, cy + 44, 26, 20)], "ffcf85")
    scene.shape(pts("104,62 226,62 226,130 104,130", cx, cy), "6a7c94", "2d4060")
    scene.rects([(cx + 98, cy + 54, 134, 9)], "c5ccd0")
    scene.rects([(cx + 124, cy + 82, 22, 18), (cx + 158, cy + 82, 22, 18)], "ffcf85")
    scene.line([(cx + 200, cy + 56), (cx + 200, cy - 8)], 2.5, "8796aa")
    scene.dots([(cx + 200, cy - 8, 3, rgb("ff6b57"))])
    scene.save("observatory-stars")


def stadium_final() -> None:
    """Draw a floodlit football ground from the back of the crowd."""
    x: float
    y: float
    scene = Scene(91, ramp("0 12122c, 0.16 2a2257, 0.28 6b3a75, 0.37 d26f7c, 1 d26f7c"))
    rng = scene.rng
    scene.dots(
        [
            (rng.uniform(0, WIDTH), 190 * rng.random(), rng.uniform(0.6, 1.4), rgb("b9b4e0"))
            for _ in range(70)
        ]
    )
    scene.hill(scene.ridge(318, 26, 0.5), "5a3468", "5a3468")

    # The roof and tiers of the stand opposite.
    scene.shape(pts("60,330 1540,330 1600,352 1600,470 0,470 0,352"), "2a2450", "1d1a3d")
    scene.shape(pts("40,322 1560,322 1600,340 1600,352 0,352 0,340"), "5c4a86", "3c3264")
    scene.rects([(x, 352, 4, 46) for x in range(80, 1600, 144)], "4b3d74")
    for i, x in enumerate(range(300, 1320, 80)):
        scene.line([(x, 324), (x, 282)], 2.5, "2a2450")
        scene.shape([(x, 282), (x + 34, 290), (x, 299)], ("f2b84b", "e8dfe6", "b23a55")[i % 3])
    crowd = []
    for row in range(13):
        y = 366 + row * 6.6
        for col in range(236):
            x = col * 6.8 + (row % 2) * 3.4 + rng.uniform(-1, 1)
            home = 0.5 + 0.5 * math.tanh((x - 1290) / 30)  # away supporters in a block on the right
            pool = (
                ("f2b84b", "d9963a", "e8d9b0")
                if rng.random() < home
                else ("7a4c7f", "d8566a", "4a4478", "efe0e6")
            )
            crowd.append(
                (x, y, 2.3, mix(rgb(rng.choice(pool)), rgb("241f49"), rng.uniform(0.15, 0.7)))
            )
    scene.dots(crowd)
    scene.rects([(0, 448, WIDTH, 14)], "f0e6d2")
    for x in range(0, WIDTH, 160):
        scene.rects([(x, 448, 76, 14)], rng.choice(("c8425a", "2f6f73", "24305e", "e3a53c")))

    # The pitch in perspective, mown in stripes that meet at a vanishing point.
    def at(across: float, depth: float) -> Point:
        """Map pitch coordinates (-1..1, 0 far .. 1 near) to the picture."""
        y = 462 + 318 * depth**1.25
        return 800 + across * (610 + 270 * depth**1.25), y

    scene.shape([at(-1.5, 0), at(1.5, 0), at(1.5, 1.3), at(-1.5, 1.3)], "2f7d57", "1b5b45")
    for i in range(-9, 9, 2):
        a, b = i / 9, (i + 1) / 9
        scene.shape([at(a, 0), at(b, 0), at(b, 1.3), at(a, 1.3)], "4ba56b", "2a7a54", 0.8)
    chalk, faint = "eaf5dc", 0.9
    for path, width in (
        ([at(-0.97, 0.06), at(0.97, 0.06)], 2.5),
        ([at(-0.97, 0.06), at(-0.97, 1.2)], 3.5),
        ([at(0.97, 0.06), at(0.97, 1.2)], 3.5),
        ([at(0, 0.06), at(0, 1.2)], 3.5),
        ([at(-0.97, 0.28), at(-0.7, 0.28), at(-0.7, 0.88), at(-0.97, 0.88)], 3),
        ([at(0.97, 0.28), at(0.7, 0.28), at(0.7, 0.88), at(0.97, 0.88)], 3),
    ):
        scene.line(path, width, chalk, faint)
    ring = [
        at(0.19 * math.cos(t / 40 * math.tau), 0.55 + 0.23 * math.sin(t / 40 * math.tau))
        for t in range(42)
    ]
    scene.line(ring, 3, chalk, faint)
    scene.ellipse(at(0, 0.55), 6, 3, chalk)
    for side in (-1, 1):  # the goals
        near, far = at(side * 0.97, 0.7), at(side * 0.97, 0.44)
        back = side * 34
        frame = [near, (near[0], near[1] - 74), (far[0], far[1] - 60), far]
        scene.shape(
            [frame[1], frame[2], (far[0] + back, far[1] - 46), (near[0] + back, near[1] - 56)],
            "ffffff",
            alpha=0.22,
        )
        scene.shape(
            [frame[2], far, (far[0] + back, far[1]), (far[0] + back, far[1] - 46)],
            "ffffff",
            alpha=0.25,
        )
        scene.line(frame, 5, "ffffff")
    shirts = {"a": "f6b93b", "w": "f3eef2"}
    team = "-.62,.3,a -.5,.62,w -.3,.42,a -.24,.78,w .1,.3,w .17,.62,a .33,.44,w .38,.82,a"
    team += " .6,.55,w .66,.34,a -.8,.52,w .9,.6,a"
    for player in team.split():
        side_on, down, shirt = player.split(",")
        across, depth = float(side_on), float(down)
        x, y = at(across, depth)
        k, lean = 0.85 + 0.65 * depth, rng.uniform(-5, 5)
        scene.soft(
            [(x, y - 2), (x + 46 * k, y + 6), (x + 40 * k, y + 11), (x - 2, y + 3)],
            "0d3a30",
            4,
            0.6,
        )
        scene.line([(x - 6 * k, y), (x - 1, y - 20 * k), (x + 7 * k, y - 1)], 5 * k, "1d1a3d")
        scene.line([(x, y - 20 * k), (x + lean, y - 40 * k)], 12 * k, shirts[shirt])
        scene.dots([(x + lean * 1.2, y - 49 * k, 5.2 * k, rgb("3b2740"))])
    scene.ellipse((at(0.26, 0.6)[0], at(0.26, 0.6)[1] - 4), 6, 6, "ffffff")

    # Floodlights, with beams and haze.
    for x in (176, 1424):
        scene.line([(x, 335), (x, 120)], 8, "120f2b")
        scene.line([(x - 14, 335), (x, 200), (x + 14, 335)], 3, "120f2b")
        scene.shape([(x - 68, 70), (x + 68, 70), (x + 62, 134), (x - 62, 134)], "1a1738")
        middle = 800 + (800 - x) * 0.1
        scene.beam((x, 100), (middle - 460, 760), (middle + 460, 760), "fff6dc", 30, 0.5)
        scene.dots(
            [(x - 50 + c * 25, 84 + r * 18, 8, rgb("fffbe8")) for c in range(5) for r in range(3)]
        )
        scene.glow((x, 100), 330, "ffeec2", 0.95)
    scene.soft(pts("0,420 1600,420 1600,500 0,500"), "f5cfc0", 40, 0.16)

    # Heads, arms and scarves in front.
    pen, s = ImageDraw.Draw(scene.image), SCALE
    for base, size, colour in ((800, 25, "241d45"), (842, 32, "17132f"), (892, 40, "0d0b1f")):
        x = -30.0
        while x < WIDTH + 40:
            y, r = base + rng.uniform(-12, 12), size * rng.uniform(0.88, 1.08)
            fill = rgb(colour)
            pen.ellipse(
                ((x - r * 0.62) * s, (y - r) * s, (x + r * 0.62) * s, (y + r * 0.55) * s), fill=fill
            )
            pen.rounded_rectangle(
                ((x - r * 1.35) * s, (y + r * 0.5) * s, (x + r * 1.35) * s, 1000 * s),
                round(r * 0.9 * s),
                fill=fill,
            )
            pose = rng.random()
            if pose < 0.24:
                for side in (-1, 1):
                    arm = [
                        (x + side * r * 1.1, y + r * 0.9),
                        (x + side * r * 1.5, y - r * 0.4),
                        (x + side * r * 1.15, y - r * 1.9),
                    ]
                    scaled = [(px * s, py * s) for px, py in arm]
                    pen.line(scaled, fill=fill, width=round(r * 0.42 * s), joint="curve")
                    hx, hy = scaled[-1]
                    pen.ellipse(
                        (
                            hx - r * 0.26 * s,
                            hy - r * 0.26 * s,
                            hx + r * 0.26 * s,
                            hy + r * 0.26 * s,
                        ),
                        fill=fill,
                    )
                if pose < 0.13:  # a scarf held between the hands
                    top = y - r * 2.15
                    for stripe in range(6):
                        sx = x - r * 1.5 + stripe * r * 0.5
                        shade = rgb("e3a53c") if stripe % 2 else rgb("8d2f4b")
                        pen.rectangle(
                            (sx * s, top * s, (sx + r * 0.5) * s, (top + r * 0.6) * s), fill=shade
                        )
            x += size * rng.uniform(2.1, 2.9)
    scene.save("stadium-final")


def disc(pen: ImageDraw.ImageDraw, centre: Point, radius: float, colour: str) -> None:
    """Fill a circle on an avatar."""
    (x, y), r = centre, radius
    pen.ellipse((x - r, y - r, x + r, y + r), fill=rgb(colour))


def stroke(pen: ImageDraw.ImageDraw, points: Sequence[Point], width: int, colour: str) -> None:
    """Draw a line with round ends and joints on an avatar."""
    pen.line(list(points), fill=rgb(colour), width=width)
    for point in points:
        disc(pen, point, width / 2, colour)


def courier(pen: ImageDraw.ImageDraw) -> None:
    """A letter C that holds a harbour star."""
    pen.arc((124, 124, 644, 644), 40, 320, fill=rgb("fbf1de"), width=112)
    star = [
        (
            384 + (118 if i % 2 == 0 else 34) * math.sin(i * math.pi / 4),
            384 - (118 if i % 2 == 0 else 34) * math.cos(i * math.pi / 4),
        )
        for i in range(8)
    ]
    pen.polygon(star, fill=rgb("f0b64a"))


def wire(pen: ImageDraw.ImageDraw) -> None:
    """A letter W strung as a wire between two insulators."""
    stroke(pen, pts("150,236 272,540 384,300 496,540 618,236"), 70, "ffd23f")
    for x in (150, 618):
        disc(pen, (x, 236), 72, "ffd23f")
        disc(pen, (x, 236), 32, "17191f")


def radio(pen: ImageDraw.ImageDraw) -> None:
    """A letter V whose arms hold the waves of a transmitter."""
    stroke(pen, pts("176,212 384,592 592,212"), 88, "ffffff")
    for radius in (236, 372):
        box = (384 - radius, 560 - radius, 384 + radius, 560 + radius)
        pen.arc(box, 251, 289, fill=rgb("ffc6a8"), width=62)


def log(pen: ImageDraw.ImageDraw) -> None:
    """An island, and the lines of a notebook that are also the sea."""
    pen.pieslice((204, 156, 564, 516), 180, 360, fill=rgb("f7d46b"))
    for row, inset in ((408, 100), (500, 100), (592, 100)):
        wave = [
            (x, row + 17 * math.sin((x - inset) / (768 - 2 * inset) * math.tau * 2))
            for x in range(inset, 769 - inset, 4)
        ]
        stroke(pen, wave, 44, "f4f0e2")


def sextant(pen: ImageDraw.ImageDraw) -> None:
    """The frame, arc and index arm of a sextant."""
    apex, reach = (384, 150), 470
    foot = [
        (apex[0] + reach * math.cos(math.radians(a)), apex[1] + reach * math.sin(math.radians(a)))
        for a in (122, 78, 58)
    ]
    stroke(pen, [foot[0], apex, foot[2]], 52, "efe9ff")
    r = reach + 26
    pen.arc(
        (apex[0] - r, apex[1] - r, apex[0] + r, apex[1] + r), 56, 124, fill=rgb("efe9ff"), width=52
    )
    stroke(pen, [apex, foot[1]], 46, "ff8a5c")
    disc(pen, apex, 66, "ff8a5c")
    disc(pen, apex, 26, "2b1d5c")


AVATARS: dict[str, tuple[str, Callable[[ImageDraw.ImageDraw], None]]] = {
    "callport-courier": ("86202b", courier),
    "vessan-wire": ("17191f", wire),
    "radio-vess": ("d6492a", radio),
    "tarrow-log": ("175c55", log),
    "sextant": ("2b1d5c", sextant),
}


def main() -> None:
    """Draw everything."""
    (MEDIA / "avatars").mkdir(parents=True, exist_ok=True)
    for name, (ground, draw) in AVATARS.items():
        image = Image.new("RGB", (AVATAR * 4, AVATAR * 4), rgb(ground))
        draw(ImageDraw.Draw(image))
        small = image.resize((AVATAR, AVATAR), Image.Resampling.LANCZOS)
        small.save(MEDIA / "avatars" / f"{name}.png", optimize=True)
    for scene in (ferry_dusk, ostrey_dam, observatory_stars, stadium_final):
        scene()


if __name__ == "__main__":
    main()

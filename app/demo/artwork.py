"""Square pictures for the demo's shows, drawn by us: calm shapes in three colours."""

from io import BytesIO

from PIL import Image, ImageDraw

SIDE_PX = 1600


def steps(colours: tuple[str, str, str]) -> bytes:
    """Three rising steps and a sun, as PNG."""
    ground, shape, light = colours
    picture = Image.new("RGB", (SIDE_PX, SIDE_PX), ground)
    draw = ImageDraw.Draw(picture)
    for number in range(3):
        left = 200 + number * 420
        draw.rounded_rectangle((left, 1180 - number * 280, left + 380, 1400), 40, fill=shape)
    draw.ellipse((240, 240, 560, 560), fill=light)
    return _png(picture)


def ring(colours: tuple[str, str, str]) -> bytes:
    """Eight circles around an empty middle, as PNG."""
    ground, shape, light = colours
    picture = Image.new("RGB", (SIDE_PX, SIDE_PX), ground)
    draw = ImageDraw.Draw(picture)
    places = [
        (800, 320),
        (1140, 460),
        (1280, 800),
        (1140, 1140),
        (800, 1280),
        (460, 1140),
        (320, 800),
        (460, 460),
    ]
    for number, (x, y) in enumerate(places):
        radius = 150
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=light if number == 1 else shape)
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()

"""Pictures are recognised, turned upright, made small enough and freed of all that is not a picture."""

import struct
import zlib

import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from conversations.media import Kind, Refusal
from tests.media.samples import animation, encoded, photograph, picture, png_chunk, png_of_size

pillow_heif.register_heif_opener()

GPS = b"GPS-of-my-home"
SMALL_FRAME = b"\x2c\0\0\0\0\x02\0\x02\0\0\x02\x03\x44\x02\x05\0"
RED, BLUE = (200, 30, 30), (20, 40, 180)


def exif(orientation: int) -> bytes:
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010E] = GPS.decode()
    return made.tobytes()


def opened(out, made):
    """A picture that was made, checked against what is said about it."""
    image = Image.open(out / made.name)
    image.load()
    assert image.get_format_mimetype() == made.media_type
    assert image.size == (made.width, made.height)
    assert (out / made.name).stat().st_size == made.size
    return image


def is_near(pixel, colour, tolerance=12):
    return all(abs(one - other) <= tolerance for one, other in zip(pixel, colour, strict=False))


@pytest.mark.parametrize(
    ("format", "media_type", "extension"),
    [
        ("PNG", "image/png", "png"),
        ("JPEG", "image/jpeg", "jpg"),
        ("WEBP", "image/webp", "webp"),
        ("GIF", "image/gif", "gif"),
        ("BMP", "image/bmp", "bmp"),
        ("TIFF", "image/tiff", "tiff"),
        ("HEIF", "image/heic", "heic"),
        ("AVIF", "image/avif", "avif"),
    ],
)
def test_a_picture_is_what_its_bytes_say(inspect, out, format, media_type, extension):
    found = inspect(encoded(picture(), format), "invoice.pdf")
    assert (found.kind, found.media_type, found.extension) == (Kind.IMAGE, media_type, extension)
    assert (found.width, found.height) == (300, 200)
    assert (found.sendable is None) is (format in ("PNG", "JPEG", "WEBP"))
    shown = opened(out, found.sendable or found.thumbnail)
    assert is_near(shown.convert("RGB").getpixel((70, 100)), RED)
    assert is_near(shown.convert("RGB").getpixel((230, 100)), BLUE)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_it_is_turned_upright(inspect, out, format, orientation):
    upright = Image.new("RGB", (64, 48))
    for index, colour in enumerate([(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)]):
        upright.paste(
            colour, (32 * (index % 2), 24 * (index // 2), 32 + 32 * (index % 2), 24 + 24 * (index // 2))
        )
    lying = _laid(upright, orientation)
    found = inspect(encoded(lying, format, exif=exif(orientation)))
    assert (found.width, found.height) == (64, 48)
    assert found.sendable is not None
    shown = opened(out, found.sendable).convert("RGB")
    assert ImageOps.exif_transpose(shown).tobytes() == shown.tobytes()
    for point in [(12, 10), (50, 10), (12, 40), (50, 40)]:
        assert is_near(shown.getpixel(point), upright.getpixel(point), 40)


def _laid(upright, orientation):
    """As a camera stores it that writes this orientation."""
    undone = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    same = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        7: Image.Transpose.TRANSVERSE,
    }
    turn = (undone | same).get(orientation)
    return upright if turn is None else upright.transpose(turn)


def _with_metadata(format):
    if format == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_text("Comment", GPS.decode())
        return encoded(photograph(), format, pnginfo=told)
    if format == "JPEG comment":
        return encoded(photograph(), "JPEG", comment=GPS)
    if format == "XMP":
        return encoded(photograph(), "WEBP", xmp=GPS)
    return encoded(photograph(), format, exif=exif(1))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "HEIF", "AVIF", "JPEG comment", "XMP"])
def test_nothing_is_sent_that_the_camera_wrote_beside_the_picture(inspect, out, format):
    content = _with_metadata(format)
    assert GPS in content
    found = inspect(content)
    for made in (found.sendable, found.thumbnail):
        shown = opened(out, made)
        assert GPS not in (out / made.name).read_bytes()
        assert not shown.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & set(shown.info)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_what_stands_behind_a_picture_is_not_sent(inspect, out, format):
    found = inspect(encoded(photograph(), format) + b"PK\x03\x04<script>alert(1)</script>%PDF-1.7")
    assert found.sendable is not None
    assert b"script" not in (out / found.sendable.name).read_bytes()
    assert inspect(encoded(photograph(), format)).sendable is None


def test_a_thumbnail_inside_a_jpeg_is_not_sent(inspect):
    content = encoded(photograph((64, 48)), "JPEG")
    thumbnail = b"JFIF\0\x01\x01\0\0\x01\0\x01\x08\x08" + b"\xaa" * 192
    segment = b"\xff\xe0" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    assert inspect(content[:2] + segment + content[2:]).sendable is not None


def test_progressive_jpegs_are_fine_as_they_are(inspect):
    assert inspect(encoded(photograph(), "JPEG", progressive=True)).sendable is None


def test_large_pictures_are_made_smaller(inspect, out):
    found = inspect(encoded(photograph((1200, 700)), "JPEG"), image_side=500)
    assert (found.width, found.height) == (1200, 700)
    assert (found.sendable.width, found.sendable.height) == (500, 292)
    assert (found.thumbnail.width, found.thumbnail.height) == (480, 280)
    opened(out, found.sendable)
    opened(out, found.thumbnail)


def test_photographs_become_jpeg_and_drawings_png(inspect):
    assert inspect(encoded(photograph((900, 800)), "TIFF")).sendable.media_type == "image/jpeg"
    assert inspect(encoded(picture(), "TIFF")).sendable.media_type == "image/png"
    assert inspect(encoded(picture((900, 600))), image_side=600).sendable.media_type == "image/png"


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "GIF"])
def test_transparency_is_kept(inspect, out, format):
    image = picture(mode="RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 150, 200))
    found = inspect(encoded(image, format), image_side=200)
    assert found.sendable.media_type == "image/png"
    for made in (found.sendable, found.thumbnail):
        shown = opened(out, made).convert("RGBA")
        assert shown.getpixel((10, 10))[3] == 0
        assert shown.getpixel((made.width - 10, 10))[3] == 255


def test_an_alpha_channel_that_hides_nothing_is_dropped(inspect, out):
    found = inspect(encoded(picture(mode="RGBA")), image_side=200)
    assert opened(out, found.sendable).mode == "RGB"


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_sent(inspect, out, format):
    found = inspect(animation(format))
    shown = opened(out, found.sendable)
    assert found.sendable.media_type == "image/png"
    assert getattr(shown, "n_frames", 1) == 1
    assert is_near(shown.convert("RGB").getpixel((5, 5)), (255, 0, 0))


def test_thousands_of_frames_are_not_looked_at(inspect):
    header = b"GIF89a\x02\0\x02\0\x80\0\0\xff\0\0\0\0\xff"
    found = inspect(header + SMALL_FRAME * 200_000 + b";")
    assert (found.width, found.height) == (2, 2)


@pytest.mark.parametrize(
    ("format", "mode"),
    [
        *[("TIFF", mode) for mode in ("1", "L", "P", "CMYK", "LAB", "YCbCr", "LA", "RGBA", "I;16", "I", "F")],
        *[("PNG", mode) for mode in ("1", "L", "P", "LA", "I;16")],
        ("JPEG", "CMYK"),
        ("JPEG", "L"),
    ],
)
def test_odd_colour_modes_look_as_they_should(inspect, out, format, mode):
    base = Image.linear_gradient("L").resize((80, 60))
    if mode in ("I;16", "I"):
        image = Image.new(mode, base.size)
        image.putdata([value * 257 for value in base.get_flattened_data()])
    elif mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(srgb, lab, "RGB", "LAB")
        image = ImageCms.applyTransform(base.convert("RGB"), transform)
    else:
        image = base.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr") else base.convert(mode)
    found = inspect(encoded(image, format), image_side=60)
    shown = opened(out, found.sendable).convert("L")
    expected = (base.convert("1").convert("L") if mode == "1" else base).resize((60, 45))
    for y in (5, 40) if mode == "1" else (2, 12, 22, 32, 42):
        assert abs(_mean_of_row(shown, y) - _mean_of_row(expected, y)) < 15


def _mean_of_row(image, y):
    row = [image.getpixel((x, y)) for x in range(image.width)]
    return sum(row) / len(row)


def test_colours_of_another_profile_are_converted(inspect, out):
    # A profile with red and blue exchanged: what it calls red is blue.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    tags = [132 + 12 * index for index in range(count)]
    red, blue = (next(tag for tag in tags if profile[tag : tag + 4] == name) for name in (b"rXYZ", b"bXYZ"))
    profile[red + 4 : red + 12], profile[blue + 4 : blue + 12] = (
        profile[blue + 4 : blue + 12],
        profile[red + 4 : red + 12],
    )
    content = encoded(Image.new("RGB", (40, 30), (250, 0, 0)), "PNG", icc_profile=bytes(profile))
    shown = opened(out, inspect(content).sendable)
    assert is_near(shown.getpixel((5, 5)), (0, 0, 250), 20)


def test_a_broken_profile_costs_nothing_but_itself(inspect, out):
    found = inspect(encoded(picture(), "PNG", icc_profile=b"no profile at all"))
    assert is_near(opened(out, found.sendable).getpixel((20, 20)), RED)


@pytest.mark.parametrize("size", [(20_000, 1), (1, 20_000), (30_000, 7)])
def test_very_long_pictures_keep_a_pixel_of_height(inspect, out, size):
    found = inspect(encoded(Image.new("RGB", size, RED)))
    assert (found.width, found.height) == size
    assert max(opened(out, found.sendable).size) == 2048
    assert min(opened(out, found.thumbnail).size) >= 1


@pytest.mark.parametrize(
    "content",
    [
        png_of_size(60_000, 60_000),
        b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + b"\0\0\0" + SMALL_FRAME + b";",
        b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"
        + b"\xff\x3f\0" * 2
        + b"VP8L\x08\0\0\0/\xff\xff\xff\x0f\0\0\0\0",
        b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
        + b"\0" * 99,
    ],
    ids=["png", "gif", "webp", "bmp"],
)
def test_too_many_pixels_are_refused_by_the_header(refusal_of, content):
    assert refusal_of(content) == Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize("format", ["JPEG", "HEIF", "AVIF", "TIFF", "PNG", "WEBP", "GIF", "BMP"])
def test_the_limit_of_pixels_is_that_of_every_format(refusal_of, format):
    assert refusal_of(encoded(picture(), format), image_pixels=59_999) == Refusal.TOO_MANY_PIXELS


def test_a_frame_that_is_larger_than_its_picture_is_refused(refusal_of):
    header = b"GIF89a\x02\0\x02\0\x80\0\0\xff\0\0\0\0\xff"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 50_000, 50_000) + b"\0\x02\x03\x44\x02\x05\0"
    assert refusal_of(header + frame + b";") in (Refusal.TOO_MANY_PIXELS, Refusal.DAMAGED)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_chunks_that_unpack_to_a_flood_are_refused(refusal_of, kind):
    flood = zlib.compress(b"A" * 80_000_000, 9)
    heads = {b"zTXt": b"key\0\0", b"iTXt": b"key\0\x01\0\0\0", b"iCCP": b"name\0\0"}
    content = png_of_size(8, 8, png_chunk(kind, heads[kind] + flood), rows=b"\0\0" * 8)
    assert refusal_of(content) == Refusal.DAMAGED


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (0, 0)])
def test_pictures_without_pixels_are_damaged(refusal_of, size):
    assert refusal_of(png_of_size(*size)) == Refusal.DAMAGED


def test_a_picture_in_the_size_of_a_camera_is_taken(inspect, out):
    found = inspect(encoded(picture((4000, 3000)), "JPEG"), isolated=True)
    assert (found.width, found.height) == (4000, 3000)
    assert max(opened(out, found.sendable).size) == 2048
    assert found.sendable.size < 300_000

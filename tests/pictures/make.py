"""Small pictures of many kinds, and what Pillow makes of them: expected.json. Run in this folder, with Pillow and NumPy.

The pixels of "turned" are those of ImageOps.exif_transpose; those of scaled pictures of Image.resize(size, BILINEAR) with the sizes
and crops that torchvision's Resize and CenterCrop, Caffe's tools and Pillow's own ImageOps.pad compute."""
import json
import numpy as np
from PIL import Image, ImageOps

random = np.random.default_rng(4)
noise = random.integers(0, 256, (4, 6, 3)).astype(np.uint8)
small = Image.fromarray(noise)
smooth = small.resize((24, 16), Image.BICUBIC)
cases = []


def case(file, picture, resize=None, size=None, tolerance=0):
    pixels = np.asarray(picture.convert("RGB"))
    size = size or pixels.shape[:2]
    cases.append(dict(file=file, resize=resize, size=list(size), tolerance=tolerance, rgb=pixels.tobytes().hex()))


def save(file, picture, **options):
    picture.save(file, **options)
    return Image.open(file)


def exif(orientation):
    written = Image.Exif()
    written[274] = orientation
    return written


for orientation in range(1, 9):
    file = f"turned-{orientation}.png"
    case(file, ImageOps.exif_transpose(save(file, small, exif=exif(orientation))))
case("turned-6.jpg", ImageOps.exif_transpose(save("turned-6.jpg", smooth, quality=95, subsampling=0, exif=exif(6))), tolerance=2)
case("turned-9.jpg", save("turned-9.jpg", smooth, quality=95, subsampling=0, exif=exif(9)), tolerance=2)
case("cmyk.jpg", save("cmyk.jpg", smooth.convert("CMYK"), quality=95), tolerance=2)
case("grey.jpg", save("grey.jpg", smooth.convert("L"), quality=95), tolerance=2)
case("progressive.jpg", save("progressive.jpg", smooth, quality=95, subsampling=0, progressive=True), tolerance=2)
case("palette.png", save("palette.png", small.quantize(16)))
case("grey.png", save("grey.png", small.convert("L")))
case("two.png", save("two.png", small.convert("1")))
case("opaque.png", save("opaque.png", small.convert("RGBA")))
case("grey-opaque.png", save("grey-opaque.png", small.convert("LA")))
case("a.bmp", save("a.bmp", small))
case("a.ppm", save("a.ppm", small))
# Of 16 bits the higher eight: what Pillow takes of colours. (Of grey ones it clips to 255.)
wide = random.integers(0, 65536, (4, 6)).astype(np.uint16)
Image.fromarray(wide).save("wide.png")
case("wide.png", Image.fromarray((wide >> 8).astype(np.uint8)))

# Refused: transparent ones, and files that are cut.
transparent = np.dstack([noise, random.integers(0, 255, (4, 6, 1)).astype(np.uint8)])
Image.fromarray(transparent).save("refused-transparent.png")
small.quantize(16).save("refused-palette.png", transparency=3)
Image.open("grey.png").save("refused-grey.png", transparency=int(np.asarray(Image.open("grey.png"))[0, 0]))
whole = open("turned-6.jpg", "rb").read()
open("refused-cut.jpg", "wb").write(whole[: len(whole) * 2 // 3])
open("refused-end.jpg", "wb").write(whole[:-2])
whole = open("opaque.png", "rb").read()
open("refused-cut.png", "wb").write(whole[:-30])


def centre(picture, height, width):
    left, top = round((picture.width - width) / 2), round((picture.height - height) / 2)
    return picture.crop((left, top, left + width, top + height))


def shorter(picture, side):
    width, height = picture.size
    if width <= height:
        return picture.resize((side, int(side * height / width)), Image.BILINEAR)
    return picture.resize((int(side * width / height), side), Image.BILINEAR)


for name, (width, height) in {"wide-scene": (37, 23), "high-scene": (19, 45)}.items():
    scene = small.resize((width, height), Image.BICUBIC)
    scene = Image.fromarray((np.asarray(scene).astype(int) + random.integers(-20, 21, (height, width, 3))).clip(0, 255).astype(np.uint8))
    file = f"{name}.png"
    scene.save(file)
    case(file, scene.resize((50, 40), Image.BILINEAR), "stretch", (40, 50), 1)
    for h, w in ((7, 7), (14, 14)):
        case(file, scene.resize((w, h), Image.BILINEAR), "stretch", (h, w), 1)
        case(file, centre(shorter(scene, h), h, w), "crop", (h, w), 1)
        case(file, centre(shorter(scene, h * 8 // 7), h, w), "torchvision", (h, w), 1)
        case(file, ImageOps.pad(scene, (w, h), Image.BILINEAR, color=0), "fit", (h, w), 1)
    case(file, centre(shorter(scene, 17), 14, 14), "crop:17", (14, 14), 1)
    case(file, centre(scene.resize((17, 17), Image.BILINEAR), 14, 14), "stretch:17", (14, 14), 1)
    case(file, centre(scene.resize((18, 18), Image.BILINEAR), 14, 11), "stretch:18", (14, 11), 1)
    case(file, ImageOps.pad(scene, (20, 9), Image.BILINEAR, color=0), "fit", (9, 20), 1)

with open("expected.json", "w") as out:
    out.write("[\n " + ",\n ".join(json.dumps(one) for one in cases) + "\n]\n")

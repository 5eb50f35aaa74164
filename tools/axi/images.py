"""Test images, the beats that they are on the input stream, and what the simulator of the planner says of them."""

import json
import pathlib
import random
import subprocess


def pixels(plan, seed):
    """A grey picture of the plan's size: random blocks, so that neighbours are alike as in pictures."""
    rng = random.Random(seed)
    height, width = plan["input"]["height"], plan["input"]["width"]
    blocks = [[rng.randrange(256) for _ in range(width // 4 + 1)] for _ in range(height // 4 + 1)]
    return [[min(255, blocks[y // 4][x // 4] // 2 + rng.randrange(128)) for x in range(width)] for y in range(height)]


def write(path, picture):
    """Writes the picture as a PPM file, of three equal colours."""
    header = f"P6\n{len(picture[0])} {len(picture)}\n255\n".encode()
    path.write_bytes(header + bytes(value for row in picture for value in row for _ in range(3)))


def stream(plan, picture):
    """The bytes of the input stream: tile after tile, plane after plane, a byte a lane, padded to beats; see docs/machine.md, Input."""
    source, rows, beat = plan["input"], plan["geometry"]["rows"], plan["geometry"]["in_bytes"]
    down, across, pitch = source["stride_y"], source["stride_x"], source["pitch"]
    result = bytearray()
    for tile in range(source["tiles"]):
        for plane in range(source["channels"]):
            for pixel in range(tile * rows, tile * rows + rows):
                y, x = pixel // pitch * down + plane // across, pixel % pitch * across + plane % across
                there = y < source["height"] and x < source["width"]
                result.append(picture[y][x] if there else 0)
            result += bytes(-rows % beat)
    return bytes(result)


def sums(systole, build, files):
    """The class sums of images, as `systole simulate` says."""
    command = [systole, "simulate", str(build), "--json", *(word for file in files for word in ("--image", str(file)))]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [image["sums"] for image in json.loads(said)["images"]]


def plan_of(build):
    plan = json.loads((pathlib.Path(build) / "plan.json").read_text(encoding="utf-8"))
    if plan["input"]["image_channels"] != 1 or plan["encoding"]["lut"] is not None:
        raise SystemExit("axi: only networks of grey pictures without a table of their codes")
    return plan

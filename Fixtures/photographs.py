"""Makes photographs of MNIST's test digits, to see how many of them `predict` reads (README.md beside this file).

    environment/bin/python Fixtures/photographs.py MNIST_DIR FOLDER [--count 200] [--seed 1]

The names say what disturbs a picture and what it shows: FOLDER/012-lined-7.jpg. Equal seeds give equal pictures.
"""
import argparse
import gzip
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

KINDS = ["plain", "light", "shadow", "lined", "chequered", "blurred", "rotated", "all"]


def mnist(folder):
    def read(name, skip):
        return np.frombuffer(gzip.open(Path(folder) / (name + "-ubyte.gz")).read(), np.uint8, offset=skip)
    return read("t10k-images-idx3", 16).reshape(-1, 28, 28), read("t10k-labels-idx1", 8)


def coverage(random, digit, height, width, angle):
    """How much of each pixel is ink: the digit drawn with a pen, somewhere near the middle."""
    side = round(min(height, width) * random.uniform(0.5, 1.1))  # of MNIST's 28, of which the digit has 20
    large = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    large = large.rotate(angle, Image.Resampling.BICUBIC)
    ink = np.asarray(large, float) / 255
    ink = np.clip((ink - 0.5) * random.uniform(1.5, 3) + 0.5, 0, 1)
    sheet = Image.fromarray(np.zeros((height, width), np.float32))
    room = 0.12 * min(height, width)
    left, top = [(extent - side) / 2 + random.uniform(-room, room) for extent in (width, height)]
    sheet.paste(Image.fromarray(ink.astype(np.float32)), (round(left), round(top)))
    return np.asarray(sheet)


def lines(random, height, width, angle, chequered):
    """How dark the lines of the paper are in each pixel."""
    side = min(height, width)
    y, x = np.mgrid[0:height, 0:width] - np.array([height, width])[:, None, None] / 2
    turn = np.radians(angle)
    along, down = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    spacing = side * (random.uniform(0.07, 0.2) if chequered else random.uniform(0.12, 0.4))
    thickness = max(1, side * random.uniform(0.003, 0.009))
    result = np.zeros((height, width))
    for axis in (down, along) if chequered else (down,):
        distance = np.abs((axis + random.uniform(0, spacing)) % spacing - spacing / 2)
        result = np.maximum(result, np.clip((thickness - 2 * distance) / 2 + 0.5, 0, 1))
    return result * random.uniform(0.2, 0.5)


def shadow(random, height, width):
    """How much light is left in each pixel: a straight or bent edge, hard or a little soft."""
    y, x = np.mgrid[0:height, 0:width] / min(height, width)
    turn = random.uniform(0, 2 * np.pi)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    bend = random.uniform(-0.4, 0.4) * (along - along.mean()) ** 2
    edge = np.quantile(across + bend, random.uniform(0.2, 0.8))
    softness = random.uniform(0.002, 0.03)
    covered = np.clip((across + bend - edge) / softness + 0.5, 0, 1)
    return 1 - covered * random.uniform(0.3, 0.55)


def photograph(random, digit, kind):
    is_all = kind == "all"
    side = np.exp(random.uniform(np.log(200), np.log(3000)))
    ratio = random.choice([1, 4 / 3, 3 / 4])
    height, width = round(side * min(1, ratio)), round(side * min(1, 1 / ratio))
    angle = random.uniform(-10, 10) if is_all or kind == "rotated" else random.uniform(-2, 2)
    paper = random.uniform(190, 250) * np.array([1, random.uniform(0.95, 1), random.uniform(0.85, 1)])
    pen = random.uniform(20, 80, 3)
    ink = coverage(random, digit, height, width, angle)
    if is_all or kind in ("lined", "chequered"):
        chequered = kind == "chequered" or is_all and random.integers(2) == 0
        tilt = random.uniform(-10, 10) if is_all else random.uniform(-4, 4)
        rule = lines(random, height, width, tilt, chequered)
        color = random.choice([[0.5, 0.6, 1.0], [0.4, 0.4, 0.4], [0.9, 0.5, 0.5]])
        rules = rule[..., None] * (1 - np.array(color))
    else:
        rules = 0
    image = paper * (1 - rules)
    image = image * (1 - ink[..., None]) + pen * ink[..., None]
    y, x = np.mgrid[0:height, 0:width]
    light = np.full((height, width), random.uniform(0.85, 1))
    if is_all or kind == "light":
        turn = random.uniform(0, 2 * np.pi)
        ramp = x / width * np.cos(turn) + y / height * np.sin(turn)
        ramp = (ramp - ramp.min()) / np.ptp(ramp)
        far = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
        light = light * (1 - random.uniform(0.2, 0.6) * ramp) * (1 - random.uniform(0, 0.3) * far)
    if is_all or kind == "shadow":
        light = light * shadow(random, height, width)
    image = image * light[..., None]
    small = random.normal(0, 1, (max(2, height // 6), max(2, width // 6))).astype(np.float32)
    grain = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR))
    image += random.uniform(0, 3) * grain[..., None]
    picture = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    strongest = 0.012 if kind == "blurred" else 0.006 if is_all else 0.002
    picture = picture.filter(ImageFilter.GaussianBlur(min(height, width) * strongest * random.uniform(0.3, 1)))
    noise = random.normal(0, random.uniform(1, 6), (height, width, 1)) + random.normal(0, 2, (height, width, 3))
    picture = Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))
    return picture, int(random.integers(40, 96))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("mnist")
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    images, labels = mnist(options.mnist)
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(options.count):
        random = np.random.default_rng([options.seed, number])
        kind = KINDS[number % len(KINDS)]
        index = int(random.integers(len(images)))
        picture, quality = photograph(random, images[index], kind)
        picture.save(
            folder / f"{number:03}-{kind}-{labels[index]}.jpg", quality=quality,
            subsampling=int(random.choice([0, 1, 2])))

"""Writes pictures.safetensors: JPEG files with the pixels that Pillow makes of them, and interlaced PNG files with the
same images without interlacing. README.md beside this file says what each tensor is called.

    environment/bin/python Fixtures/pictures.py [--all FILE]

With --all a suite of some thousand JPEG files goes to FILE, for the same test with LANES_JPEG_SUITE=FILE.
"""
import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

SEED = 20240


def texture(random, height, width, channels=3):
    """Waves, an edge and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(channels):
        a, b, c = random.uniform(0.1, 0.9, 3)
        plane = 128 + 70 * np.sin(a * x + b * y + 6 * c) + random.normal(0, 12, (height, width))
        planes.append(np.where(x * b + y * a > (height + width) * c / 2, 255 - plane, plane))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


# A baseline encoder, for what Pillow does not write: any sampling factors, scans of one component, 16-bit steps.

ZIGZAG = [r * 8 + d - r for d in range(15) for r in
          (range(min(7, d), max(0, d - 7) - 1, -1) if d % 2 == 0 else range(max(0, d - 7), min(7, d) + 1))]
COSINE = np.array([[np.sqrt((1 if u == 0 else 2) / 8) * np.cos((2 * x + 1) * u * np.pi / 16) for x in range(8)]
                   for u in range(8)])


class Bits:
    def __init__(self):
        self.bits = []

    def put(self, value, count):
        self.bits += [value >> (count - 1 - i) & 1 for i in range(count)]

    def bytes(self):
        bits = self.bits + [1] * (-len(self.bits) % 8)
        data = np.packbits(np.array(bits, np.uint8)).tobytes() if bits else b""
        return data.replace(b"\xff", b"\xff\x00")


def segment(marker, body):
    return bytes([0xff, marker]) + struct.pack(">H", len(body) + 2) + body


def symbols_of(blocks):
    """The symbols, with their further bits, of a list of (is first, ...) blocks of coefficients in zigzag order."""
    def size(v):
        return int(abs(v)).bit_length()

    def more(v):
        return (v if v >= 0 else v + (1 << size(v)) - 1, size(v))
    for prediction, block in blocks:
        difference = int(block[0]) - prediction
        yield 0, size(difference), more(difference)
        zeros = 0
        last = max([i for i in range(1, 64) if block[i]], default=0)
        for i in range(1, last + 1):
            if block[i] == 0:
                zeros += 1
                continue
            while zeros > 15:
                yield 1, 0xf0, (0, 0)
                zeros -= 16
            yield 1, zeros << 4 | size(block[i]), more(int(block[i]))
            zeros = 0
        if last < 63:
            yield 1, 0, (0, 0)


def code(symbols):
    """Some prefix code: short for the first three symbols, 9 bits for the others (4 for up to 12). DHT's body and the codes."""
    lengths = {s: 4 for s in symbols} if len(symbols) <= 12 else {
        s: [2, 3, 4][i] if i < 3 else 9 for i, s in enumerate(symbols)}
    ordered = sorted(symbols, key=lambda s: lengths[s])
    counts = [sum(1 for s in symbols if lengths[s] == n) for n in range(1, 17)]
    codes, value, length = {}, 0, 0
    for s in ordered:
        value <<= lengths[s] - length
        length = lengths[s]
        codes[s] = (value, length)
        value += 1
    return bytes(counts) + bytes(ordered), codes


def jpeg(random, height, width, factors, restart=0, alone=False, wide=False, step=6, ids=(1, 2, 3), before=b"",
         fill=b"", sof=0xc0):
    across, down = max(h for h, _ in factors), max(v for _, v in factors)
    columns, rows = -(-width // (8 * across)), -(-height // (8 * down))
    steps = np.array([step + (i * (300 if wide else 3)) // 8 for i in range(64)])
    components = []
    for h, v in factors:
        samples = texture(random, 8 * rows * v, 8 * columns * h, 1)[..., 0].astype(float) - 128
        blocks = samples.reshape(rows * v, 8, columns * h, 8).transpose(0, 2, 1, 3)
        cosines = np.einsum("ux,rcxy,vy->rcuv", COSINE, blocks, COSINE).reshape(rows * v, columns * h, 64)
        components.append(np.round(cosines[:, :, ZIGZAG] / steps).astype(int))
    file = b"\xff\xd8" + before
    file += segment(0xdb, b"\x10" + struct.pack(">64H", *steps) if wide else b"\x00" + bytes(steps.tolist()))
    file += segment(sof, struct.pack(">BHHB", 8, height, width, len(factors)) + b"".join(
        bytes([ids[i], h << 4 | v, 0]) for i, (h, v) in enumerate(factors)))
    scans = [[i] for i in range(len(factors))] if alone or len(factors) == 1 else [list(range(len(factors)))]
    if restart:
        file += segment(0xdd, struct.pack(">H", restart))
    for scan in scans:
        units = []
        if len(scan) == 1:
            h, v = factors[scan[0]]
            own_rows, own_columns = -(-(-(-height * v // down)) // 8), -(-(-(-width * h // across)) // 8)
            units = [[(scan[0], r, c)] for r in range(own_rows) for c in range(own_columns)]
        else:
            units = [[(i, r * factors[i][1] + y, c * factors[i][0] + x) for i in scan
                      for y in range(factors[i][1]) for x in range(factors[i][0])]
                     for r in range(rows) for c in range(columns)]
        parts = []
        for start in range(0, len(units), restart or len(units)):
            prediction, blocks = [0] * len(factors), []
            for i, r, c in sum(units[start:start + (restart or len(units))], []):
                block = components[i][r, c]
                blocks.append((prediction[i], block))
                prediction[i] = int(block[0])
            parts.append(list(symbols_of(blocks)))
        tables = [code(sorted({s for part in parts for k, s, _ in part if k == kind})) for kind in (0, 1)]
        file += segment(0xc4, b"\x00" + tables[0][0] + b"\x10" + tables[1][0])
        file += fill + segment(0xda, bytes([len(scan)]) + b"".join(bytes([ids[i], 0]) for i in scan) + b"\x00\x3f\x00")
        for number, part in enumerate(parts):
            bits = Bits()
            for kind, symbol, further in part:
                bits.put(*tables[kind][1][symbol])
                bits.put(*further)
            if number:
                file += fill + bytes([0xff, 0xd0 + (number - 1) % 8])
            file += bits.bytes()
    return file + fill + b"\xff\xd9"


def decoded(file):
    """What Pillow makes of it: RGB, and its luma where the file has luma."""
    rgb = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB"))
    image = Image.open(io.BytesIO(file))
    image.draft("L", None)
    gray = np.asarray(ImageOps.exif_transpose(image)) if image.mode == "L" else None
    return rgb, gray


def saved(random, height, width, mode="RGB", **options):
    image = Image.fromarray(texture(random, height, width)).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


ADOBE = [segment(0xee, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform)) for transform in (0, 1)]
JFIF = segment(0xe0, b"JFIF\0" + bytes([1, 2, 0, 0, 1, 0, 1, 0, 0]))


def jpegs(random):
    """The few of the fixture."""
    yield "gray", saved(random, 13, 19, "L", quality=90)
    yield "optimized", saved(random, 21, 10, quality=60, optimize=True, subsampling=2)
    yield "quality100", saved(random, 9, 11, quality=100, subsampling=0)
    yield "pixel", saved(random, 1, 1, quality=75)
    yield "narrow", jpeg(random, 9, 4, [(2, 2), (1, 1), (1, 1)])
    for name, factors in {
        "2x1": [(2, 1), (1, 1), (1, 1)], "1x2": [(1, 2), (1, 1), (1, 1)], "2x2": [(2, 2), (1, 1), (1, 1)],
        "4x1": [(4, 1), (1, 1), (1, 1)], "1x4": [(1, 4), (1, 1), (1, 1)], "4x2": [(4, 2), (1, 1), (1, 1)],
        "3x1": [(3, 1), (1, 1), (1, 1)], "luma": [(1, 1), (2, 2), (2, 1)], "mixed": [(2, 2), (2, 1), (1, 2)],
    }.items():
        yield name, jpeg(random, 19, 23, factors)
    yield "restart", jpeg(random, 30, 43, [(2, 1), (1, 1), (1, 1)], restart=1, fill=b"\xff\xff")
    yield "alone", jpeg(random, 19, 21, [(2, 2), (1, 1), (1, 1)], alone=True, restart=2, fill=b"\xff")
    yield "wide", jpeg(random, 17, 9, [(1, 1)] * 3, wide=True, sof=0xc1)
    yield "adobeRGB", jpeg(random, 8, 9, [(1, 1)] * 3, before=ADOBE[0])
    yield "adobeYCbCr", jpeg(random, 8, 9, [(1, 1)] * 3, ids=(82, 71, 66), before=ADOBE[1])
    yield "idsRGB", jpeg(random, 8, 9, [(1, 1)] * 3, ids=(82, 71, 66))
    yield "JFIF", jpeg(random, 8, 9, [(1, 1)] * 3, before=JFIF + ADOBE[0])
    for orientation in range(1, 9):
        order, magic = (">", b"MM") if orientation % 2 else ("<", b"II")
        exif = b"Exif\0\0" + magic + struct.pack(
            order + "HIHHHIHHHHIHHI", 42, 8, 2, 0x010f, 2, 2, 65, 0, 0x0112, 3, 1, orientation, 0, 0)
        yield f"orientation{orientation}", jpeg(random, 5, 3, [(1, 1)], before=segment(0xe1, exif))


def many(random):
    """The suite for --all."""
    for height, width in [(1, 1), (1, 2), (2, 1), (3, 3), (7, 9), (8, 8), (16, 16), (17, 15), (33, 50), (5, 70)]:
        for quality in range(10, 101, 10):
            for subsampling in (0, 1, 2):
                yield saved(random, height, width, quality=quality, subsampling=subsampling)
            yield saved(random, height, width, "L", quality=quality, optimize=quality % 20 == 0)
        for h in range(1, 5):
            for v in range(1, 5):
                for other in [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (h, v)]:
                    factors = [(h, v), other, (1, 1)]
                    most = [max(f[i] for f in factors) for i in (0, 1)]
                    # Neither does libjpeg read factors that do not divide the greatest.
                    if sum(a * b for a, b in factors) > 10 or any(most[i] % f[i] for f in factors for i in (0, 1)):
                        continue
                    yield jpeg(random, height, width, factors)
                    yield jpeg(random, height, width, factors, alone=True, restart=h, step=1 + 5 * v)


# Interlaced PNG files

PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def filtered(random, rows, distance):
    above, result = np.zeros(rows.shape[1], int), b""
    for row in rows.astype(int):
        left = np.concatenate([np.zeros(distance, int), row])[:len(row)]
        corner = np.concatenate([np.zeros(distance, int), above])[:len(row)]
        estimate = left + above - corner
        a, b, c = abs(estimate - left), abs(estimate - above), abs(estimate - corner)
        paeth = np.where((a <= b) & (a <= c), left, np.where(b <= c, above, corner))
        kind = int(random.integers(0, 5))
        prediction = [np.zeros(len(row), int), left, above, (left + above) // 2, paeth][kind]
        result += bytes([kind]) + ((row - prediction) % 256).astype(np.uint8).tobytes()
        above = row
    return result


def packed(samples, depth):
    """[height, width, channels] to bytes of rows."""
    flat = samples.reshape(samples.shape[0], -1)
    bits = (flat[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.reshape(flat.shape[0], -1).astype(np.uint8), axis=1)


def png(random, samples, depth, color, interlaced):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    height, width = samples.shape[:2]
    distance = max(1, CHANNELS[color] * depth // 8)
    passes = PASSES if interlaced else [(0, 0, 1, 1)]
    data = b"".join(
        filtered(random, packed(part, depth), distance)
        for part in (samples[y::dy, x::dx] for y, x, dy, dx in passes) if part.size)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))
    if color == 3:
        file += chunk(b"PLTE", bytes((37 * i + 11) % 256 for i in range(3 * min(256, 1 << depth))))
    return file + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def pngs(random):
    sizes = [(1, 1), (2, 3), (9, 11), (5, 1), (1, 5), (8, 8), (7, 4), (13, 6)]
    number = 0
    for color, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
        for depth in depths:
            for size in ([(9, 11), sizes[number % len(sizes)]]):
                samples = random.integers(0, 1 << depth, (*size, CHANNELS[color]))
                interlaced, plain = (png(random, samples, depth, color, i) for i in (1, 0))
                images = [Image.open(io.BytesIO(file)) for file in (interlaced, plain)]
                assert images[0].info.get("interlace") == 1
                assert np.array_equal(*[np.asarray(image.convert("RGBA")) for image in images])
                yield f"{color}_{depth}_{size[0]}x{size[1]}", interlaced, plain
            number += 1


def array(data):
    return np.frombuffer(data, np.uint8).copy()


def suite(files):
    tensors = {}
    for name, file in files:
        rgb, gray = decoded(file)
        tensors[f"jpeg/{name}/file"] = array(file)
        tensors[f"jpeg/{name}/rgb"] = np.ascontiguousarray(rgb)
        if gray is not None and (name.isdigit() or name in ("gray", "2x2", "orientation6")):
            tensors[f"jpeg/{name}/gray"] = np.ascontiguousarray(gray)
    return tensors


if __name__ == "__main__":
    random = np.random.default_rng(SEED)
    if sys.argv[1:2] == ["--all"]:
        save_file(suite((str(i), file) for i, file in enumerate(many(random))), sys.argv[2])
        sys.exit()
    tensors = suite(jpegs(random))
    progressive, cmyk = saved(random, 8, 8, progressive=True), saved(random, 8, 8, "CMYK")
    tensors |= {"refused/progressive": array(progressive), "refused/cmyk": array(cmyk)}
    for name, interlaced, plain in pngs(random):
        tensors[f"adam7/{name}/interlaced"], tensors[f"adam7/{name}/plain"] = array(interlaced), array(plain)
    save_file(tensors, Path(__file__).parent / "pictures.safetensors")

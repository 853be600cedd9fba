"""Loads a weight file of ours into the recipe's PyTorch module, strictly, and prints what PyTorch computes with it:
each head's loss and accuracy on the test images where their folder is given, else its outputs for the images of recipes.py.
"""
import argparse
import gzip
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file

from recipes import NETWORKS, images

# What a digit is to each head; the recipe rotation differs.
CLASSES = {
    "digit": torch.arange(10),
    "parity": torch.arange(10) % 2,
    "threshold": torch.arange(10) // 5,
    "group": torch.tensor([0, 1, 2, 2, 3, 2, 0, 1, 2, 3]),
}


def idx(path, header):
    """The elements of an IDX file, raw or compressed."""
    content = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    return torch.frombuffer(bytearray(content[header:]), dtype=torch.uint8)


def test_images(recipe, folder):
    """Pixels in [0, 1], [N, 1, 28, 28], and the labels of every head."""
    pixels = idx(folder / "t10k-images-idx3-ubyte", 16).view(-1, 1, 28, 28).float() / 255
    digits = idx(folder / "t10k-labels-idx1-ubyte", 8).long()
    if recipe != "rotation":
        return pixels, {head: classes[digits] for head, classes in CLASSES.items()}
    kept = torch.tensor([1, 2, 3, 4, 5, 7])
    chosen = torch.isin(digits, kept)
    labels = torch.searchsorted(kept, digits[chosen])
    turned = [torch.rot90(pixels[chosen], turns, dims=(2, 3)) for turns in range(4)]
    return torch.cat(turned), {"digit": labels.repeat(4), "rotation": torch.arange(4).repeat_interleave(len(labels))}


def normalization(path):
    """The mean and deviation of the one channel, as the file's description of the model has them."""
    with safe_open(path, framework="pt") as file:
        model = json.loads(file.metadata()["lanes.model"])
    (image,) = model["normalization"]
    (mean,), (deviation,) = image["mean"], image["deviation"]
    return mean, deviation


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", choices=NETWORKS)
    parser.add_argument("file", help="a safetensors file that train wrote")
    parser.add_argument("--data", type=Path, help="a folder with MNIST's test files, raw or .gz")
    options = parser.parse_args()

    network = NETWORKS[options.recipe]().eval()
    network.load_state_dict(load_file(options.file), strict=True)
    if options.data is None:
        for head, outputs in network(images()).items():
            print(f"{head}:\n{outputs}")
        return

    mean, deviation = normalization(options.file)
    pixels, labels = test_images(options.recipe, options.data)
    batches = [network((batch - mean) / deviation) for batch in pixels.split(1000)]
    for head in batches[0]:
        outputs = torch.cat([batch[head] for batch in batches])
        # Of log-probabilities, which augmented gives, the softmax's logarithm is themselves.
        loss = F.cross_entropy(outputs, labels[head])
        accuracy = (outputs.argmax(1) == labels[head]).double().mean()
        print(f"{head}: loss {loss:.6f}, accuracy {accuracy:.6f} of {len(pixels)} images")


if __name__ == "__main__":
    with torch.no_grad():
        main()

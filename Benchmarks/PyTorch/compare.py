#!/usr/bin/env python3
"""Times our training steps beside PyTorch's on this machine, in one run, in turn: ours, theirs, ours, theirs, …

A step is forward, loss, backward, optimizer and a look at the loss, on data that is in memory already, at the recipe's
batch size, in float32, on the same number of threads. PyTorch runs in several configurations, and the fastest counts:

    eager           as it is written
    fused           with the fused Adam
    channels_last   the same, with images and filters stored channels last
    compile         the same through torch.compile (wants a C++ compiler; not by default)

A line for each network: the median of all rounds' medians, and the ratio of the two, above 1 where ours is faster, with the
least and greatest ratio of a round. The machine should have nothing else to do.

What it needs, beside Swift (about 800 MB, into a folder of the build):

    python3 -m venv .build/pytorch
    .build/pytorch/bin/pip install -r Benchmarks/PyTorch/requirements.txt
    .build/pytorch/bin/python Benchmarks/PyTorch/compare.py
"""
import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Fixtures"))
from recipes import NETWORKS  # noqa: E402


class LeNet(nn.Module):
    """LeNet-5 as `step/lenet` has it (Benchmarks/StepNetworks.swift)."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5, padding=2)
        self.fc1 = nn.Linear(784, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):  # [N, 1, 28, 28]
        for layer in (self.conv1, self.conv2):
            x = F.avg_pool2d(F.relu(layer(x)), 2)  # [N, 6, 14, 14], [N, 16, 7, 7]
        x = F.relu(self.fc2(F.relu(self.fc1(x.flatten(1)))))
        return {"digit": self.fc3(x)}


class VGG(nn.Sequential):
    """Five convolutions as `step/vgg` has them."""

    def __init__(self):
        layers, inputs = [], 3
        for number, outputs in enumerate([64, 64, 128, 128, 256], 1):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
            if number in (2, 4):
                layers.append(nn.MaxPool2d(2))
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))

    def forward(self, x):  # [N, 3, 32, 32]
        return {"class": super().forward(x)}


class Training:
    """What a network's step is made of besides the network: as its recipe has it (Sources/Recipes/Experiments)."""

    def __init__(self, make, batch=64, image=(1, 28, 28), weights=None, smoothing=0.0, decay=None, dropout=None,
                 has_probabilities=False):
        self.make, self.batch, self.image = make, batch, image
        self.weights = weights or {}  # of the losses, by head; 1 for the others
        self.smoothing = smoothing  # of the labels
        self.decay = decay  # of the weights' running average
        self.dropout = dropout  # adds it to the network, which is without
        self.has_probabilities = has_probabilities  # the head has a logSoftmax of its own

    def network(self):
        network = self.make()
        if self.dropout:
            self.dropout(network)
        return network.train()

    def loss(self, outputs, labels):
        total = 0
        for head, output in outputs.items():
            if self.has_probabilities:
                loss = F.nll_loss(output, labels[head])
            else:
                loss = F.cross_entropy(output, labels[head], label_smoothing=self.smoothing)
            total = total + self.weights.get(head, 1) * loss
        return total


def drop_after_fc1(network):
    # Before the ReLU instead of after it: that is the same, since zero stays zero and the rest is scaled by a positive number.
    network.fc1.register_forward_hook(lambda module, inputs, output: F.dropout(output, 0.3, module.training))


def drop_before_fc(network):
    network.fc.register_forward_pre_hook(lambda module, inputs: (F.dropout(inputs[0], 0.3, module.training),))


TRAININGS = {name: Training(make) for name, make in NETWORKS.items()} | {
    "augmented": Training(NETWORKS["augmented"], has_probabilities=True),
    "compact": Training(NETWORKS["compact"], batch=16),
    "merged": Training(NETWORKS["merged"], batch=16),
    "threehead-improved": Training(NETWORKS["threehead-improved"], weights={"digit": 2}, dropout=drop_after_fc1),
    "best": Training(NETWORKS["best"], decay=0.999, dropout=drop_before_fc),
    "sprint": Training(NETWORKS["sprint"], smoothing=0.1),
    "lenet": Training(LeNet),
    "vgg": Training(VGG, batch=32, image=(3, 32, 32)),
}


class Stepper:
    """PyTorch's training of a network in a configuration; `step()` is one step, on the next of eight batches in memory."""

    def __init__(self, training, configuration):
        torch.manual_seed(1)
        self.training, self.count = training, 0
        network = training.network()
        images = torch.rand(8 * training.batch, *training.image)
        if configuration in ("channels_last", "compile"):
            network = network.to(memory_format=torch.channels_last)
            images = images.to(memory_format=torch.channels_last)
        with torch.no_grad():
            heads = {head: output.shape[1] for head, output in network(images[: training.batch]).items()}
        labels = {head: torch.randint(classes, (8 * training.batch,)) for head, classes in heads.items()}
        cuts = [slice(i * training.batch, (i + 1) * training.batch) for i in range(8)]
        self.batches = [(images[cut], {head: values[cut] for head, values in labels.items()}) for cut in cuts]
        self.optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=configuration != "eager")
        self.network = network
        self.average = training.decay and AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(training.decay))
        self.run = torch.compile(network) if configuration == "compile" else network

    def step(self):
        images, labels = self.batches[self.count % 8]
        self.count += 1
        loss = self.training.loss(self.run(images), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.average:
            self.average.update_parameters(self.network)
        return loss.item()

    def median_ms(self, seconds):
        for _ in range(10):
            self.step()
        times, end = [], time.perf_counter() + seconds
        while len(times) < 9 or time.perf_counter() < end:
            begin = time.perf_counter()
            self.step()
            times.append((time.perf_counter() - begin) * 1e3)
        return median(times)


def ours_ms(bench, name, options):
    command = [bench, "--json", "--filter", f"step/{name}", "--threads", str(options.threads),
               "--seconds", str(options.seconds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    rows = {row["name"]: row["median_ms"] for row in map(json.loads, done.stdout.splitlines())}
    return rows[f"step/{name}"]


def compare(bench, name, options):
    steppers = {configuration: Stepper(TRAININGS[name], configuration) for configuration in options.configurations}
    ours, theirs = [], {configuration: [] for configuration in steppers}
    for _ in range(options.rounds):
        ours.append(ours_ms(bench, name, options))
        for configuration, stepper in steppers.items():
            theirs[configuration].append(stepper.median_ms(options.seconds))
    fastest = min(theirs, key=lambda configuration: median(theirs[configuration]))
    ratios = [their / our for our, their in zip(ours, theirs[fastest])]
    return {
        "network": name, "threads": options.threads, "ours_ms": round(median(ours), 4),
        "pytorch_ms": round(median(theirs[fastest]), 4), "configuration": fastest,
        "ratio": round(median(theirs[fastest]) / median(ours), 3),
        "least": round(min(ratios), 3), "greatest": round(max(ratios), 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=list(TRAININGS), help="default: all recipes, lenet and vgg")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement (default: 1)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
                        else os.cpu_count(), help="default: all processors")
    parser.add_argument("--configurations", type=lambda text: text.split(","), default="eager,fused,channels_last")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    unknown = [name for name in options.networks if name not in TRAININGS]
    if unknown:
        parser.error(f"found {', '.join(unknown)}, expected some of {', '.join(TRAININGS)}")

    build = ["swift", "build", "-c", "release", "--product", "bench"]
    subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)
    folder = subprocess.run([*build, "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    torch.set_num_threads(options.threads)
    if not options.json:
        print(f"torch {torch.__version__}, {options.threads} threads; milliseconds a step")
        print(f"{'':20s}{'ours':>10s}{'PyTorch':>10s}  {'configuration':14s}{'ratio':>7s}  least … greatest")
    for name in options.networks:
        row = compare(f"{folder}/bench", name, options)
        print(json.dumps(row) if options.json else
              f"{name:20s}{row['ours_ms']:10.3f}{row['pytorch_ms']:10.3f}  {row['configuration']:14s}{row['ratio']:7.2f}"
              f"  {row['least']:.2f} … {row['greatest']:.2f}", flush=True)


if __name__ == "__main__":
    main()

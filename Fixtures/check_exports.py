"""Checks networks that Lanes wrote as ONNX and Core ML against what Lanes itself computes. The folder is filled by

    LANES_EXPORTS=FOLDER swift test --filter WrittenNetworks

ONNX files pass onnx's checker, hold the weights that Lanes has, and onnxruntime's outputs for 100 samples, in batches of 1
and of 7, are Lanes' outputs within 1e-4. Core ML files, which run on Apple's systems alone, are read by coremltools' schema;
their weights are Lanes' to the bit, and what NumPy computes from the file is Lanes' output within 1e-4. A deviation is the
greatest difference of a sample's output, divided by that output's greatest number.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

TOLERANCE = 1e-4


def deviation(found, expected):
    """Of samples along the first dimension: the worst one's greatest difference over its greatest number."""
    if found.shape != expected.shape:
        raise ValueError(f"shape {found.shape}, expected {expected.shape}")
    found, expected = (values.reshape(len(values), -1).astype(np.float64) for values in (found, expected))
    worst = np.max(np.abs(found - expected), axis=1) / np.maximum(np.max(np.abs(expected), axis=1), 1e-30)
    return float(np.max(worst)) if np.all(np.isfinite(found)) else np.inf


def inputs(answers, kind):
    """The samples by the inputs' names, as a network takes them that was written for such inputs."""
    group, factor = ("normalized", 1) if kind == "normalized" else ("values", 255 if kind in ("bytes", "image") else 1)
    return {name.removeprefix(f"{group}/"): np.float32(factor) * values
            for name, values in answers.items() if name.startswith(f"{group}/")}


def expected(answers, head, are_probabilities):
    probability = answers.get(f"probability/{head}")
    return probability if are_probabilities and probability is not None else answers[f"output/{head}"]


def check_onnx(path, answers):
    import onnx
    import onnxruntime

    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 8 and model.producer_name == "Lanes"
    weights = {name.removeprefix("weight/"): values for name, values in answers.items() if name.startswith("weight/")}
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            values = onnx.numpy_helper.to_array(tensor)
            assert values.shape == weights[tensor.name].shape and np.array_equal(values, weights[tensor.name]), tensor.name
            del weights[tensor.name]
    assert not weights, f"no weights {sorted(weights)}"
    remarks = {entry.key: entry.value for entry in model.metadata_props}
    for name, value in remarks.items():
        if name.startswith(("classes.", "normalization.")):
            json.loads(value)

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    samples = inputs(answers, remarks["input"])
    assert {entry.name for entry in session.get_inputs()} == set(samples)
    names = [entry.name for entry in session.get_outputs()]
    count = len(next(iter(samples.values())))
    worst = {}
    for batch in (1, 7):
        parts = [session.run(None, {name: values[start:start + batch] for name, values in samples.items()})
                 for start in range(0, count, batch)]
        for head, found in zip(names, zip(*parts)):
            right = expected(answers, head, "probabilities" in path.stem)
            worst[head] = max(worst.get(head, 0), deviation(np.concatenate(found), right))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--heads", action="store_true", help="print the deviation of every head")
    options = parser.parse_args()

    checks = {".onnx": check_onnx}
    files = sorted(path for path in options.folder.iterdir() if path.suffix in checks)
    if not files:
        sys.exit(f"{options.folder}: no networks")
    failures, total = 0, {}
    for path in files:
        try:
            answers = load_file(next(
                path.with_name(f"{path.stem[:end]}.safetensors") for end, letter in reversed(list(enumerate(path.stem)))
                if letter == "-" and path.with_name(f"{path.stem[:end]}.safetensors").exists()))
            worst = checks[path.suffix](path, answers)
        except Exception as error:
            print(f"{path.name}: {type(error).__name__}: {error}")
            failures += 1
            continue
        head, greatest = max(worst.items(), key=lambda entry: entry[1])
        total[path.suffix] = max(total.get(path.suffix, 0), greatest)
        print(f"{path.name}: {greatest:.1e} ({head})")
        if options.heads:
            for head, value in worst.items():
                print(f"    {head}: {value:.1e}")
        failures += sum(not value <= TOLERANCE for value in worst.values())
    for suffix, greatest in total.items():
        print(f"{sum(path.suffix == suffix for path in files)} files {suffix}: at most {greatest:.1e}")
    if failures:
        sys.exit(f"{failures} failures, expected deviations of at most {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()

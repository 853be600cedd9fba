"""Checks networks that Lanes wrote as ONNX and Core ML against what Lanes itself computes. The folder is filled by

    LANES_EXPORTS=FOLDER swift test --filter WrittenNetworks

ONNX files pass onnx's checker, hold the weights that Lanes has, and onnxruntime's outputs for 100 samples, in batches of 1
and of 7, are Lanes' outputs within 1e-4. Core ML files, which run on Apple's systems alone, are read by coremltools' schema;
their weights are Lanes' to the bit, and what NumPy computes from the file is Lanes' output within 1e-4. A deviation is the
greatest difference of a sample's output, divided by that output's greatest number.
"""
import argparse
import json
import logging
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


def answers_of(path):
    """Of NAME-HOW.onnx the file NAME.safetensors, where names may have hyphens too."""
    name = path.stem
    while not path.with_name(f"{name}.safetensors").exists():
        name, hyphen, _ = name.rpartition("-")
        if not hyphen:
            raise FileNotFoundError("no answers beside it")
    return path.with_name(f"{name}.safetensors")


def unknown_fields(message, path=""):
    """Fields that the schema does not know, anywhere in a message."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    found = [f"{path}: field {field.field_number}" for field in UnknownFieldSet(message)]
    for descriptor, value in message.ListFields():
        entry = descriptor.message_type
        if entry is None or entry.GetOptions().map_entry:
            continue
        repeated = not hasattr(value, "ListFields")
        for part in value if repeated else [value]:
            found += unknown_fields(part, f"{path}.{descriptor.name}")
    return found


def check_weights(network, answers):
    """Every layer that has the name of a node holds that node's parameters."""
    layers = {layer.name: layer for layer in network.layers}
    names = {"weight": ("weights", "gamma", "scale"), "bias": ("bias", "beta"), "running_mean": ("mean",),
             "running_var": ("variance",)}
    for name, values in answers.items():
        if not name.startswith("weight/"):
            continue
        node, kind = name.removeprefix("weight/").rsplit(".", 1)
        layer = layers[node]
        params = getattr(layer, layer.WhichOneof("layer"))
        field = next(field for field in names[kind] if field in params.DESCRIPTOR.fields_by_name)
        found = np.array(getattr(params, field).floatValue, dtype=np.float32)
        if found.size != values.size:
            # A transposed convolution with zeros between the taps.
            assert params.isDeconvolution
            found = found.reshape(*values.shape[:2], *params.kernelSize)
            steps = [(full - 1) // max(taps - 1, 1) for full, taps in zip(params.kernelSize, values.shape[2:])]
            assert np.count_nonzero(found) == np.count_nonzero(values)
            found = found[:, :, ::max(steps[0], 1), ::max(steps[1], 1)]
        assert np.array_equal(found.ravel(), values.ravel()), name


def check_coreml(path, answers):
    # What runs on Apple's systems alone is not there, which coremltools would tell at length.
    logging.disable(logging.WARNING)
    from coremltools.models.utils import load_spec

    from coreml_numpy import evaluate

    spec = load_spec(str(path))
    assert spec.specificationVersion >= 4 and not unknown_fields(spec)
    network = getattr(spec, spec.WhichOneof("Type"))
    remarks = spec.description.metadata.userDefined
    samples = inputs(answers, remarks["input"])
    for feature in spec.description.input:
        values = samples[feature.name]
        if remarks["input"] == "image" and values.ndim == 2:
            # Beside images vectors are as they are.
            samples[feature.name] = answers[f"values/{feature.name}"]
        if feature.type.WhichOneof("Type") == "imageType":
            image = feature.type.imageType
            assert (image.height, image.width) == values.shape[2:]
            assert {1: image.GRAYSCALE, 3: image.RGB}[values.shape[1]] == image.colorSpace
        else:
            array = feature.type.multiArrayType
            assert tuple(array.shape) == (1, *values.shape[1:]) and array.dataType == array.FLOAT32
    assert {feature.name for feature in spec.description.input} == set(samples)
    values = evaluate(network, samples)
    check_weights(network, answers)

    if spec.WhichOneof("Type") == "neuralNetworkClassifier":
        head = spec.description.predictedFeatureName
        label, probabilities = spec.description.output
        assert label.name == head and label.type.WhichOneof("Type") == "stringType"
        assert probabilities.name == spec.description.predictedProbabilitiesName
        assert probabilities.type.dictionaryType.WhichOneof("KeyType") == "stringKeyType"
        assert list(network.stringClassLabels.vector) == json.loads(remarks[f"classes.{head}"])
        found = values[network.labelProbabilityLayerName]
        assert found.shape[1] == len(network.stringClassLabels.vector)
        return {head: deviation(found, answers[f"probability/{head}"])}
    worst = {}
    for feature in spec.description.output:
        found, right = values[feature.name], expected(answers, feature.name, "probabilities" in path.stem)
        assert tuple(feature.type.multiArrayType.shape) == (1, *right.shape[1:]), feature.name
        worst[feature.name] = deviation(found, right)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--heads", action="store_true", help="print the deviation of every head of every file")
    options = parser.parse_args()

    checks = {".onnx": check_onnx, ".mlmodel": check_coreml}
    files = sorted(path for path in options.folder.iterdir() if path.suffix in checks)
    if not files:
        sys.exit(f"{options.folder}: no networks")
    failures, total = 0, {}
    for path in files:
        try:
            answers = load_file(answers_of(path))
            worst = checks[path.suffix](path, answers)
        except Exception as error:
            print(f"{path.name}: {type(error).__name__}: {error}")
            failures += 1
            continue
        total[path.suffix] = max([total.get(path.suffix, 0), *worst.values()])
        for head, value in worst.items():
            is_wrong = not value <= TOLERANCE
            failures += is_wrong
            if options.heads or is_wrong:
                print(f"{path.name}: {head}: {value:.1e}")
    for suffix, greatest in total.items():
        print(f"{sum(path.suffix == suffix for path in files)} files {suffix}: at most {greatest:.1e}")
    if failures:
        sys.exit(f"{failures} failures, expected deviations of at most {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()

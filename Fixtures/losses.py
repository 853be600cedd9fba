"""Writes losses.safetensors: losses of numbers and of labels with all options, as PyTorch computes them in float64.
README.md beside this file says what each tensor is called.
"""
import torch
import torch.nn.functional as F

from generate import Draw, evaluate, write


def losses_of_numbers():
    functions = {
        "mse_loss": lambda t, c: F.mse_loss(t["input"], c["target"]),
        "l1_loss": lambda t, c: F.l1_loss(t["input"], c["target"]),
        "huber_loss": lambda t, c: F.huber_loss(t["input"], c["target"], delta=c["delta"].item()),
        "bce_with_logits": lambda t, c: F.binary_cross_entropy_with_logits(t["input"], c["target"]),
    }
    # kind/case: (shape, deviation of the input, loss_weight, further constants)
    cases = {
        "mse_loss/features": ((5, 7), 1, 1, {}),
        "mse_loss/images_weighted": ((3, 2, 4, 3), 2, 0.375, {}),
        "mse_loss/one_number": ((1, 1), 1, 1, {}),
        "l1_loss/features": ((5, 7), 1, 1, {}),
        "l1_loss/images_weighted": ((3, 2, 4, 3), 2, 0.375, {}),
        "l1_loss/equal": ((4, 5), 1, 1, {}),
        "huber_loss/delta_1": ((5, 7), 2, 1, {"delta": 1.0}),
        "huber_loss/delta_0.3_weighted": ((4, 6), 1, 0.375, {"delta": 0.3}),
        "huber_loss/delta_2.5_images": ((3, 2, 4, 3), 4, 1, {"delta": 2.5}),
        "bce_with_logits/probabilities": ((5, 7), 2, 1, {}),
        "bce_with_logits/labels_weighted": ((6, 3), 2, 0.375, {}),
        "bce_with_logits/large": ((6, 4), 200, 1, {}),
        "bce_with_logits/one_logit": ((7, 1), 2, 1, {}),
        "bce_with_logits/images": ((2, 2, 4, 3), 2, 1, {}),
    }
    for name, (shape, deviation, weight, more) in cases.items():
        draw = Draw(name)
        x, target = deviation * draw.normal(*shape), deviation * draw.normal(*shape)
        if name.startswith("bce") and ("labels" in name or "large" in name):
            target = draw.integers(0, 2, *shape).double()
        elif name.startswith("bce"):
            target = torch.sigmoid(target)
        if name.endswith("equal"):
            # Where they are equal the slope is 0.
            target = torch.where(draw.integers(0, 2, *shape) == 0, x, target)
        constants = {"target": target, "loss_weight": torch.tensor(weight, dtype=torch.float64)}
        constants |= {key: torch.tensor(value, dtype=torch.float64) for key, value in more.items()}
        function = functions[name.split("/")[0]]
        yield name, {"input": x}, constants, lambda t, c, f=function: c["loss_weight"] * f(t, c)


def losses_of_labels():
    # case: (samples, classes, loss_weight, label smoothing, whether classes have weights, label that counts nothing)
    cases = {
        "smoothing": (6, 5, 1, 0.1, False, None),
        "smoothing_all": (4, 3, 1, 1.0, False, None),
        "class_weights": (7, 4, 1, 0.0, True, None),
        "ignore_index": (8, 5, 0.375, 0.0, False, 2),
        "ignore_other": (8, 5, 1, 0.0, False, -100),
        "smoothing_class_weights": (8, 6, 1, 0.2, True, None),
        "smoothing_ignore_index": (8, 4, 1, 0.2, False, 1),
        "all_together": (9, 5, 0.375, 0.3, True, 3),
    }
    for case, (samples, classes, weight, smoothing, is_weighted, ignored) in cases.items():
        for kind in ("cross_entropy", "log_softmax_nll_loss"):
            if kind != "cross_entropy" and smoothing:
                continue
            draw = Draw(name := f"{kind}/{case}")
            x, labels = 2 * draw.normal(samples, classes), draw.integers(0, classes, samples)
            # Random labels may miss the one that counts nothing.
            if ignored is not None:
                labels[1::3] = ignored
            constants = {"labels": labels, "loss_weight": torch.tensor(weight, dtype=torch.float64)}
            options = {}
            if is_weighted:
                # One class counts nothing.
                options["weight"] = draw.normal(classes).abs()
                options["weight"][0] = 0
                constants["class_weights"] = options["weight"]
            if ignored is not None:
                options["ignore_index"] = ignored
                constants["ignore_index"] = torch.tensor(ignored)
            if smoothing:
                options["label_smoothing"] = smoothing
                constants["label_smoothing"] = torch.tensor(smoothing, dtype=torch.float64)
            if kind == "cross_entropy":
                yield name, {"input": x}, constants, lambda t, c, o=options: (
                    c["loss_weight"] * F.cross_entropy(t["input"], c["labels"], **o))
            else:
                yield name, {"input": x}, constants, lambda t, c, o=options: (
                    c["loss_weight"] * F.nll_loss(F.log_softmax(t["input"], 1), c["labels"], **o))


def cases():
    """Yields what `evaluate` takes."""
    yield from losses_of_numbers()
    yield from losses_of_labels()


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("losses", evaluate(cases()), "losses.py")

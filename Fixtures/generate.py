"""Writes the reference values that the tests compare with: layers, optimizers and a training curve, as PyTorch computes
them in float64. README.md beside this file says what each tensor is called and how to run it.
"""
import zlib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

SEED = 20_240
FOLDER = Path(__file__).parent


def generator(name):
    """Random numbers of one case: a case that is added or removed leaves the others as they are."""
    return torch.Generator().manual_seed(SEED + zlib.crc32(name.encode()))


# ---------------------------------------------------------------------------------------------------------- geometries

# case: (input [N, C, H, W], output channels, kernel, stride, padding, dilation), each of the last four as (h, w)
CONV2D = {
    "3x3_pad1": ((2, 3, 6, 6), 4, (3, 3), (1, 1), (1, 1), (1, 1)),
    "3x3_no_padding": ((2, 3, 6, 5), 4, (3, 3), (1, 1), (0, 0), (1, 1)),
    "1x1": ((2, 5, 4, 4), 3, (1, 1), (1, 1), (0, 0), (1, 1)),
    "5x3_on_9x7": ((2, 2, 9, 7), 3, (5, 3), (1, 1), (0, 0), (1, 1)),
    "stride2": ((2, 3, 8, 8), 4, (3, 3), (2, 2), (1, 1), (1, 1)),
    "stride2_leftover": ((2, 3, 8, 6), 4, (3, 3), (2, 2), (0, 0), (1, 1)),
    "stride3_kernel2": ((2, 2, 8, 8), 3, (2, 2), (3, 3), (0, 0), (1, 1)),
    "dilation2": ((2, 3, 9, 8), 4, (3, 3), (1, 1), (2, 2), (2, 2)),
    "padding_1x2": ((2, 3, 5, 6), 4, (3, 3), (1, 1), (1, 2), (1, 1)),
    "every_side_differs": ((3, 2, 11, 9), 5, (3, 2), (2, 3), (2, 1), (2, 3)),
    "1_to_8": ((2, 1, 7, 7), 8, (3, 3), (1, 1), (1, 1), (1, 1)),
    "3_to_5": ((2, 3, 5, 7), 5, (3, 3), (1, 1), (1, 1), (1, 1)),
    "16_to_17": ((2, 16, 6, 6), 17, (3, 3), (1, 1), (1, 1), (1, 1)),
    "one_sample": ((1, 3, 6, 6), 4, (3, 3), (1, 1), (1, 1), (1, 1)),
    "7x7_pad3": ((2, 1, 10, 9), 4, (7, 7), (1, 1), (3, 3), (1, 1)),
    "kernel_fills_image": ((3, 2, 4, 3), 5, (4, 3), (1, 1), (0, 0), (1, 1)),
}

# case: (input [N, C, H, W], kernel, stride, padding), the last three as (h, w)
POOL2D = {
    "2_stride2": ((2, 3, 6, 6), (2, 2), (2, 2), (0, 0)),
    "2_stride2_leftover": ((2, 3, 7, 5), (2, 2), (2, 2), (0, 0)),
    "3_stride1_pad1": ((2, 3, 6, 5), (3, 3), (1, 1), (1, 1)),
    "2_stride1_pad1": ((2, 3, 5, 5), (2, 2), (1, 1), (1, 1)),
    "3_stride2": ((2, 3, 7, 9), (3, 3), (2, 2), (0, 0)),
    "2_stride3_gapped": ((2, 3, 8, 8), (2, 2), (3, 3), (0, 0)),
    "every_side_differs": ((2, 3, 9, 8), (3, 2), (2, 3), (1, 0)),
    "one_sample": ((1, 5, 4, 4), (2, 2), (2, 2), (0, 0)),
}


# --------------------------------------------------------------------------------------------------------- layer cases


class Draw:
    """Draws a case's tensors; every call moves on in the case's own random stream."""

    def __init__(self, name):
        self.generator = generator(name)

    def normal(self, *shape):
        return torch.randn(shape, generator=self.generator, dtype=torch.float64)

    def integers(self, low, high, *shape):
        return torch.randint(low, high, shape, generator=self.generator)

    def layer(self, outputs, *inputs):
        """Weight and bias, uniform in ±1/√fan_in as PyTorch draws them."""
        bound = torch.tensor(inputs).prod().item() ** -0.5
        uniform = lambda *shape: (2 * torch.rand(shape, generator=self.generator, dtype=torch.float64) - 1) * bound
        return {"weight": uniform(outputs, *inputs), "bias": uniform(outputs)}


def prefixed(prefix, tensors):
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def layer_cases():
    """Yields (name, differentiable tensors, constants, function of both that returns the output)."""
    for case, (shape, outputs, *geometry) in CONV2D.items():
        draw = Draw(name := f"conv2d/{case}")
        sizes = dict(zip(("kernel", "stride", "padding", "dilation"), map(torch.tensor, geometry)))
        leaves = {"input": draw.normal(*shape), **draw.layer(outputs, shape[1], *geometry[0])}
        yield name, leaves, sizes, lambda t, _, g=geometry: F.conv2d(t["input"], t["weight"], t["bias"], *g[1:])

    for case, (shape, *geometry) in POOL2D.items():
        sizes = dict(zip(("kernel", "stride", "padding"), map(torch.tensor, geometry)))
        for kind, function in (("max_pool2d", F.max_pool2d), ("avg_pool2d", F.avg_pool2d)):
            draw = Draw(name := f"{kind}/{case}")
            yield name, {"input": draw.normal(*shape)}, sizes, lambda t, _, f=function, g=geometry: f(t["input"], *g)
        # Of equal values the first in row-major order gets the gradient; padding must lose against every number.
        draw = Draw(name := f"max_pool2d/{case}_ties")
        ties = draw.integers(-2, 2, *shape).double()
        yield name, {"input": ties}, sizes, lambda t, _, g=geometry: F.max_pool2d(t["input"], *g)
        draw = Draw(name := f"max_pool2d/{case}_negative")
        negative = -1 - draw.normal(*shape).abs()
        yield name, {"input": negative}, sizes, lambda t, _, g=geometry: F.max_pool2d(t["input"], *g)

    for case, shape in {"square": (2, 3, 4, 4), "non_square": (3, 5, 7, 3), "1x1": (2, 3, 1, 1)}.items():
        draw = Draw(name := f"global_average_pool/{case}")
        yield name, {"input": draw.normal(*shape)}, {}, lambda t, _: t["input"].mean(dim=(2, 3))

    for case, shape in {"images": (2, 3, 5, 4), "features": (3, 17)}.items():
        draw = Draw(name := f"relu/{case}")
        yield name, {"input": draw.normal(*shape)}, {}, lambda t, _: F.relu(t["input"])
    # The gradient at exactly 0 is 0; -0 stands among the zeros.
    zeros = torch.tensor([[0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, 0.0]], dtype=torch.float64)
    yield "relu/zeros", {"input": zeros}, {}, lambda t, _: F.relu(t["input"])

    linear = lambda t, _: F.linear(t["input"].flatten(1), t["weight"], t["bias"])
    for case, (count, inputs, outputs) in {
        "5_to_3": (4, 5, 3), "33_to_17": (3, 33, 17), "64_to_16": (8, 64, 16), "1_to_1": (2, 1, 1),
        "one_sample": (1, 7, 9),
    }.items():
        draw = Draw(name := f"linear/{case}")
        yield name, {"input": draw.normal(count, inputs), **draw.layer(outputs, inputs)}, {}, linear
    # The input features of weight count in C, H, W order.
    for case, (shape, outputs) in {"2x3x4": ((3, 2, 3, 4), 5), "16x3x3": ((2, 16, 3, 3), 7)}.items():
        draw = Draw(name := f"flatten_linear/{case}")
        features = shape[1] * shape[2] * shape[3]
        yield name, {"input": draw.normal(*shape), **draw.layer(outputs, features)}, {}, linear

    for case, (shape, training) in {
        "training_images": ((4, 3, 5, 4), True), "training_features": ((6, 7), True),
        "training_one_sample": ((1, 5, 3, 3), True), "training_offset": ((4, 3, 5, 5), True),
        "inference_images": ((4, 3, 5, 4), False), "inference_features": ((6, 7), False),
    }.items():
        yield batch_norm_case(case, shape, training)

    for kind, function in (("softmax", F.softmax), ("log_softmax", F.log_softmax)):
        for case, (shape, scale) in {
            "10": ((4, 10), 1), "3": ((5, 3), 3), "1": ((2, 1), 1), "large": ((4, 6), 300),
        }.items():
            draw = Draw(name := f"{kind}/{case}")
            yield name, {"input": scale * draw.normal(*shape)}, {}, lambda t, _, f=function: f(t["input"], dim=1)

    # The mean over the batch times loss_weight.
    losses = {
        "cross_entropy": lambda t, c: c["loss_weight"] * F.cross_entropy(t["input"], c["labels"]),
        "nll_loss": lambda t, c: c["loss_weight"] * F.nll_loss(t["input"], c["labels"]),
        "log_softmax_nll_loss": lambda t, c: c["loss_weight"] * F.nll_loss(F.log_softmax(t["input"], 1), c["labels"]),
    }
    for kind, function in losses.items():
        for case, (shape, scale, weight) in {
            "10": ((8, 10), 1, 1), "weighted": ((5, 4), 2, 0.375), "large": ((6, 5), 300, 1),
            "one_sample": ((1, 7), 1, 1),
        }.items():
            draw = Draw(name := f"{kind}/{case}")
            logits = scale * draw.normal(*shape)
            leaves = {"input": F.log_softmax(logits, 1) if kind == "nll_loss" else logits}
            constants = {"labels": draw.integers(0, shape[1], shape[0]), "loss_weight": torch.tensor(weight).double()}
            yield name, leaves, constants, function

    yield from graph_cases()


def batch_norm_case(case, shape, training):
    draw = Draw(name := f"batch_norm/{case}")
    features = shape[1]
    # An offset of 1000 standard deviations shows a variance taken as E[x²] - E[x]².
    leaves = {"input": draw.normal(*shape) + (1000 if case == "training_offset" else 0.5)}
    leaves |= {"weight": 1 + 0.3 * draw.normal(features), "bias": 0.3 * draw.normal(features)}
    constants = {"running_mean": 0.2 * draw.normal(features), "running_var": 0.5 + draw.normal(features).abs()}

    def run(t, c):
        after = {key: value.clone() for key, value in c.items()}
        output = F.batch_norm(t["input"], **after, weight=t["weight"], bias=t["bias"], training=training)
        return output, {f"{key}_after": value for key, value in after.items()}

    return name, leaves, constants, run


def graph_cases():
    """Networks in which one tensor feeds several consumers, whose gradients must be added up."""
    conv = lambda t, name, x: F.conv2d(x, t[f"{name}.weight"], t[f"{name}.bias"], padding=1)
    linear = lambda t, name, x: F.linear(x, t[f"{name}.weight"], t[f"{name}.bias"])

    draw = Draw(name := "add/input_and_conv")
    leaves = {"input": draw.normal(2, 3, 5, 4), **prefixed("conv", draw.layer(3, 3, 3, 3))}
    yield name, leaves, {}, lambda t, _: t["input"] + conv(t, "conv", t["input"])

    draw = Draw(name := "add/residual_block")
    leaves = {"input": draw.normal(2, 2, 5, 5), **prefixed("conv1", draw.layer(4, 2, 3, 3))}
    leaves |= prefixed("conv2", draw.layer(4, 4, 3, 3))

    def residual_block(t, _):
        trunk = F.relu(conv(t, "conv1", t["input"]))
        return F.relu(trunk + conv(t, "conv2", trunk))

    yield name, leaves, {}, residual_block

    draw = Draw(name := "two_heads/weights_2_to_1")
    leaves = {"input": draw.normal(4, 2, 6, 6), **prefixed("conv", draw.layer(3, 2, 3, 3))}
    leaves |= prefixed("fc_a", draw.layer(5, 27)) | prefixed("fc_b", draw.layer(3, 27))
    constants = {"labels_a": draw.integers(0, 5, 4), "labels_b": draw.integers(0, 3, 4)}

    def two_heads(t, c):
        trunk = F.max_pool2d(F.relu(conv(t, "conv", t["input"])), 2).flatten(1)
        a = F.cross_entropy(linear(t, "fc_a", trunk), c["labels_a"])
        b = F.cross_entropy(linear(t, "fc_b", trunk), c["labels_b"])
        return 2 * a + b, {"loss_a": a, "loss_b": b}

    yield name, leaves, constants, two_heads


def evaluate(cases):
    """The tensors of a file of cases: each run forward and, under a random upstream gradient, backward.

    A loss, which is a scalar and the end of its graph, has the upstream gradient 1.
    """
    tensors = {}
    for name, leaves, constants, run in cases:
        for leaf in leaves.values():
            leaf.requires_grad_()
        output = run(leaves, constants)
        output, extra = output if isinstance(output, tuple) else (output, {})
        upstream = Draw(f"{name}/upstream").normal(*output.shape) if output.dim() else torch.ones_like(output)
        gradients = torch.autograd.grad(output, list(leaves.values()), upstream)
        results = leaves | constants | extra | {"output": output, "upstream": upstream}
        results |= {f"grad_{key}": gradient for key, gradient in zip(leaves, gradients)}
        for key, value in results.items():
            assert f"{name}/{key}" not in tensors
            tensors[f"{name}/{key}"] = value
    return tensors


# ---------------------------------------------------------------------------------------------------------- optimizers

OPTIMIZERS = {
    "adam/defaults": (torch.optim.Adam, {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}),
    "adam/other": (torch.optim.Adam, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4}),
    "sgd/momentum": (torch.optim.SGD, {"lr": 0.01, "momentum": 0.9}),
    "sgd/plain": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.0}),
}


def optimizers():
    """The tensors of optimizers.safetensors: 37 parameters after each of 10 steps under given gradients."""
    tensors = {}
    for name, (optimizer_type, options) in OPTIMIZERS.items():
        draw = Draw(name)
        parameter = draw.normal(37)
        # From 1e-9 to 1e3, so that eps matters for some elements and not for others; some gradients are 0 throughout.
        gradients = draw.normal(10, 37) * torch.logspace(-9, 3, 37, dtype=torch.float64)
        gradients[:, ::12] = 0
        tensors[f"{name}/initial"] = parameter.clone()
        tensors[f"{name}/gradients"] = gradients
        tensors |= {f"{name}/{key}": torch.tensor(value, dtype=torch.float64) for key, value in options.items()}
        optimizer = optimizer_type([parameter], **options)
        steps = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimizer.step()
            steps.append(parameter.clone())
        tensors[f"{name}/parameters"] = torch.stack(steps)
    return tensors


# --------------------------------------------------------------------------------------------------------------- curve


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 6, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1, stride=2)
        self.bn2 = nn.BatchNorm2d(8)
        self.fc1 = nn.Linear(8, 12)
        self.fc_a = nn.Linear(12, 5)
        self.fc_b = nn.Linear(12, 3)

    def forward(self, x):  # [N, 2, 10, 10]
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)  # [N, 6, 5, 5]
        x = F.relu(self.bn2(self.conv2(x)))  # [N, 8, 3, 3]
        x = F.relu(self.fc1(x.mean(dim=(2, 3))))  # [N, 12]
        return self.fc_a(x), self.fc_b(x)


def curve():
    """The tensors of curve.safetensors: 20 steps of Adam on 2 · cross-entropy(a) + cross-entropy(b)."""
    torch.manual_seed(SEED)
    network = TwoHeads().double()
    draw = Draw("curve")
    labels = {"labels_a": draw.integers(0, 5, 20, 8), "labels_b": draw.integers(0, 3, 20, 8)}
    patterns_a, patterns_b = draw.normal(5, 2, 10, 10), draw.normal(3, 2, 10, 10)
    inputs = patterns_a[labels["labels_a"]] + patterns_b[labels["labels_b"]] + 0.5 * draw.normal(20, 8, 2, 10, 10)

    tensors = {"inputs": inputs, **labels}
    tensors |= {f"initial/{key}": value.clone() for key, value in network.state_dict().items()}
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = {"loss": [], "loss_a": [], "loss_b": []}
    for x, labels_a, labels_b in zip(inputs, labels["labels_a"], labels["labels_b"]):
        logits_a, logits_b = network(x)
        a, b = F.cross_entropy(logits_a, labels_a), F.cross_entropy(logits_b, labels_b)
        loss = 2 * a + b
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for key, value in zip(losses, (loss, a, b)):
            losses[key].append(value.detach())
    tensors |= {key: torch.stack(values) for key, values in losses.items()}
    tensors |= {f"final/{key}": value.clone() for key, value in network.state_dict().items()}
    logits_a, logits_b = network.eval()(inputs[0])
    return tensors | {"inference/logits_a": logits_a, "inference/logits_b": logits_b}


def write(name, tensors, script):
    # Copies, because save_file refuses tensors that share memory, as the sizes of several cases do.
    tensors = {key: value.detach().clone().contiguous() for key, value in tensors.items()}
    # One entry: safetensors writes several in no fixed order.
    made_by = {"made_by": f"Fixtures/{script}, seed {SEED}, torch {torch.__version__}"}
    save_file(tensors, FOLDER / f"{name}.safetensors", metadata=made_by)
    print(f"{name}.safetensors: {len(tensors)} tensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("layers", evaluate(layer_cases()), "generate.py")
    write("optimizers", optimizers(), "generate.py")
    write("curve", curve(), "generate.py")

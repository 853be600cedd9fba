"""Writes more_layers.safetensors: further layers, geometries and small networks, as PyTorch computes them in float64.
README.md beside this file says what each tensor is called.
"""
import torch
import torch.nn.functional as F

from generate import Draw, evaluate, prefixed, write

# ---------------------------------------------------------------------------------------------------------- geometries

# case: (input [N, C, H, W], output channels, kernel, stride, padding, dilation as (h, w), groups)
GROUPED = {
    "groups2": ((2, 4, 6, 5), 6, (3, 3), (1, 1), (1, 1), (1, 1), 2),
    "groups3": ((2, 6, 7, 6), 9, (3, 2), (2, 1), (1, 1), (1, 2), 3),
    "groups2_wide": ((1, 32, 4, 5), 34, (3, 3), (1, 1), (1, 1), (1, 1), 2),
    "groups2_1x1": ((2, 6, 4, 3), 4, (1, 1), (1, 1), (0, 0), (1, 1), 2),
    "depthwise": ((2, 5, 6, 7), 5, (3, 3), (1, 1), (1, 1), (1, 1), 5),
    "depthwise_stride2": ((2, 17, 7, 6), 17, (3, 3), (2, 2), (1, 1), (1, 1), 17),
    "depthwise_every_side_differs": ((2, 3, 9, 8), 3, (5, 2), (1, 2), (2, 1), (1, 2), 3),
    "depthwise_multiplier2": ((2, 3, 6, 5), 6, (3, 3), (1, 1), (1, 1), (1, 1), 3),
    "depthwise_multiplier2_stride2": ((2, 9, 5, 6), 18, (3, 3), (2, 2), (1, 1), (1, 1), 9),
}

# case: (input, output channels, kernel, stride, padding as (top, left, bottom, right), dilation)
PADDED = {
    "right_and_bottom": ((2, 3, 6, 5), 4, (3, 3), (1, 1), (0, 0, 2, 2), (1, 1)),
    "every_side_differs": ((2, 3, 6, 5), 4, (3, 4), (1, 1), (1, 0, 2, 3), (1, 1)),
    "stride2": ((2, 3, 7, 8), 4, (3, 3), (2, 2), (0, 1, 1, 0), (1, 1)),
    "dilation": ((2, 2, 7, 6), 3, (2, 3), (1, 1), (0, 1, 1, 2), (2, 2)),
}

# case: (input, output channels, kernel, dilation), with padding='same'
SAME = {
    "even": ((2, 3, 6, 5), 4, (2, 4), (1, 1)),
    "even_dilation3": ((2, 2, 7, 6), 3, (2, 2), (3, 3)),
    "odd": ((2, 3, 5, 6), 4, (3, 5), (1, 1)),
}

# case: (input, output channels, kernel, stride, padding, output padding, dilation, groups)
TRANSPOSED = {
    "plain": ((2, 3, 4, 5), 4, (3, 3), (1, 1), (0, 0), (0, 0), (1, 1), 1),
    "2_stride2": ((2, 4, 4, 3), 3, (2, 2), (2, 2), (0, 0), (0, 0), (1, 1), 1),
    "stride2_output_padding": ((2, 3, 4, 4), 5, (3, 3), (2, 2), (1, 1), (1, 1), (1, 1), 1),
    "padding": ((2, 3, 5, 4), 4, (4, 3), (1, 1), (2, 1), (0, 0), (1, 1), 1),
    "dilation2": ((2, 3, 4, 4), 4, (3, 3), (1, 1), (1, 1), (0, 0), (2, 2), 1),
    "every_side_differs": ((2, 2, 4, 3), 3, (3, 2), (2, 3), (1, 0), (1, 2), (1, 2), 1),
    "gapped": ((2, 2, 3, 4), 3, (2, 2), (3, 3), (0, 0), (0, 0), (1, 1), 1),
    "groups2": ((2, 4, 4, 5), 6, (3, 3), (2, 2), (1, 1), (0, 0), (1, 1), 2),
    "depthwise": ((2, 3, 4, 4), 3, (4, 4), (2, 2), (1, 1), (0, 0), (1, 1), 3),
    "wide": ((1, 17, 3, 4), 18, (3, 3), (1, 1), (1, 1), (0, 0), (1, 1), 1),
}

# case: (input, kernel, stride, padding, dilation, ceil_mode)
MAX_POOL = {
    "dilation2": ((2, 3, 7, 6), (2, 2), (1, 1), (0, 0), (2, 2), False),
    "dilation_1x2_stride2": ((2, 3, 8, 9), (3, 2), (2, 2), (1, 1), (1, 2), False),
    "ceil": ((2, 3, 6, 7), (3, 3), (2, 2), (0, 0), (1, 1), True),
    "ceil_padding": ((2, 3, 6, 5), (3, 3), (2, 2), (1, 1), (1, 1), True),
    # Rounded up, the last window would start in the padding, where PyTorch leaves it out.
    "ceil_no_window_in_padding": ((2, 3, 5, 7), (2, 2), (2, 2), (1, 1), (1, 1), True),
    "ceil_dilation2": ((2, 3, 8, 7), (2, 3), (3, 2), (0, 1), (2, 2), True),
}

# case: (input, kernel, stride, padding, ceil_mode, count_include_pad)
AVERAGE_POOL = {
    "ceil": ((2, 3, 6, 7), (3, 3), (2, 2), (0, 0), True, True),
    "ceil_padding": ((2, 3, 6, 5), (3, 3), (2, 2), (1, 1), True, True),
    "ceil_no_window_in_padding": ((2, 3, 5, 7), (2, 2), (2, 2), (1, 1), True, True),
    "without_padding": ((2, 3, 6, 5), (3, 3), (1, 1), (1, 1), False, False),
    "without_padding_stride2": ((2, 3, 7, 8), (3, 2), (2, 2), (1, 1), False, False),
    "ceil_without_padding": ((2, 3, 6, 7), (3, 3), (2, 2), (1, 1), True, False),
}

# case: (input, output size (h, w))
UPSAMPLE = {
    "twice": ((2, 3, 3, 4), (6, 8)),
    "three_times": ((2, 3, 2, 3), (6, 9)),
    "up_uneven": ((2, 3, 4, 3), (7, 5)),
    "down": ((2, 3, 7, 6), (3, 4)),
    "down_by_half": ((2, 3, 6, 8), (3, 4)),
    "up_and_down": ((2, 2, 3, 8), (8, 3)),
    "from_one_pixel": ((2, 3, 1, 1), (3, 2)),
}

# ---------------------------------------------------------------------------------------------------------------- cases


def convolutions():
    for case, (shape, outputs, *geometry, groups) in GROUPED.items():
        draw = Draw(name := f"conv2d/{case}")
        sizes = dict(zip(("kernel", "stride", "padding", "dilation", "groups"), map(torch.tensor, (*geometry, groups))))
        leaves = {"input": draw.normal(*shape), **draw.layer(outputs, shape[1] // groups, *geometry[0])}
        yield name, leaves, sizes, lambda t, _, g=(*geometry[1:], groups): F.conv2d(
            t["input"], t["weight"], t["bias"], *g)

    for case, (shape, outputs, kernel, stride, padding, dilation) in PADDED.items():
        draw = Draw(name := f"conv2d/padding_{case}")
        sizes = dict(zip(("kernel", "stride", "padding", "dilation"), map(torch.tensor, (kernel, stride, padding, dilation))))
        leaves = {"input": draw.normal(*shape), **draw.layer(outputs, shape[1], *kernel)}
        top, left, bottom, right = padding
        yield name, leaves, sizes, lambda t, _, p=(left, right, top, bottom), s=stride, d=dilation: F.conv2d(
            F.pad(t["input"], p), t["weight"], t["bias"], s, 0, d)

    for case, (shape, outputs, kernel, dilation) in SAME.items():
        draw = Draw(name := f"conv2d_same/{case}")
        sizes = {"kernel": torch.tensor(kernel), "dilation": torch.tensor(dilation)}
        leaves = {"input": draw.normal(*shape), **draw.layer(outputs, shape[1], *kernel)}
        yield name, leaves, sizes, lambda t, _, d=dilation: F.conv2d(
            t["input"], t["weight"], t["bias"], padding="same", dilation=d)

    names = ("kernel", "stride", "padding", "output_padding", "dilation", "groups")
    for case, (shape, outputs, kernel, stride, padding, more, dilation, groups) in TRANSPOSED.items():
        draw = Draw(name := f"conv_transpose2d/{case}")
        sizes = dict(zip(names, map(torch.tensor, (kernel, stride, padding, more, dilation, groups))))
        # Its weight is [inputs, outputs/groups, kH, kW], so the bias is drawn by itself.
        leaves = {"input": draw.normal(*shape), "weight": draw.layer(shape[1], outputs // groups, *kernel)["weight"]}
        leaves["bias"] = draw.normal(outputs)
        yield name, leaves, sizes, lambda t, _, g=(stride, padding, more, groups, dilation): F.conv_transpose2d(
            t["input"], t["weight"], t["bias"], *g)


def pools():
    names = ("kernel", "stride", "padding", "dilation", "ceil_mode")
    for case, (shape, *geometry) in MAX_POOL.items():
        draw = Draw(name := f"max_pool2d/{case}")
        sizes = {key: torch.tensor(size).long() for key, size in zip(names, geometry)}
        yield name, {"input": draw.normal(*shape)}, sizes, lambda t, _, g=geometry: F.max_pool2d(t["input"], *g)

    names = ("kernel", "stride", "padding", "ceil_mode", "count_include_pad")
    for case, (shape, *geometry) in AVERAGE_POOL.items():
        draw = Draw(name := f"avg_pool2d/{case}")
        sizes = {key: torch.tensor(size).long() for key, size in zip(names, geometry)}
        yield name, {"input": draw.normal(*shape)}, sizes, lambda t, _, g=geometry: F.avg_pool2d(t["input"], *g)

    maximum = lambda t, _: F.adaptive_max_pool2d(t["input"], 1).flatten(1)
    for case, shape in {"square": (2, 3, 4, 4), "non_square": (3, 5, 7, 3), "1x1": (2, 3, 1, 1)}.items():
        yield f"global_max_pool/{case}", {"input": Draw(f"global_max_pool/{case}").normal(*shape)}, {}, maximum
    draw = Draw(name := "global_max_pool/ties")
    yield name, {"input": draw.integers(-2, 2, 3, 4, 5, 4).double()}, {}, maximum
    draw = Draw(name := "global_max_pool/negative")
    yield name, {"input": -1 - draw.normal(2, 3, 4, 5).abs()}, {}, maximum


def pointwise():
    # kind/case: (function, its constant)
    functions = {
        "leaky_relu/slope_0.01": (F.leaky_relu, {"negative_slope": 0.01}),
        "leaky_relu/slope_0.3": (F.leaky_relu, {"negative_slope": 0.3}),
        "sigmoid/images": (torch.sigmoid, {}), "tanh/images": (torch.tanh, {}), "gelu/images": (F.gelu, {}),
        "silu/images": (F.silu, {}), "elu/alpha_1": (F.elu, {"alpha": 1.0}), "elu/alpha_0.5": (F.elu, {"alpha": 0.5}),
    }
    # Around 0, and far away from it.
    edges = torch.tensor([[0.0, -0.0, 1e-30, -1e-30, 1e-3, -1e-3, 20.0, -20.0, 60.0, -60.0]], dtype=torch.float64)
    for name, (function, options) in functions.items():
        constants = {key: torch.tensor(value, dtype=torch.float64) for key, value in options.items()}
        run = lambda t, _, f=function, o=options: f(t["input"], **o)
        yield name, {"input": 3 * Draw(name).normal(2, 3, 5, 4)}, constants, run
        yield f"{name}_edges", {"input": edges.clone()}, constants, run


def combinations():
    conv = lambda t, x: F.conv2d(x, t["conv.weight"], t["conv.bias"], padding=1)

    for case, shape in {"images": (2, 3, 5, 4), "features": (3, 17)}.items():
        draw = Draw(name := f"multiply/{case}")
        leaves = {"input": draw.normal(*shape), "other": draw.normal(*shape)}
        yield name, leaves, {}, lambda t, _: t["input"] * t["other"]
    draw = Draw(name := "multiply/input_and_conv")
    leaves = {"input": draw.normal(2, 3, 5, 4), **prefixed("conv", draw.layer(3, 3, 3, 3))}
    yield name, leaves, {}, lambda t, _: t["input"] * conv(t, t["input"])

    three = lambda t, _: torch.cat([t["input"], t["other"], t["other2"]], dim=1)
    draw = Draw(name := "concat/images")
    leaves = {"input": draw.normal(2, 3, 4, 5), "other": draw.normal(2, 1, 4, 5), "other2": draw.normal(2, 18, 4, 5)}
    yield name, leaves, {}, three
    draw = Draw(name := "concat/features")
    yield name, {"input": draw.normal(3, 5), "other": draw.normal(3, 2), "other2": draw.normal(3, 1)}, {}, three
    draw = Draw(name := "concat/input_and_conv")
    leaves = {"input": draw.normal(2, 3, 5, 4), **prefixed("conv", draw.layer(4, 3, 3, 3))}
    yield name, leaves, {}, lambda t, _: torch.cat([t["input"], conv(t, t["input"])], dim=1)


def normalizations():
    for case, (shape, affine, offset) in {
        "images": ((3, 4, 3, 5), True, 0.5), "features": ((5, 17), True, 0.5), "plain": ((3, 2, 4, 3), False, 0.5),
        "one_sample": ((1, 3, 4, 4), True, 0.5), "offset": ((2, 3, 4, 5), True, 1000),
    }.items():
        draw = Draw(name := f"layer_norm/{case}")
        leaves = {"input": draw.normal(*shape) + offset}
        if affine:
            leaves |= {"weight": 1 + 0.3 * draw.normal(*shape[1:]), "bias": 0.3 * draw.normal(*shape[1:])}
        yield name, leaves, {}, lambda t, _, s=shape[1:]: F.layer_norm(t["input"], s, t.get("weight"), t.get("bias"))

    for case, (shape, groups, affine, offset) in {
        "1": ((2, 6, 3, 4), 1, True, 0.5), "2": ((2, 6, 3, 4), 2, True, 0.5), "3": ((3, 6, 4, 3), 3, True, 0.5),
        "each_channel": ((2, 5, 3, 4), 5, True, 0.5), "wide": ((2, 34, 2, 3), 2, True, 0.5),
        "features": ((4, 12), 3, True, 0.5), "plain": ((2, 4, 3, 3), 2, False, 0.5),
        "offset": ((2, 4, 4, 5), 2, True, 1000),
    }.items():
        draw = Draw(name := f"group_norm/{case}")
        leaves = {"input": draw.normal(*shape) + offset}
        if affine:
            leaves |= {"weight": 1 + 0.3 * draw.normal(shape[1]), "bias": 0.3 * draw.normal(shape[1])}
        yield name, leaves, {"groups": torch.tensor(groups)}, lambda t, _, g=groups: F.group_norm(
            t["input"], g, t.get("weight"), t.get("bias"))


def rearrangements():
    for case, (shape, size) in UPSAMPLE.items():
        for mode in ("nearest", "bilinear"):
            draw = Draw(name := f"upsample_{mode}/{case}")
            options = {"mode": mode} | ({"align_corners": False} if mode == "bilinear" else {})
            yield name, {"input": draw.normal(*shape)}, {"size": torch.tensor(size)}, lambda t, _, s=size, o=options: (
                F.interpolate(t["input"], s, **o))

    for case, (shape, to) in {
        "features_to_images": ((3, 24), (2, 3, 4)), "images_to_images": ((2, 2, 3, 4), (4, 1, 6)),
        "images_to_features": ((2, 3, 2, 5), (30,)), "many_channels": ((2, 18, 2, 3), (4, 9, 3)),
    }.items():
        draw = Draw(name := f"reshape/{case}")
        yield name, {"input": draw.normal(*shape)}, {}, lambda t, _, s=to: t["input"].reshape(-1, *s)


def networks():
    """Networks whose results depend on the order in which PyTorch flattens images; 3×3 convolutions with padding 1."""
    conv = lambda t, x: F.conv2d(x, t["conv.weight"], t["conv.bias"], padding=1)
    linear = lambda t, x, name="fc": F.linear(x, t[f"{name}.weight"], t[f"{name}.bias"])

    def leaves(name, **more):
        """An input [4, 2, 4, 3], a convolution to 3 channels, so 36 features, and further layers as (outputs, inputs…)."""
        draw = Draw(name)
        tensors = {"input": draw.normal(4, 2, 4, 3), **prefixed("conv", draw.layer(3, 2, 3, 3))}
        for layer, shape in more.items():
            # One number: the weight and bias of a normalization.
            vectors = {"weight": 1 + 0.3 * draw.normal(*shape), "bias": 0.3 * draw.normal(*shape)}
            tensors |= prefixed(layer, draw.layer(*shape) if len(shape) > 1 else vectors)
        return tensors

    name = "network/flatten"
    yield name, leaves(name), {}, lambda t, _: conv(t, t["input"]).flatten(1)

    name = "network/flatten_relu_linear"
    yield name, leaves(name, fc=(5, 36)), {}, lambda t, _: linear(t, F.relu(conv(t, t["input"]).flatten(1)))

    name = "network/flatten_gelu_linear"
    yield name, leaves(name, fc=(5, 36)), {}, lambda t, _: linear(t, F.gelu(conv(t, t["input"]).flatten(1)))

    name = "network/flatten_batch_norm_linear"
    yield name, leaves(name, bn=(36,), fc=(5, 36)), {}, lambda t, _: linear(
        t, F.batch_norm(conv(t, t["input"]).flatten(1), None, None, t["bn.weight"], t["bn.bias"], training=True))

    name = "network/flatten_layer_norm_linear"
    yield name, leaves(name, ln=(36,), fc=(5, 36)), {}, lambda t, _: linear(
        t, F.layer_norm(conv(t, t["input"]).flatten(1), (36,), t["ln.weight"], t["ln.bias"]))

    name = "network/flatten_group_norm_linear"
    yield name, leaves(name, gn=(36,), fc=(5, 36)), {}, lambda t, _: linear(
        t, F.group_norm(conv(t, t["input"]).flatten(1), 4, t["gn.weight"], t["gn.bias"]))

    name = "network/flatten_softmax"
    yield name, leaves(name), {}, lambda t, _: F.softmax(conv(t, t["input"]).flatten(1), 1)

    name = "network/flatten_log_softmax"
    yield name, leaves(name), {}, lambda t, _: F.log_softmax(conv(t, t["input"]).flatten(1), 1)

    name = "network/flatten_concat_linear"
    yield name, leaves(name, fc=(5, 60)), {}, lambda t, _: linear(
        t, torch.cat([conv(t, t["input"]).flatten(1), t["input"].flatten(1)], 1))

    name = "network/flatten_add_linear"
    yield name, leaves(name, fc1=(36, 24), fc=(5, 36)), {}, lambda t, _: linear(
        t, conv(t, t["input"]).flatten(1) + linear(t, t["input"].flatten(1), "fc1"))

    # A decoder: what a linear layer makes is looked at as an image.
    def decoder(t, _):
        x = torch.tanh(linear(t, conv(t, t["input"]).flatten(1))).reshape(-1, 2, 3, 2)
        return F.conv_transpose2d(x, t["up.weight"], t["up.bias"], stride=2)

    name = "network/decoder"
    tensors = leaves(name, fc=(12, 36), up=(2, 4, 2, 2))
    tensors["up.bias"] = Draw(f"{name}/bias").normal(4)
    yield name, tensors, {}, decoder

    # A small U-Net: down, up, and the first image beside the second.
    def skip(t, _):
        x = F.silu(conv(t, t["input"]))
        y = F.interpolate(F.avg_pool2d(x, 2), size=(4, 3), mode="bilinear", align_corners=False)
        return F.conv2d(torch.cat([x, y], 1), t["top.weight"], t["top.bias"])

    name = "network/skip"
    yield name, leaves(name, top=(2, 6, 1, 1)), {}, skip


def cases():
    """Yields what `evaluate` takes."""
    for group in (convolutions, pools, pointwise, combinations, normalizations, rearrangements, networks):
        yield from group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("more_layers", evaluate(cases()), "more_layers.py")

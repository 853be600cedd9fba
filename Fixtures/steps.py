"""Writes steps.safetensors: a small network's parameters after each of 5 steps of every optimizer with its options, as
PyTorch computes them in float64. README.md beside this file says what each tensor is called.
"""
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

from generate import SEED, Draw, write

STEPS, SAMPLES = 5, 8


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 5)
        self.fc2 = nn.Linear(5, 3)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


# Options by PyTorch's names, and besides: max_norm of clip_grad_norm_; average_decay of an exponential moving average;
# fc2_factor, what the learning rate of fc2 is multiplied by; fc1_frozen; matrices_only, whether biases do not decay.
CASES = {
    "adam/weight_decay": {"lr": 0.01, "weight_decay": 0.1},
    "adam/clipped": {"lr": 0.01, "eps": 1e-3, "max_norm": 0.05},
    "adam/groups": {"lr": 0.002, "fc2_factor": 10.0},
    "adamw/defaults": {"lr": 0.01, "weight_decay": 0.01},
    "adamw/matrices_only": {"lr": 0.05, "weight_decay": 0.3, "matrices_only": 1.0},
    "adamw/everything": {
        "lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.2, "max_norm": 0.2, "average_decay": 0.7,
        "fc2_factor": 0.5},
    "sgd/weight_decay": {"lr": 0.1, "weight_decay": 0.2},
    "sgd/momentum_weight_decay": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05},
    "sgd/nesterov": {"lr": 0.1, "momentum": 0.8, "nesterov": 1.0},
    "sgd/nesterov_weight_decay": {"lr": 0.1, "momentum": 0.8, "nesterov": 1.0, "weight_decay": 0.1},
    "sgd/clipped": {"lr": 0.3, "momentum": 0.5, "max_norm": 0.1},
    "sgd/not_clipped": {"lr": 0.3, "max_norm": 1000.0},
    "sgd/averaged": {"lr": 0.2, "average_decay": 0.9},
    "sgd/frozen": {"lr": 0.2, "momentum": 0.9, "fc1_frozen": 1.0, "max_norm": 0.1},
    "rmsprop/defaults": {"lr": 0.01},
    "rmsprop/momentum": {"lr": 0.01, "alpha": 0.9, "eps": 1e-4, "momentum": 0.8},
    "rmsprop/weight_decay": {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.1},
}
OPTIMIZERS = {
    "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop,
}
OWN = ("max_norm", "average_decay", "fc2_factor", "fc1_frozen", "matrices_only")


def groups(network, options):
    """The parameters in groups with options of their own."""
    for name, parameter in network.named_parameters():
        group = {"params": [parameter]}
        if name.startswith("fc2"):
            group["lr"] = options["lr"] * options.get("fc2_factor", 1)
        if "matrices_only" in options and parameter.dim() == 1:
            group["weight_decay"] = 0.0
        yield group


def steps():
    """The tensors of steps.safetensors."""
    draw = Draw("steps")
    inputs, targets = draw.normal(STEPS, SAMPLES, 6), draw.normal(STEPS, SAMPLES, 3)
    torch.manual_seed(SEED)
    initial = {key: value.clone() for key, value in Small().double().state_dict().items()}
    tensors = {"inputs": inputs, "targets": targets} | {f"initial/{key}": value for key, value in initial.items()}

    for name, options in CASES.items():
        network = Small().double()
        network.load_state_dict(initial)
        if "fc1_frozen" in options:
            network.fc1.requires_grad_(False)
        arguments = {key: value for key, value in options.items() if key not in OWN}
        if "nesterov" in arguments:
            arguments["nesterov"] = True
        optimizer = OPTIMIZERS[name.split("/")[0]](groups(network, options), **arguments)
        average = None
        if "average_decay" in options:
            average = AveragedModel(network, avg_fn=get_ema_avg_fn(options["average_decay"]))
            # The first call takes the parameters over as they are: here those from before the first step.
            average.update_parameters(network)
        losses, history = [], []
        for x, target in zip(inputs, targets):
            optimizer.zero_grad()
            loss = F.mse_loss(network(x), target)
            loss.backward()
            if "max_norm" in options:
                nn.utils.clip_grad_norm_(network.parameters(), options["max_norm"])
            optimizer.step()
            if average:
                average.update_parameters(network)
            losses.append(loss.detach())
            history.append({key: value.clone() for key, value in network.state_dict().items()})
        tensors |= {f"{name}/{key}": torch.tensor(value, dtype=torch.float64) for key, value in options.items()}
        tensors[f"{name}/loss"] = torch.stack(losses)
        tensors |= {f"{name}/parameters/{key}": torch.stack([state[key] for state in history]) for key in initial}
        if average:
            tensors |= {f"{name}/average/{key}": value for key, value in average.module.state_dict().items()}
    return tensors


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("steps", steps(), "steps.py")

"""The recipes' networks as PyTorch modules. Run as a script, it writes the folder recipes/: for every network the
file that a PyTorch user would save, and what it computes. README.md beside this file has the details.
"""
from functools import partial

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from generate import FOLDER, SEED, Draw

# ------------------------------------------------------------------------------------------------------------ networks


def conv(inputs, outputs, size):
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


class Rotation(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = conv(1, 8, 3)
        self.conv2 = conv(8, 16, 3)
        self.fc1 = nn.Linear(14400, 128)
        self.fc_digit = nn.Linear(128, 6)
        self.fc_rotation = nn.Linear(128, 4)

    def forward(self, x):  # [N, 1, 28, 28]
        x = F.max_pool2d(F.relu(self.conv1(x)), 2, stride=1, padding=1)  # [N, 8, 29, 29]
        x = F.max_pool2d(F.relu(self.conv2(x)), 2, stride=1, padding=1)  # [N, 16, 30, 30]
        x = F.relu(self.fc1(x.flatten(1)))  # [N, 128]
        return {"digit": self.fc_digit(x), "rotation": self.fc_rotation(x)}


class Augmented(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = conv(1, 32, 3)
        self.conv2 = conv(32, 64, 3)
        self.fc1 = nn.Linear(3136, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):  # [N, 1, 28, 28]
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)  # [N, 32, 14, 14]
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # [N, 64, 7, 7]
        x = F.relu(self.fc1(x.flatten(1)))  # [N, 128]
        return {"digit": F.log_softmax(self.fc2(x), dim=1)}


class Compact(nn.Module):
    def __init__(self, head="digit", classes=10):
        super().__init__()
        self.head = head
        self.conv1 = conv(1, 16, 7)
        self.conv2 = conv(16, 8, 5)
        self.conv3 = conv(8, 4, 3)
        self.fc = nn.Linear(144, classes)

    def forward(self, x):  # [N, 1, 28, 28]
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)  # [N, 16, 14, 14]
        x = F.max_pool2d(F.relu(self.conv2(x)), 2, stride=1)  # [N, 8, 13, 13]
        x = F.avg_pool2d(F.relu(self.conv3(x)), 2)  # [N, 4, 6, 6]
        return {self.head: self.fc(x.flatten(1))}


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 512)
        self.fc2 = nn.Linear(512, 128)
        self.fc3 = nn.Linear(128, 10)

    def forward(self, x):  # [N, 1, 28, 28]
        x = F.relu(self.fc1(x.flatten(1)))  # [N, 512]
        return {"digit": self.fc3(F.relu(self.fc2(x)))}


class ThreeHead(nn.Module):
    def __init__(self, features=1152):
        super().__init__()
        self.conv1 = conv(1, 32, 3)
        self.conv2 = conv(32, 64, 3)
        self.conv3 = conv(64, 128, 3)
        self.fc1 = nn.Linear(features, 128)
        self.fc2_digit = nn.Linear(128, 10)
        self.fc2_parity = nn.Linear(128, 2)
        self.fc2_threshold = nn.Linear(128, 2)

    def features(self, x):  # [N, 1, 28, 28]
        for layer in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(layer(x)), 2)
        return x.flatten(1)  # [N, 1152]

    def forward(self, x):
        x = F.relu(self.fc1(self.features(x)))  # [N, 128]
        return {"digit": self.fc2_digit(x), "parity": self.fc2_parity(x), "threshold": self.fc2_threshold(x)}


class ThreeHeadImproved(ThreeHead):
    # Its dropout has no parameters and does nothing outside training, so it is left out.
    def __init__(self):
        super().__init__(features=128)
        self.bn1 = nn.BatchNorm2d(32)
        self.bn2 = nn.BatchNorm2d(64)
        self.bn3 = nn.BatchNorm2d(128)

    def features(self, x):  # [N, 1, 28, 28]
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)  # [N, 32, 14, 14]
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)  # [N, 64, 7, 7]
        return F.relu(self.bn3(self.conv3(x))).mean(dim=(2, 3))  # [N, 128]


class Best(nn.Module):
    # Its dropout, like that of ThreeHeadImproved, does nothing here.
    def __init__(self):
        super().__init__()
        channels = [1, 32, 32, 64, 64, 96, 96]
        for number, (inputs, outputs) in enumerate(zip(channels, channels[1:]), 1):
            padding = 0 if number < 3 else 1
            self.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, 3, padding=padding, bias=False))
            self.add_module(f"bn{number}", nn.BatchNorm2d(outputs))
        self.fc = nn.Linear(864, 10)

    def forward(self, x):  # [N, 1, 28, 28]
        for number in range(1, 7):
            x = F.relu(getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x)))
            if number in (2, 4, 6):
                x = F.max_pool2d(x, 2)  # [N, 32, 12, 12], [N, 64, 6, 6], [N, 96, 3, 3]
        return {"digit": self.fc(x.flatten(1))}


class Sprint(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, stride=2, bias=False)
        self.conv2 = nn.Conv2d(16, 16, 3, bias=False)
        self.conv3 = nn.Conv2d(16, 32, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.bn2 = nn.BatchNorm2d(16)
        self.bn3 = nn.BatchNorm2d(32)
        self.fc = nn.Linear(800, 10)

    def forward(self, x):  # [N, 1, 28, 28]
        x = F.relu(self.bn1(self.conv1(x)))  # [N, 16, 12, 12]
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)  # [N, 16, 5, 5]
        x = F.relu(self.bn3(self.conv3(x)))  # [N, 32, 5, 5]
        return {"digit": self.fc(x.flatten(1))}


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        channels = [1, 8, 16, 16, 16, 16]
        self.conv1 = nn.Conv2d(1, channels[1], 3, bias=False)
        for number, (inputs, outputs) in enumerate(zip(channels[1:], channels[2:]), 2):
            self.add_module(f"depthwise{number}", nn.Conv2d(inputs, inputs, 3, groups=inputs, bias=False))
            self.add_module(f"conv{number}", nn.Conv2d(inputs, outputs, 1, bias=False))
        for number, outputs in enumerate(channels[1:], 1):
            self.add_module(f"bn{number}", nn.BatchNorm2d(outputs))
        self.fc = nn.Linear(channels[-1], 10)

    def forward(self, x):  # [N, 1, 28, 28]
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)  # [N, 8, 13, 13]
        for number in range(2, 6):
            x = getattr(self, f"conv{number}")(getattr(self, f"depthwise{number}")(x))
            x = F.relu(getattr(self, f"bn{number}")(x))  # 11×11, 9×9, 7×7, 5×5
        return {"digit": self.fc(x.mean(dim=(2, 3)))}


NETWORKS = {
    "rotation": Rotation,
    "augmented": Augmented,
    "compact": Compact,
    "merged": partial(Compact, "group", 4),
    "mlp": MLP,
    "threehead": ThreeHead,
    "threehead-improved": ThreeHeadImproved,
    "best": Best,
    "sprint": Sprint,
    "tiny": Tiny,
}

# ------------------------------------------------------------------------------------------------------------- writing


def randomize(network, name):
    """Random numbers of a size that keeps the outputs around 1, all multiples of 2⁻¹⁰, which git packs well."""
    draw = Draw(f"recipes/{name}")
    for key, tensor in network.state_dict().items():
        if key.endswith("num_batches_tracked"):
            tensor.fill_(938)
            continue
        if tensor.dim() > 1:
            values = draw.normal(*tensor.shape) * (2 / tensor[0].numel()) ** 0.5
        elif key.endswith("running_var"):
            values = 0.25 + draw.normal(*tensor.shape).abs()
        else:
            # The other vectors named weight are BatchNorm's scales.
            values = 0.25 * draw.normal(*tensor.shape) + key.endswith(".weight")
        tensor.copy_((values * 1024).round() / 1024)


def images():
    """[6, 1, 28, 28], normalized as MNIST: a ring, noise, nothing, all white, one corner, and rows unlike columns."""
    y, x = torch.meshgrid(torch.arange(28), torch.arange(28), indexing="ij")
    ring = (255 * (2 - ((x - 12.0).hypot(y - 16.0) - 7).abs())).clamp(0, 255).round()
    noise = Draw("recipes/images").integers(0, 256, 28, 28)
    corner = 255 * ((y == 0) & (x == 27))
    pixels = torch.stack([ring, noise, 0 * x, 0 * x + 255, corner, (40 * y + 3 * x) % 256])[:, None]
    return (pixels.float() / 255 - 0.1307) / 0.3081


def write(folder):
    expected = {"images": images()}
    for name, make in NETWORKS.items():
        network = make().eval()
        randomize(network, name)
        save_file(network.state_dict(), folder / f"{name}.safetensors", metadata={"format": "pt"})
        outputs = network.double()(expected["images"].double())
        expected |= {f"{name}/{head}": output.contiguous() for head, output in outputs.items()}
        print(f"{name}.safetensors: {sum(p.numel() for p in network.parameters())} parameters")
    made_by = {"made_by": f"Fixtures/recipes.py, seed {SEED}, torch {torch.__version__}"}
    save_file(expected, folder / "expected.safetensors", metadata=made_by)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with torch.no_grad():
        write(FOLDER / "recipes")

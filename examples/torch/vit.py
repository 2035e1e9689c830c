"""The block-wise vision transformer of rise's `vit`, in PyTorch, and its model files.

    vit.py predict MODEL.safetensors VOXELS.npy [PREDICTIONS.csv]
    vit.py train VOXELS.npy PREDICTIONS.csv WEIGHTS.safetensors [--r 2] [--epochs 5] ...

`predict` prints what a model says of each sample, and how far that is from the column `predicted` of a table that rise
wrote. `train` learns the column `target` of the training samples and writes
a file for rise's `init`. Needs torch, numpy and safetensors.

The network is written to be read. Names of parameters are those of the files, so load_state_dict does the rest.
"""

import argparse
import csv

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn


class EncoderLayer(nn.Module):
    def __init__(self, embedding, heads, dropout):
        super().__init__()
        self.mha = nn.MultiheadAttention(embedding, heads, dropout=dropout, batch_first=True)
        self.ln1 = nn.LayerNorm(embedding)
        self.ff = nn.Sequential(nn.Linear(embedding, 4 * embedding), nn.ReLU(), nn.Linear(4 * embedding, embedding))
        self.ln2 = nn.LayerNorm(embedding)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        x = self.ln1(x + self.drop(self.mha(x, x, x, need_weights=False)[0]))
        return self.ln2(x + self.drop(self.ff(x)))


class PatchEmbedding(nn.Module):
    """Voxels (S, C, X, Y, Z) -> tokens (S, N, E), the last axis of the grid running fastest."""

    def __init__(self, channels, patch, embedding):
        super().__init__()
        self.conv = nn.Conv3d(channels, embedding, kernel_size=patch, stride=patch)

    def forward(self, voxels):
        return self.conv(voxels).flatten(2).transpose(1, 2)


class BlockTransformer(nn.Module):
    """r: side of a block in patches. The same parameters fit every r."""

    def __init__(self, channels=2, grid=(32, 32, 32), patch=2, embedding=64, heads=2, layers=2, r=4, dropout=0.1):
        super().__init__()
        self.shape = dict(zip(("grid_x", "grid_y", "grid_z"), grid), channels=channels, patch=patch)
        self.shape.update(embedding=embedding, heads=heads, layers=layers, r=r)
        self.heads, self.r = heads, r
        self.sides = [n // patch for n in grid]  # of the grid of tokens
        self.patch_embedding = PatchEmbedding(channels, patch, embedding)
        self.cls_token = nn.Parameter(torch.empty(1, 1, embedding))
        self.pos_embedding = nn.Parameter(torch.empty(1, 1 + int(np.prod(self.sides)), embedding))
        self.drop = nn.Dropout(dropout)
        self.encoder_layers = nn.ModuleList(EncoderLayer(embedding, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(embedding)
        self.head = nn.Linear(embedding, 1)
        self.initialise()

    def initialise(self):
        """As rise begins. What is not named keeps PyTorch's own: in_proj Xavier uniform, norms 1 and 0."""
        for name, parameter in self.named_parameters():
            if name in ("cls_token", "pos_embedding"):
                nn.init.normal_(parameter, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def blocks(self):
        """The token numbers of each block, CLS (0) first. Where r does not divide a side the last blocks wrap round."""
        x, y, z = self.sides
        number = 1 + np.arange(x * y * z).reshape(x, y, z)
        for i in range(0, x, self.r):
            for j in range(0, y, self.r):
                for k in range(0, z, self.r):
                    inside = np.ix_(*((start + np.arange(self.r)) % side for start, side in zip((i, j, k), self.sides)))
                    yield torch.from_numpy(np.concatenate([[0], number[inside].ravel()]))

    def forward(self, voxels):
        """(S, C, X, Y, Z) -> (S). CLS walks through the blocks one after another and gathers what they hold."""
        tokens = self.patch_embedding(voxels)
        tokens = torch.cat([self.cls_token.expand(len(tokens), -1, -1), tokens], dim=1)
        tokens = self.drop(tokens + self.pos_embedding)
        for block in self.blocks():
            x = tokens[:, block]
            for layer in self.encoder_layers:
                x = layer(x)
            tokens = tokens.clone()  # autograd wants the old one as it was
            tokens[:, block] = x
        return self.head(self.norm(tokens[:, 0])).squeeze(1)


def load(path, kind=BlockTransformer, **changes):
    """A model file of rise -> network (without dropout) and metadata. `changes`: arguments to use in place of those
    in the file, for files without metadata."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    known = {"channels", "patch", "embedding", "heads", "layers", "r"}
    shape = {name: int(text) for name, text in metadata.items() if name in known}
    if "grid_x" in metadata:
        shape["grid"] = [int(metadata["grid_" + axis]) for axis in "xyz"]
    model = kind(**{**shape, "dropout": 0.0, **changes})
    model.load_state_dict(tensors)
    return model.eval(), metadata


def save(path, model, low, high):
    """A file for `init` of rise's vit. low, high: what outputs of 0 and 1 stand for, in the unit of the target."""
    metadata = {"format": "pt", "target_min": repr(float(low)), "target_max": repr(float(high))}
    metadata.update((name, str(size)) for name, size in model.shape.items())
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path, metadata)


def predict(model, metadata, voxels, batch=8):
    low, high = (float(metadata.get(key, default)) for key, default in (("target_min", 0), ("target_max", 1)))
    with torch.no_grad():
        y = torch.cat([model(part) for part in voxels.split(batch)])
    return low + (high - low) * y.double().numpy()


def train(model, voxels, target, epochs, batch, rate):
    """Mean squared error of the scaled target, Adam."""
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for part in torch.randperm(len(voxels)).split(batch):
            loss = nn.functional.mse_loss(model(voxels[part]), target[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(part) / len(voxels)
        print(f"epoch {epoch + 1}: loss {total:.5f}", flush=True)
    return model.eval()


# ---- the two commands --------------------------------------------------------------------------


def read_voxels(path):
    return torch.from_numpy(np.load(path).astype(np.float32))


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def predict_command(options):
    model, metadata = load(options.model)
    predicted = predict(model, metadata, read_voxels(options.voxels))
    for value in predicted:
        print(f"{value:.6f}")
    if options.table:
        of_rise = np.array([float(row["predicted"]) for row in read_table(options.table)])
        print(f"largest difference from rise: {abs(predicted - of_rise).max():.2g}")


def train_command(options):
    torch.manual_seed(options.seed)
    voxels, rows = read_voxels(options.voxels), read_table(options.table)
    chosen = [i for i, row in enumerate(rows) if row["part"] == "train"]
    target = np.array([float(rows[i]["target"]) for i in chosen])
    low, high = target.min(), target.max()
    scaled = torch.tensor((target - low) / (high - low), dtype=torch.float32)
    model = BlockTransformer(
        channels=voxels.shape[1], grid=voxels.shape[2:], r=options.r, embedding=options.embedding, heads=options.heads
    )
    train(model, voxels[chosen], scaled, options.epochs, options.batch, options.rate)
    save(options.weights, model, low, high)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("predict")
    command.set_defaults(run=predict_command)
    command.add_argument("model")
    command.add_argument("voxels")
    command.add_argument("table", nargs="?")
    command = commands.add_parser("train")
    command.set_defaults(run=train_command)
    for name in ("voxels", "table", "weights"):
        command.add_argument(name)
    for name, default in (("r", 2), ("embedding", 32), ("heads", 2), ("epochs", 5), ("batch", 8), ("seed", 1)):
        command.add_argument("--" + name, type=int, default=default)
    command.add_argument("--rate", type=float, default=1e-3)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()

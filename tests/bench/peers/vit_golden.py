"""Are the PyTorch networks the one of tests/golden/data/vit? Bounds as in tests/golden/test_vit.c."""

import pathlib
import subprocess
import tempfile

import numpy as np
import torch

from vit_plain import load

DATA = pathlib.Path(__file__).resolve().parents[2] / "golden" / "data" / "vit"
WEIGHTS, VOXELS = DATA / "weights.safetensors", DATA / "input_voxels.npy"


def array(name):
    return torch.from_numpy(np.load(DATA / name).astype(np.float32))


def need(what, off, allowed):
    if not off <= allowed:
        raise SystemExit(f"{what}: off by {off:.3g}, allowed {allowed:.3g}")
    return off


def relative(a, b):
    return float((a - b).abs().max() / b.abs().max())


def of_rise(bench_ig, r):
    """y(x), y(0) and x times the gradient of the first sample."""
    with tempfile.NamedTemporaryFile() as file:
        command = [bench_ig, WEIGHTS, VOXELS, str(r), "0", "--write", file.name]
        out = subprocess.run(command, check=True, capture_output=True, text=True)
        y, y0 = map(float, out.stdout.split())
        return y, y0, torch.from_numpy(np.fromfile(file.name, np.float32))


def check_outputs(kind, name, r, bench_ig):
    model, _ = load(WEIGHTS, kind, r=r)
    voxels = array("input_voxels.npy")[:2].requires_grad_()
    y = model(voxels)
    (gradient,) = torch.autograd.grad(y[0], voxels)
    expected = array(f"forward_and_input_gradient/y_r{r}.npy").flatten()
    slope = array(f"forward_and_input_gradient/dydx_r{r}.npy").flatten()
    where = f"{name}, r = {r}: "
    y_off = need(where + "outputs", float((y.detach() - expected).abs().max()), 1e-5)
    slope_off = need(where + "gradient", relative(gradient[0].flatten(), slope), 1e-4)
    y_rise, _, product = of_rise(bench_ig, r)
    need(where + "output, rise", abs(y[0].item() - y_rise), 1e-5)
    rise_off = need(where + "gradient, rise", relative((voxels * gradient)[0].detach().flatten(), product), 1e-4)
    print(f"{where}outputs off by {y_off:.1e}, gradient by {slope_off:.1e}, from rise by {rise_off:.1e}", flush=True)


def check_training(kind, name, r):
    """Six steps of Adam without dropout."""
    model, _ = load(WEIGHTS, kind, r=r)
    voxels, target = array("input_voxels.npy"), array("adam_6_steps_no_dropout/targets.npy")
    losses = array(f"adam_6_steps_no_dropout/loss_r{r}.npy")
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    worst = 0.0
    for expected in losses:
        loss = torch.nn.functional.mse_loss(model(voxels), target)
        worst = max(worst, relative(loss.detach(), expected))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    need(f"{name}, r = {r}: losses", worst, 1e-4)
    print(f"{name}, r = {r}: losses of six steps off by {worst:.1e}", flush=True)

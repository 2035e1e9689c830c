"""Integrated gradients of one sample, 50 steps of Gauss-Legendre: rise, and captum on two networks in PyTorch, one
thread each, in turn.

    ig.py FOLDER [--sides 4] [--peers plain,careful] [--steps 50] [--repeats 5]

FOLDER holds bench_ig. Weights and voxels are those of the golden data; the attributions are compared first. captum gets
the number of points at a time (internal_batch_size) that was fastest of 50, 25, 10, 5 and 1 in one call each.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version

import numpy as np
import torch
from captum.attr import IntegratedGradients

from turns import KEEP_MEMORY, Program, in_turn
from vit_careful import CarefulTransformer
from vit_golden import VOXELS, WEIGHTS, array, need, relative
from vit_plain import BlockTransformer, load

KINDS = {"plain": BlockTransformer, "careful": CarefulTransformer}


def of_rise(options, r):
    with tempfile.NamedTemporaryFile() as file:
        command = [f"{options.folder}/bench_ig", WEIGHTS, VOXELS, str(r), str(options.steps), "--write", file.name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return torch.from_numpy(np.fromfile(file.name, np.float32))


def of_captum(kind, r, steps):
    """A function of the points at a time; gradients of the parameters are not asked for."""
    model, _ = load(WEIGHTS, kind, r=r)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    voxels = array("input_voxels.npy")[:1]
    method = IntegratedGradients(model)
    return lambda at_a_time: method.attribute(
        voxels, torch.zeros_like(voxels), n_steps=steps, method="gausslegendre", internal_batch_size=at_a_time
    )


def serve(name, r, steps):
    """The other end of turns.Program: for each line, which is the number of points at a time, seconds of one call."""
    torch.set_num_threads(1)
    attribute = of_captum(KINDS[name], int(r), int(steps))
    for line in sys.stdin:
        start = time.process_time()
        attribute(int(line))
        print(time.process_time() - start, flush=True)


def compare(options, name, r):
    found = of_captum(KINDS[name], r, options.steps)(10).flatten().float()
    off = need(f"{name}, r = {r}", relative(found, of_rise(options, r)), 1e-4)
    rise = Program(f"{options.folder}/bench_ig", WEIGHTS, VOXELS, r, options.steps, 1, "--serve")
    peer = Program(sys.executable, __file__, "serve", name, r, options.steps, environment=KEEP_MEMORY)
    peer.once(50)  # not counted
    seconds = {n: peer.once(n) for n in (50, 25, 10, 5, 1)}
    best = min(seconds, key=seconds.get)
    rise.once()
    ours, theirs = in_turn(options.repeats, rise.once, lambda: peer.once(best))
    rise.close()
    peer.close()
    print(f"{r:3} {name:8} {best:6} {ours:10.3f} {theirs:10.3f} {theirs / ours:7.2f} {off:10.1e}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--sides", default="4")
    parser.add_argument("--peers", default="careful,plain")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()

    torch.set_num_threads(1)
    print(f"captum {version('captum')}, PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, one thread")
    print(f"s a sample, {options.steps} steps, medians of {options.repeats} in turn; off: relative to the largest")
    print(f"{'r':>3} {'peer':8} {'points':>6} {'rise':>10} {'captum':>10} {'ratio':>7} {'off':>10}")
    for name in options.peers.split(","):
        for r in options.sides.split(","):
            compare(options, name, int(r))


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()

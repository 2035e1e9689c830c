"""A training step of the transformer: rise, and two networks in PyTorch, one thread each, in turn.

    vit.py FOLDER [--sides 1,2,3,4,8,16] [--peers careful,plain,kept] [--repeats 5] [--batch 32] [--memory 12]

FOLDER holds bench_vit and bench_ig. plain is examples/torch/vit.py as one would run it, kept the same with settings of
glibc that keep memory, careful is vit_careful.py with these settings. They are first compared with the golden data and
with rise. A step: 32^3 voxels of two species, dropout 0.1, mean squared error, Adam; seconds of processor time per
sample, medians. The batch is the largest of 32, 16, ... that PyTorch does within MEMORY GiB; rise gets the same.
"""

import argparse
import resource
import sys
import time

import torch

import vit_golden
from turns import KEEP_MEMORY, Program, in_turn
from vit_careful import CarefulTransformer
from vit_plain import BlockTransformer

KINDS = {"plain": BlockTransformer, "kept": BlockTransformer, "careful": CarefulTransformer}
ATOMS, SPECIES, GRID = 2000, 2, 32
# Samples that the careful one passes at a time, whose gradients add up to that of the batch: what was fastest.
AT_A_TIME = {16: 1}
NO_ROOM = 3  # exit status


def make_step(kind, r, batch):
    torch.manual_seed(1)
    voxels = torch.zeros(batch, SPECIES * GRID**3)
    voxels.scatter_(1, torch.randint(voxels.shape[1], (batch, ATOMS)), 1.0)
    voxels = voxels.view(batch, SPECIES, GRID, GRID, GRID)
    target = torch.arange(batch) / batch
    model = KINDS[kind](r=r).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-4)
    part = min(batch, AT_A_TIME.get(r, batch)) if kind == "careful" else batch

    def step():
        optimiser.zero_grad()
        for x, y in zip(voxels.split(part), target.split(part)):
            (torch.nn.functional.mse_loss(model(x), y, reduction="sum") / batch).backward()
        optimiser.step()

    return step


def serve(kind, r, batch, memory):
    """The other end of turns.Program. Memory is limited so that what does not fit fails in here."""
    limit = int(float(memory) * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    torch.set_num_threads(1)
    try:
        step = make_step(kind, int(r), int(batch))
        for _ in sys.stdin:
            start = time.process_time()
            step()
            print((time.process_time() - start) / int(batch), flush=True)
    except (RuntimeError, MemoryError) as error:
        if "alloc" not in str(error) and not isinstance(error, MemoryError):
            raise
        sys.exit(NO_ROOM)


def start_peer(kind, r, batch, memory):
    environment = None if kind == "plain" else KEEP_MEMORY
    while True:
        peer = Program(sys.executable, __file__, "serve", kind, r, batch, memory, environment=environment)
        try:
            for _ in range(2):  # not counted; what a step leaves behind may leave no room for the next
                peer.once()
            return peer, batch
        except MemoryError:
            batch //= 2
            if batch < 2:
                raise


def compare(options, kind, r):
    peer, batch = start_peer(kind, r, options.batch, options.memory)
    rise = Program(f"{options.folder}/bench_vit", r, batch, 1, "--serve")
    rise.once()
    ours, theirs = in_turn(options.repeats, rise.once, peer.once)
    rise.close()
    peer.close()
    print(f"{r:3} {kind:8} {batch:6} {1e3 * ours:10.1f} {1e3 * theirs:10.1f} {theirs / ours:7.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--sides", default="1,2,3,4,8,16")
    parser.add_argument("--peers", default="careful,plain,kept")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--memory", type=float, default=12, help="GiB")
    options = parser.parse_args()
    sides, peers = [int(r) for r in options.sides.split(",")], options.peers.split(",")

    torch.set_num_threads(1)
    print(f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, one thread")
    for kind in peers:
        for r in sides:
            vit_golden.check_outputs(KINDS[kind], kind, r, f"{options.folder}/bench_ig")
        for r in (4, 8):
            vit_golden.check_training(KINDS[kind], kind, r)
    print(f"ms a sample of a training step, medians of {options.repeats} in turn")
    print(f"{'r':>3} {'peer':8} {'batch':>6} {'rise':>10} {'PyTorch':>10} {'ratio':>7}")
    for kind in peers:
        for r in sides:
            compare(options, kind, r)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()

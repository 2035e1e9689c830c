"""Runs the small study of Zr44Cu56, looks at errors and predictions as arrays, changes a parameter and runs it again.

    python3 quick.py [GRAPH]
"""
import sys
from pathlib import Path

import numpy as np

import rise

path = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "graphs/quick.yaml"


def show(run):
    curve = run["curve_r"]  # a table; its columns are arrays
    test = curve["part"] == "test"
    for r_cut, rmse in zip(curve["r_cut"][test], curve["rmse"][test]):
        print(f"  cutoff {r_cut} Å: error {rmse:.3f} {curve.units['rmse']}")
    energy = run["energy_r.predictions[r_cut=5]"]
    error = energy["predicted"] - energy["target"]
    print(f"  {len(error)} samples, largest error {np.abs(error).max():.3f} {energy.units['target']}")


def told(run, instance):
    if instance.status == "ran":
        print(f"  {instance.name:<24} {instance.wall_s:5.1f} s  {instance.reason}", file=sys.stderr)


try:
    graph = rise.Graph(path)
    run = graph.run(ended=told)
    show(run)
    spectrum = run["spectrum.frequencies[r_cut=5]"]  # a tensor
    print(f"  {spectrum.array.shape[0]} samples by {spectrum.array.shape[1]} environments")
    glass = run["glass.frames"]
    print(f"  the first of {len(glass)} samples has {len(glass[0].positions)} atoms")
    print("energy_r.max_depth = 4")
    show(graph.changed({"energy_r.max_depth": 4}).run(ended=told))
except rise.GraphError as wrong:
    sys.exit("\n".join(map(str, wrong.errors)))
except rise.Error as wrong:
    sys.exit(str(wrong))

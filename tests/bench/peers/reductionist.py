#!/usr/bin/env python3
"""The reductionist branch as one would write it in Python: DScribe, NumPy, xgboost, scikit-learn.

For each cutoff: SOAP vectors of every atom (kept in a scratch file: 11 GB for all samples), unique
local environments by the leader rule for several seeds, frequencies, and out-of-fold predictions of
every sample by boosted trees and by ridge regression. The folds are those that rise dealt, so that
the two differ in nothing but their code and the orders that the seeds give.

    reductionist.py RISE OUT.csv [--cutoffs 3 4 5 7] [--seeds 5] [--scratch DIR]

RISE: folder with parts.npy and energy.npy, in the order of the samples in examples/zrcu, and what
graphs/fig2.yaml wrote to tables/; its numbers are printed beside.
"""
import argparse
import csv
import io
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import xgboost
import zstandard
from ase.io import read
from dscribe.descriptors import SOAP
from sklearn.linear_model import Ridge

DATA = Path(__file__).resolve().parents[3] / "examples" / "zrcu"
LIMIT = 1 - (1 - 0.83) ** 2
BLOCK = 2000  # atoms tested against all leaders by one product
TREES = dict(eta=0.03, max_depth=2, min_child_weight=5, subsample=0.6, colsample_bytree=0.3,
             max_bin=256, tree_method="hist", objective="reg:squarederror", base_score=0.0, nthread=1)
ROUNDS, PATIENCE = 3000, 100
PENALTIES = np.logspace(-8, 2, 41)


def samples():
    for path in sorted(DATA.glob("*.extxyz.zst")):
        text = zstandard.ZstdDecompressor().stream_reader(path.open("rb")).read().decode()
        yield from read(io.StringIO(text), index=":", format="extxyz")


def write_vectors(frames, r_cut, path):
    """Unit vectors, float32, [frame * atom, feature]."""
    soap = SOAP(species=["Cu", "Zr"], r_cut=r_cut, n_max=11, l_max=12, sigma=0.5, rbf="gto", periodic=True)
    n = sum(len(f) for f in frames)
    rows = np.memmap(path, np.float32, "w+", shape=(n, soap.get_number_of_features()))
    at = 0
    for frame in frames:
        p = soap.create(frame)
        rows[at:at + len(p)] = p / np.linalg.norm(p, axis=1, keepdims=True)
        at += len(p)
    return rows


def find_leaders(rows, n_atoms, order):
    leaders = np.empty((0, rows.shape[1]), np.float32)
    for frame in order:
        block = np.asarray(rows[frame * n_atoms:(frame + 1) * n_atoms])
        left = block if len(leaders) == 0 else block[(block @ leaders.T).max(axis=1) <= LIMIT]
        while len(left):
            leaders = np.vstack([leaders, left[:1]])
            left = left[left @ left[0] <= LIMIT]
    return leaders


def frequencies(rows, n_atoms, leaders):
    n_frames = len(rows) // n_atoms
    spectrum = np.zeros((n_frames, len(leaders)))
    for frame in range(n_frames):
        dots = np.asarray(rows[frame * n_atoms:(frame + 1) * n_atoms]) @ leaders.T
        label = dots.argmax(axis=1)[dots.max(axis=1) > LIMIT]
        if len(label):
            spectrum[frame] = np.bincount(label, minlength=len(leaders)) / len(label)
    return spectrum


def trees(x, y, train, validation, test, seed):
    mean = y[train].mean()
    data = {k: xgboost.DMatrix(x[i], y[i] - mean) for k, i in
            (("train", train), ("validation", validation), ("test", test))}
    booster = xgboost.train(TREES | {"seed": seed}, data["train"], ROUNDS,
                            evals=[(data["validation"], "validation")],
                            early_stopping_rounds=PATIENCE, verbose_eval=False)
    return booster.predict(data["test"], iteration_range=(0, booster.best_iteration + 1)) + mean


def ridge(x, y, train, validation, test, seed):
    best = None
    for penalty in PENALTIES:
        model = Ridge(alpha=penalty, solver="svd").fit(x[train], y[train])
        error = np.mean((model.predict(x[validation]) - y[validation]) ** 2)
        if best is None or error < best[0]:
            best = error, model
    return best[1].predict(x[test])


def out_of_fold(model, x, y, fold, seed):
    n_folds = fold.max() + 1
    predicted = np.empty_like(y)
    for k in range(n_folds):
        validation = (k + 1) % n_folds
        train = (fold != k) & (fold != validation)
        predicted[fold == k] = model(x, y, train, fold == validation, fold == k, seed)
    return predicted


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rise")
    parser.add_argument("out")
    parser.add_argument("--cutoffs", type=float, nargs="+", default=[3, 4, 5, 7])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--scratch", default=tempfile.gettempdir())
    arguments = parser.parse_args()

    rise = Path(arguments.rise)
    fold, energy = np.load(rise / "parts.npy"), np.load(rise / "energy.npy")
    frames = list(samples())
    assert len(frames) == len(fold), f"{len(frames)} samples, {len(fold)} folds"
    n_atoms = len(frames[0])
    with open(arguments.out, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["r_cut", "seed", "model", "leaders", "rmse", "mae", "r2", "soap_s", "ule_s", "fit_s"])
        for r_cut in arguments.cutoffs:
            path = Path(arguments.scratch) / f"vectors_{r_cut:g}.f32"
            start = time.process_time()
            rows = write_vectors(frames, r_cut, path)
            soap_s = time.process_time() - start
            for seed in range(1, arguments.seeds + 1):
                start = time.process_time()
                order = np.random.default_rng(seed).permutation(len(frames))
                leaders = find_leaders(rows, n_atoms, order[:int(np.ceil(0.4 * len(frames) - 1e-9))])
                spectrum = frequencies(rows, n_atoms, leaders).astype(np.float32)
                ule_s = time.process_time() - start
                for name, model in (("trees", trees), ("ridge", ridge)):
                    start = time.process_time()
                    error = out_of_fold(model, spectrum.astype(float) if model is ridge else spectrum,
                                        energy, fold, seed) - energy
                    fit_s = time.process_time() - start
                    out.writerow([f"{r_cut:g}", seed, name, len(leaders), np.sqrt(np.mean(error ** 2)),
                                  np.abs(error).mean(), 1 - np.sum(error ** 2) / np.sum((energy - energy.mean()) ** 2),
                                  round(soap_s, 1), round(ule_s, 2), round(fit_s, 2)])
                    file.flush()
            del rows
            path.unlink()
    compare(rise, arguments.out, arguments.cutoffs)


def compare(rise, ours, cutoffs):
    """Mean and standard deviation over the seeds of both, cutoff by cutoff."""
    def spread(rows, name):
        values = np.array([float(row[name]) for row in rows])
        return f"{values.mean():6.3f} ± {values.std(ddof=1) if len(values) > 1 else 0:5.3f}"

    with open(ours) as file:
        python = list(csv.DictReader(file))
    print(f"{'r_cut':>6} {'model':>6} {'':>7} {'RMSE (eV)':>15} {'MAE (eV)':>15} {'R2':>15}")
    for r_cut in cutoffs:
        for model in ("trees", "ridge"):
            with open(rise / "tables" / f"{model}.csv") as file:
                rows = [row for row in csv.DictReader(file) if float(row["r_cut"]) == r_cut]
            theirs = [row for row in python if row["model"] == model and float(row["r_cut"]) == r_cut]
            for name, table in (("rise", rows), ("Python", theirs)):
                if table:
                    print(f"{r_cut:6g} {model:>6} {name:>7} " +
                          " ".join(f"{spread(table, column):>15}" for column in ("rmse", "mae", "r2")))


if __name__ == "__main__":
    main()

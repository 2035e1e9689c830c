"""Tuning of boosted trees: rise against bayesian-optimization with XGBoost from PyPI, in turn, one thread each.

    tune.py RISE_RUN GRAPH SEEDS

Both search the box of the graph for the least error of 5-fold cross-validation with early stopping on a third of the
training samples: 10 random points and 20 guided by expected improvement. Tuning set and folds are drawn as the node
draws them, so for each seed both search the same function, as far as two versions of XGBoost and their random numbers
agree: `same here` is the best point of rise evaluated by the peer. `fresh` are the best points on five other folds of
all training samples.
"""
import csv, math, os, resource, statistics, subprocess, sys, tempfile, time

import numpy as np
import xgboost as xgb
from bayes_opt import BayesianOptimization, acquisition

TRIALS, INITIAL, FOLDS, ROUNDS, STOP = 30, 10, 5, 20000, 100
BOX = {"max_depth": (1, 7), "eta": (0.005, 0.3), "gamma": (1e-4, 10), "min_child_weight": (0, 17),
       "subsample": (0.47, 1), "colsample_bytree": (0.1, 1)}


def settings(point):
    values = {}
    for name, (low, high) in BOX.items():
        if name in ("eta", "gamma"):
            values[name] = math.exp(math.log(low) + point[name] * math.log(high / low))
        else:
            values[name] = low + point[name] * (high - low)
    values["max_depth"] = round(values["max_depth"])
    return values


def cv_rmse(values, x, y, fold, n_folds, seed):
    """Root of the squared errors of all folds, each at its own best round."""
    square = 0.0
    for f in range(n_folds):
        train, held = fold != f, fold == f
        mean = y[train].mean()
        d_train = xgb.DMatrix(x[train], y[train] - mean, nthread=1)
        d_held = xgb.DMatrix(x[held], y[held] - mean, nthread=1)
        model = xgb.train({**values, "objective": "reg:squarederror", "tree_method": "hist", "max_bin": 256,
                           "base_score": 0, "nthread": 1, "seed": seed}, d_train, ROUNDS, evals=[(d_held, "held")],
                          early_stopping_rounds=STOP, verbose_eval=False)
        square += model.best_score ** 2 * held.sum()
    return math.sqrt(square / len(y))


def philox(counter, key):
    """Philox4x32-10, as in nodes/kit/rng.c."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def tuning_set(n, seed):
    """Which training samples the node tunes on, in its order."""
    order = list(range(n))
    for i in range(n, 1, -1):
        w = philox((i, 3, 0, 0), (seed & 0xFFFFFFFF, seed >> 32))
        j = (w[0] << 64 | w[1] << 32 | w[2]) % i
        order[i - 1], order[j] = order[j], order[i - 1]
    return np.array(order[: math.ceil(0.333333 * n)])


def peer(x, y, order, fold, seed):
    """Seconds of processor time, the best RMSE, its settings."""
    start = time.process_time()
    search = BayesianOptimization(
        lambda **point: -cv_rmse(settings(point), x[order], y[order], fold, FOLDS, seed),
        {name: (0, 1) for name in BOX}, acquisition_function=acquisition.ExpectedImprovement(xi=1e-3),
        random_state=seed, verbose=0, allow_duplicate_points=True)
    search.maximize(init_points=INITIAL, n_iter=TRIALS - INITIAL)
    return time.process_time() - start, -search.max["target"], settings(search.max["params"])


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(rise_run, graph, folder, only, seed):
    subprocess.run([rise_run, graph, "--only", only, "--set", f"energy.seed={seed}", "--jobs", "1", "--progress",
                    "none", "--cache", folder + "/cache", "--out", folder + "/out"], check=True,
                   stdout=subprocess.DEVNULL)


def rise(rise_run, graph, folder, seed):
    start = children()
    run(rise_run, graph, folder, "trials", seed)
    seconds = children() - start
    with open(folder + "/out/trials.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == TRIALS
    best = min(rows, key=lambda row: float(row["rmse"]))
    values = {name: float(best[name]) for name in BOX}
    values["max_depth"] = round(values["max_depth"])
    return seconds, float(best["rmse"]), values


COLUMNS = [("s", 9, 1), ("best RMSE", 12, 3), ("same here", 11, 3), ("fresh", 8, 3), ("s", 11, 1), ("best RMSE", 12, 3),
           ("fresh", 8, 3)]


def line(row):
    return "".join(f"{value:{w}.{d}f}" for value, (_, w, d) in zip(row, COLUMNS))


def main():
    rise_run, graph, n_seeds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        for only in ("frequencies", "targets", "which"):
            run(rise_run, graph, folder, only, 1)
        part = np.load(folder + "/out/parts.npy") == 0
        x = np.load(folder + "/out/frequencies.npy")[part].astype(np.float32)
        y = np.load(folder + "/out/energies.npy")[part]
        print(f"{len(y)} training samples, {x.shape[1]} features, {TRIALS} trials of {FOLDS} folds, one thread")
        print(" " * 4 + f"{'rise':>20} {'':>14} {'bayesian-optimization':>28}")
        print("seed" + "".join(f"{name:>{w}}" for name, w, _ in COLUMNS), flush=True)
        table = []
        for seed in range(1, n_seeds + 1):
            order = tuning_set(len(y), seed)
            fold = np.arange(len(order)) % FOLDS
            ours = rise(rise_run, graph, folder, seed)
            theirs = peer(x, y, order, fold, seed)
            other = np.random.default_rng(1000 + seed).permutation(len(y)) % FOLDS
            fresh = [cv_rmse(found[2], x, y, other, FOLDS, 1) for found in (ours, theirs)]
            same = cv_rmse(ours[2], x[order], y[order], fold, FOLDS, seed)
            table.append([ours[0], ours[1], same, fresh[0], theirs[0], theirs[1], fresh[1]])
            print(f"{seed:4}" + line(table[-1]), flush=True)
        print(" med" + line([statistics.median(column) for column in zip(*table)]))
        print(f"time of the peer / rise, median of {n_seeds}: {statistics.median(r[4] / r[0] for r in table):.2f}")


main()

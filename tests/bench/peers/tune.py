"""Tuning of boosted trees: rise against bayesian-optimization with XGBoost from PyPI, in turn, one thread each.

    tune.py RISE_RUN GRAPH SEEDS

Both search the box of the graph: 10 random and 20 guided points by expected improvement, 5-fold cross-validation with
early stopping on a third of the training samples, drawn by seed. The objectives are the same; the draws are not, so
the best points of both are also scored on folds that neither has seen: three times five folds of all training samples.
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
                           "base_score": 0, "nthread": 1, "seed": seed}, d_train, ROUNDS, [(d_held, "held")],
                          early_stopping_rounds=STOP, verbose_eval=False)
        square += model.best_score ** 2 * held.sum()
    return math.sqrt(square / len(y))


def peer(x, y, seed):
    """Seconds of processor time, the best RMSE, its settings."""
    start = time.process_time()
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(y))[: math.ceil(len(y) / 3)]
    fold = np.arange(len(order)) % FOLDS
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


def main():
    rise_run, graph, n_seeds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        for only in ("frequencies", "targets", "which"):
            run(rise_run, graph, folder, only, 1)
        part = np.load(folder + "/out/parts.npy") == 0
        x = np.load(folder + "/out/frequencies.npy")[part].astype(np.float32)
        y = np.load(folder + "/out/energies.npy")[part]
        print(f"{len(y)} training samples, {x.shape[1]} features, {TRIALS} trials of {FOLDS} folds, one thread")
        print(f"{'seed':>4} {'rise: s':>9} {'best RMSE':>10} {'fresh folds':>12} {'peer: s':>9} {'best RMSE':>10} "
              f"{'fresh folds':>12}", flush=True)
        table = []
        for seed in range(1, n_seeds + 1):
            ours, theirs = rise(rise_run, graph, folder, seed), peer(x, y, seed)
            row = []
            for seconds, best, values in (ours, theirs):
                fresh = [cv_rmse(values, x, y, np.random.default_rng(1000 + i).permutation(len(y)) % FOLDS, FOLDS, 1)
                         for i in range(3)]
                row += [seconds, best, statistics.mean(fresh)]
            table.append(row)
            print(f"{seed:4}" + " ".join(f"{v:{w}.{d}f}" for v, w, d in zip(row, (10, 10, 12, 9, 10, 12), (1, 3, 3) * 2)),
                  flush=True)
        middle = [statistics.median(column) for column in zip(*table)]
        print("med " + " ".join(f"{v:{w}.{d}f}" for v, w, d in zip(middle, (10, 10, 12, 9, 10, 12), (1, 3, 3) * 2)))
        print(f"time of the peer / rise, median of {n_seeds}: {statistics.median(r[3] / r[0] for r in table):.2f}")


main()

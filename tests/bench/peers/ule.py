"""Leaders and assignment beside NumPy and faiss, on the same SOAP vectors, in turn, on one thread.

    ule.py PROGRAM FRAMES.extxyz [FRAMES [REPEATS]]

PROGRAM is bench_ule. The vectors of FRAMES frames (100) go to a temporary file; each reads it in the pieces it works on,
a tile or a block, which are then in cache, and neither making nor reading them is timed. The NumPy search is the sequential rule with a matrix product for each block:
what no leader so far is near to goes through the rule one by one; what is within 1e-5 of the limit is judged in float64.
Block sizes of 100 to 2000 rows are tried and the fastest is taken.
"""
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import faiss
import numpy as np

program, frames = sys.argv[1:3]
n_frames = int(sys.argv[3]) if len(sys.argv) > 3 else 100
repeats = int(sys.argv[4]) if len(sys.argv) > 4 else 5
threshold, many = 0.83, 0.935
n_atoms = 2000


def limit_of(m):
    return 1 - (1 - m) ** 2


class Leaders:
    """Unit vectors in float32 for the products and in float64 for what those leave in doubt."""

    def __init__(self, n_columns, limit):
        self.limit = limit
        self.unit = np.empty((4096, n_columns), np.float32)
        self.exact = np.empty((4096, n_columns))
        self.row = []

    def near(self, x, first):
        """The rule for one row and the leaders from `first` on."""
        n = len(self.row)
        if first == n:
            return False
        length = np.sqrt(np.dot(x, x))
        dots = self.unit[first:n] @ x / length
        best = dots.max()
        if abs(best - self.limit) > 1e-5:
            return best > self.limit
        wide = x.astype(np.float64)
        return (self.exact[first:n] @ (wide / np.linalg.norm(wide))).max() > self.limit

    def add(self, x, row):
        n = len(self.row)
        wide = x.astype(np.float64)
        self.exact[n] = wide / np.linalg.norm(wide)
        self.unit[n] = self.exact[n]
        self.row.append(row)


def search_block(set_, x, first_row):
    before = len(set_.row)
    rest = np.arange(len(x))
    if before:
        length = np.sqrt(np.einsum("ij,ij->i", x, x))
        best = (x @ set_.unit[:before].T).max(axis=1) / length
        rest = np.flatnonzero(best <= set_.limit + 1e-5)
        doubt = rest[best[rest] > set_.limit - 1e-5]
        if len(doubt):
            wide = x[doubt].astype(np.float64)
            wide /= np.linalg.norm(wide, axis=1)[:, None]
            matched = doubt[(wide @ set_.exact[:before].T).max(axis=1) > set_.limit]
            rest = np.setdiff1d(rest, matched)
    for i in rest:
        if not set_.near(x[i], before):
            set_.add(x[i], first_row + i)


def numpy_search(vectors, block):
    set_, seconds = Leaders(vectors.shape[1], limit_of(threshold)), 0.0
    for at in range(0, len(vectors), block):
        x = np.array(vectors[at : at + block])
        start = time.thread_time()
        search_block(set_, x, at)
        seconds += time.thread_time() - start
    return seconds, set_


def rise(*args):
    out = subprocess.run([program, *map(str, args)], check=True, capture_output=True, text=True)
    return float(out.stdout)


def unit_rows(x):
    wide = x.astype(np.float64)
    return (wide / np.linalg.norm(wide, axis=1)[:, None]).astype(np.float32)


def faiss_assign(vectors, leaders, block=500):
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(leaders)
    labels, seconds = [], 0.0
    for at in range(0, len(vectors), block):
        frame = np.array(vectors[at : at + block])
        start = time.thread_time()
        labels.append(index.search(frame, 1)[1][:, 0])
        seconds += time.thread_time() - start
    return seconds, np.concatenate(labels)


def report(what, n, ours, theirs, name):
    a, b = (1e6 * statistics.median(s) / n for s in (ours, theirs))
    print(f"{what:46} rise {a:8.2f} us/atom   {name} {b:8.2f} us/atom   {b / a:6.1f}x")


def compare_search(path, vectors, out):
    blocks = {b: numpy_search(vectors[: 10 * n_atoms], b)[0] for b in (100, 250, 500, 1000, 2000)}
    block = min(blocks, key=blocks.get)
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(rise("search", path, n_atoms, threshold, out))
        seconds, set_ = numpy_search(vectors, block)
        theirs.append(seconds)
    found = np.loadtxt(out, dtype=int)
    same = list(found) == set_.row
    report(f"search, {n_frames} frames, {len(found)} leaders, blocks of {block}", len(vectors), ours, theirs, "NumPy")
    print("leaders are", "the same" if same else f"NOT the same ({len(set_.row)} by NumPy)")
    return same


def compare_assignment(path, vectors, out, m, k):
    rise("search", path, n_atoms, m, out)
    leaders = unit_rows(np.array(vectors[np.loadtxt(out, dtype=int)[:k]]))
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(rise("assign", path, n_atoms, m, k, out))
        seconds, labels = faiss_assign(vectors, leaders)
        theirs.append(seconds)
    report(f"assignment, K = {len(leaders)}", len(vectors), ours, theirs, "faiss IndexFlatIP")
    found = np.loadtxt(out, dtype=int)
    other = np.flatnonzero(found != labels)
    x, y = vectors[other].astype(np.float64), leaders.astype(np.float64)
    x /= np.linalg.norm(x, axis=1)[:, None]
    gap = np.einsum("ij,ij->i", x, y[found[other]]) - np.einsum("ij,ij->i", x, y[labels[other]])
    print(f"{len(other)} of {len(found)} labels differ, dots by at most {np.abs(gap).max(initial=0):.1e}")
    return np.abs(gap).max(initial=0) < 1e-5


def main():
    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path, out = pathlib.Path(folder, "vectors.f32"), pathlib.Path(folder, "out.txt")
        command = [program, "vectors", frames, str(n_frames), str(path)]
        n_columns = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        vectors = np.memmap(path, np.float32, "r").reshape(-1, n_columns)
        good = compare_search(path, vectors, out)
        few = pathlib.Path(folder, "few.f32")
        part = np.array(vectors[: 4 * n_atoms])
        part.tofile(few)
        good &= compare_assignment(few, part, out, threshold, 2000)
        good &= compare_assignment(few, part, out, many, 2000)
    sys.exit(0 if good else 1)


main()

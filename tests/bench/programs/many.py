"""many.py FOLDER REPEATS RISE-RUN: 10,000 small files of FOLDER/many through the whole program: identities, values, the
cache; the moment when the first frame is made; and once more, when nothing is new."""

import os, statistics, subprocess, sys, time

folder, repeats, program = sys.argv[1], int(sys.argv[2]), os.path.abspath(sys.argv[3])
graph = os.path.join(folder, "many.yaml")
with open(graph, "w") as f:
    f.write('rise: 1\nnodes:\n  glass: {type: reader, paths: ["many/*.extxyz"], labels: {energy: energy}}\n')


def once(cache):
    start = time.perf_counter()
    subprocess.run([program, graph, "--out", folder + "/out", "--progress", "none", "--cache", cache], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


new, known = [], []
for i in range(repeats):
    new.append(once(f"{folder}/cache{i}"))
    known.append(once(f"{folder}/cache{i}"))
print(
    f"10,000 files of 100 atoms, the whole program: {statistics.median(new):.2f} s from an empty cache,"
    f" {1e3 * statistics.median(known):.0f} ms when nothing is new"
)

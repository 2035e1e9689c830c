"""many.py FOLDER REPEATS RISE-RUN: 10,000 small files of FOLDER/many through the whole program: identities, values, the
cache; when a map that reads them has its first frame; and once more, when nothing is new."""

import json, os, statistics, subprocess, sys, time

folder, repeats, program = sys.argv[1], int(sys.argv[2]), os.path.abspath(sys.argv[3])
READER = 'rise: 1\nnodes:\n  glass: {type: reader, paths: ["many/*.extxyz"], labels: {energy: energy}}\n'
MAP = "  map: {type: overview, input: glass}\n"


def once(name, text, cache, *more):
    graph = os.path.join(folder, name + ".yaml")
    with open(graph, "w") as f:
        f.write(text)
    command = [program, graph, "--out", folder + "/out", "--progress", "none", "--cache", cache, *more]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def first_frame():
    """Seconds from the start of the run to the end of the map's first frame: its begin, and one frame's work."""
    (map,) = [i for i in json.load(open(folder + "/out/run.json"))["instances"] if i["node"] == "map"]
    assert map["frames_ran"] == 10000, map
    return map["started_s"] + map["cpu_s"] / map["frames_ran"]


new, known, first, mapped, mapped_known = [], [], [], [], []
for i in range(repeats):
    new.append(once("many", READER, f"{folder}/cache{i}"))
    known.append(once("many", READER, f"{folder}/cache{i}"))
    two = f"{folder}/cache_map{i}", "--jobs", "2"
    mapped.append(once("map", READER + MAP, *two))
    first.append(first_frame())
    mapped_known.append(once("map", READER + MAP, *two))
median = statistics.median
print(
    f"10,000 files of 100 atoms, the whole program: {median(new):.2f} s from an empty cache,"
    f" {1e3 * median(known):.0f} ms when nothing is new"
)
print(
    f"with a map behind the reader, --jobs 2: its first frame after {median(first):.2f} s, all after {median(mapped):.2f} s,"
    f" {1e3 * median(mapped_known):.0f} ms when nothing is new"
)

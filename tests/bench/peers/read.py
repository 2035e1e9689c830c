"""Reading: rise, ase, extxyz and ovito on the same files, one thread each, in turn.

    read.py BENCH_READ FOLDER [--repeats 5]

FOLDER is what tests/bench/programs/frames.py made. Medians of processor seconds for all frames of a file, positions and
species included; the text is in the page cache. rise parses from memory, the others from the file.
"""

import argparse
import os
import statistics
import subprocess
import time
import warnings


def rise(program, kind, path):
    out = subprocess.run([program, kind, path, "1", "--bare"], check=True, capture_output=True, text=True)
    return float(out.stdout)


def ase_call(kind, path):
    import ase.io

    form = {"extxyz": "extxyz", "dump": "lammps-dump-text", "data": "lammps-data", "vasp": "vasp-xdatcar"}[kind]
    if kind == "data":
        return lambda: len(ase.io.read(path, format=form, atom_style="atomic"))
    return lambda: sum(len(a) for a in ase.io.iread(path, index=":", format=form))


def extxyz_call(kind, path):
    import extxyz

    return (lambda: sum(1 for _ in extxyz.iread_dicts(path))) if kind == "extxyz" else None


def ovito_call(kind, path):
    from ovito.io import import_file

    form = {"extxyz": "xyz", "dump": "lammps/dump", "data": "lammps/data", "vasp": None}[kind]
    hints = {"input_format": form} if form else {}

    def call():
        pipeline = import_file(path, **hints, **({"atom_style": "atomic"} if kind == "data" else {}))
        return sum(pipeline.compute(i).particles.count for i in range(pipeline.source.num_frames))

    return call


def timed(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")

    from importlib.metadata import version

    names = ("ase", "extxyz", "ovito")
    print("processor seconds, and times rise: " + ", ".join(f"{n} {version(n)}" for n in names))
    for kind in ("extxyz", "dump", "data", "vasp"):
        path = os.path.join(options.folder, "XDATCAR" if kind == "vasp" else "glass." + kind)
        calls = {"ase": ase_call(kind, path), "extxyz": extxyz_call(kind, path), "ovito": ovito_call(kind, path)}
        calls = {n: c for n, c in calls.items() if c}
        took = {n: [] for n in ("rise", *calls)}
        for _ in range(options.repeats):
            took["rise"].append(rise(options.program, kind, path))
            for n, call in calls.items():
                took[n].append(timed(call))
        mine = statistics.median(took["rise"])
        print(f"{kind:8} rise {mine:.3f} s; " + ", ".join(f"{n} {statistics.median(took[n]):.2f} s ({statistics.median(took[n]) / mine:.0f})" for n in calls))


if __name__ == "__main__":
    main()

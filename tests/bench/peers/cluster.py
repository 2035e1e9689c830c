"""29 small steps, five in a row, in jobs of Slurm: rise, and snakemake with its executor for Slurm.

    cluster.py RISE_RUN STEP_PROGRAM STEP_PLUGIN CALLS [REPEATS [NAME...]]

Each starts from an empty folder, runs everything, and runs again with nothing to do. Told are wall seconds, how often
the programs of Slurm were called (files in CALLS, one line a call) and the requests that the controller counted (sdiag).
The node takes four pilots or jobs at a time, a processor each. The numbers of the last step must be the same. rise looks at the
queue every 30 s, snakemake as its executor does by itself, but by squeue, since there is no accounting here."""

import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import workflow_graph as graphs

graphs.CHAINS, graphs.LENGTH, graphs.GATHERED = 9, 3, 9
rise_run, program, plugin, calls = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:5])
repeats = int(sys.argv[5]) if len(sys.argv) > 5 else 1
tools = pathlib.Path(sys.executable).parent

EXECUTOR = """executor: {kind: slurm, cpus: 1, memory: 500 MiB, nodes: 4, array: 4, time: 10}
"""


def rise(folder, graph):
    graphs.rise(folder, graph, plugin)
    with open(folder / "graph.yaml", "a") as file:
        file.write(EXECUTOR)


def snakemake(folder, graph):
    graphs.snakemake(folder, graph, f'    shell: "{program} {{params.factor}} {{output}} {{input}}"')


every = {
    "rise, pilots": (
        rise,
        [rise_run, "graph.yaml", "--cache", "cache", "--out", "out", "--progress", "none"],
        "out/last.csv",
    ),
    "snakemake, jobs": (
        snakemake,
        [str(tools / "snakemake"), "--quiet", "all", "--executor", "slurm", "--jobs", "100", "--default-resources",
         "slurm_partition=short", "slurm_account=none", "runtime=10", "mem_mb=500", "cpus_per_task=1",
         "--slurm-status-command", "squeue", "--latency-wait", "10"],
        "out/last.txt",
    ),
}


def requests():
    """Requests that the controller answered since it was asked to count anew."""
    text = subprocess.run(["sdiag"], capture_output=True, text=True, check=True).stdout
    part = text.split("Remote Procedure Call statistics by message type")[1].split("Remote Procedure Call statistics by user")[0]
    return {name: int(n) for name, n in re.findall(r"^\s*(\w+)\s*\(\s*\d+\)\s*count:(\d+)", part, re.M)}


def timed(command, folder):
    for file in pathlib.Path(calls).iterdir():
        file.unlink()
    subprocess.run(["sdiag", "--reset"], check=True, capture_output=True)
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} failed:\n{done.stdout[-3000:]}")
    called = {file.name: len(file.read_text()) for file in sorted(pathlib.Path(calls).iterdir())}
    own = ("REQUEST_STATS_INFO", "MESSAGE_NODE_REGISTRATION_STATUS", "REQUEST_PING")
    return wall, called, sum(n for name, n in requests().items() if name not in own)


wanted = sys.argv[6:] or list(every)
seen = {name: [] for name in wanted}
os.environ["XDG_CACHE_HOME"] = os.path.join(tempfile.gettempdir(), "cluster-cache")
answer = None
for _ in range(repeats):
    for name in wanted:
        write, command, result = every[name]
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            write(folder, graphs.steps())
            seen[name].append([timed(command, folder), timed(command, folder)])
            numbers = [float(x) for x in (folder / result).read_text().split() if x != "last"]
        answer = answer or numbers
        if numbers != answer or len(numbers) != graphs.WIDTH:
            sys.exit(f"{name} computes other numbers")
for name, turns in seen.items():
    for what, column in zip(("everything", "nothing"), zip(*turns)):
        wall = statistics.median(turn[0] for turn in column)
        called = ", ".join(f"{n} {program}" for program, n in column[-1][1].items()) or "none"
        print(f"{name:16} {what:10} {wall:8.1f} s  calls: {called}; {column[-1][2]} requests")

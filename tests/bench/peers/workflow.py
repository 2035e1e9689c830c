"""1,000 small steps with rise, make, snakemake and dvc: everything, nothing, and what an edit of one parameter changes.

    workflow.py RISE_RUN STEP_PROGRAM STEP_PLUGIN STEP_SCRIPT [REPEATS [NAME...]]

All take turns. In each turn a tool starts from an empty folder, runs everything, runs again with nothing to do, and runs
after the factor of one step has changed, which changes ten steps. Wall and processor seconds from process start to exit,
medians. Two steps at a time, except dvc, which knows one. The numbers of the last step must be the same everywhere."""

import os
import pathlib
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import workflow_graph as graphs

rise_run, program, plugin, script = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:5])
repeats = int(sys.argv[5]) if len(sys.argv) > 5 else 5
tools = pathlib.Path(sys.executable).parent
python = [sys.executable, script]

IN_PROCESS = f"""    run:
        import sys
        sys.path.insert(0, {str(pathlib.Path(script).parent)!r})
        from step import step
        step(params.factor, output[0], list(input))"""


def timed(command, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} failed:\n{done.stdout[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Tool:
    def __init__(self, write, command, result, prepare=()):
        self.write, self.command, self.result, self.prepare = write, command, result, prepare

    def turn(self, folder):
        graph = graphs.steps()
        self.write(folder, graph)
        for command in self.prepare:
            timed(command, folder)
        cold = timed(self.command, folder)
        again = timed(self.command, folder)
        factor, inputs = graph[graphs.EDITED]
        graph[graphs.EDITED] = (factor - 1e-5, inputs)
        self.write(folder, graph)
        edit = timed(self.command, folder)
        numbers = (folder / self.result).read_text().split()
        return (cold, again, edit), [float(x) for x in numbers if x != "last"]


def snakemake(body):
    return Tool(
        lambda folder, graph: graphs.snakemake(folder, graph, body),
        [str(tools / "snakemake"), "--quiet", "all", "--cores", "2", "--force-use-threads"],
        "out/last.txt",
    )


def dvc(*command):
    call = [str(tools / "dvc")]
    quiet = [[*call, "init", "-q", "--no-scm"], *([*call, "config", f"core.{k}", "false"] for k in ("analytics", "check_update"))]
    return Tool(
        lambda folder, graph: graphs.dvc(folder, graph, command), [*call, "repro", "-q", "-P"], "ends/last.txt", quiet
    )


shell = "    shell: \"{} {{params.factor}} {{output}} {{input}}\""
every = {
    "rise, node in a plug-in": Tool(
        lambda folder, graph: graphs.rise(folder, graph, plugin),
        [rise_run, "graph.yaml", "--cache", "cache", "--out", "out", "--jobs", "2", "--progress", "none"],
        "out/last.csv",
    ),
    "make, program": Tool(
        lambda folder, graph: graphs.make(folder, graph, [program]), ["make", "-s", "-j2"], "out/last.txt"
    ),
    "snakemake, function": snakemake(IN_PROCESS),
    "snakemake, program": snakemake(shell.format(program)),
    "snakemake, python script": snakemake(shell.format(shlex.join(python))),
    "dvc, program": dvc(program),
}


def floor(command):
    return ["bash", "-c", f"for ((i = 0; i < 1000; i++)); do {command}; done"]


floors = {
    "bash, 1,000 times /bin/true": floor("/bin/true"),
    "bash, 1,000 times the program": floor(shlex.join([program, "3.5", "row.txt"])),
    "bash, 1,000 times the script": floor(shlex.join([*python, "3.5", "row.txt"])),
}
wanted = sys.argv[6:] or [*every, *floors]
seen = {name: [] for name in wanted}
os.environ["XDG_CACHE_HOME"] = os.path.join(tempfile.gettempdir(), "workflow-cache")
answer = None
for _ in range(repeats):
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            if name in floors:
                seen[name].append([timed(floors[name], folder)])
                continue
            times, numbers = every[name].turn(pathlib.Path(folder))
            seen[name].append(times)
        answer = answer or numbers
        if numbers != answer or len(numbers) != graphs.WIDTH:
            sys.exit(f"{name} computes other numbers")
print(f"{'wall s (processor s), median of ' + str(repeats):34}{'everything':>20}{'nothing':>20}{'ten steps':>20}")
for name, turns in seen.items():
    columns = [[statistics.median(values) for values in zip(*column)] for column in zip(*turns)]
    print(f"{name:34}" + "".join(f"{f'{wall:.3f} ({cpu:.3f})':>20}" for wall, cpu in columns))

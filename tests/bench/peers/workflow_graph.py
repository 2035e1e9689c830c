"""A graph of 1,000 steps in the words of each tool.

90 chains of 11 steps; nine steps that each take the mean of ten chains; one that takes the mean of those. Every step has
a factor of its own, so no two steps compute the same."""

import json
import shlex

CHAINS, LENGTH, GATHERED = 90, 11, 10
WIDTH = 64  # numbers in a row
EDITED = "step_45_3"  # seven more of its chain follow, one that gathers, and the last


def steps():
    """Name -> (factor, names of the inputs), in an order in which they can run."""
    graph = {}

    def add(name, inputs):
        graph[name] = (3.5 + len(graph) / 4000, inputs)

    for chain in range(CHAINS):
        for k in range(LENGTH):
            add(f"step_{chain}_{k}", [f"step_{chain}_{k - 1}"] if k else [])
    ends = [f"step_{chain}_{LENGTH - 1}" for chain in range(CHAINS)]
    groups = range(0, CHAINS, GATHERED)
    for at in groups:
        add(f"gather_{at}", ends[at : at + GATHERED])
    add("last", [f"gather_{at}" for at in groups])
    return graph


def command(program, name, factor, inputs):
    return shlex.join([*program, repr(factor), f"out/{name}.txt", *(f"out/{i}.txt" for i in inputs)])


def rise(folder, graph, plugin):
    lines = ["rise: 1", f"plugins: [{plugin}]", "nodes:"]
    for name, (factor, inputs) in graph.items():
        reads = f", input: [{', '.join(inputs)}]" if inputs else ""
        lines.append(f"  {name}: {{type: step, factor: {factor!r}{reads}}}")
    lines.append("  file: {type: export, input: last, path: last.csv}")
    (folder / "graph.yaml").write_text("\n".join(lines) + "\n")


def make(folder, graph, program):
    lines = ["out/last.txt:"]
    for name, (factor, inputs) in graph.items():
        reads = " ".join(f"out/{i}.txt" for i in inputs)
        # a file with the factor: make knows no parameters
        lines += [f"out/{name}.txt: {reads} factors/{name}", f"\t{command(program, name, factor, inputs)}"]
        file = folder / "factors" / name
        file.parent.mkdir(exist_ok=True)
        if not file.exists() or file.read_text() != repr(factor):
            file.write_text(repr(factor))
    (folder / "Makefile").write_text("\n".join(lines) + "\n")
    (folder / "out").mkdir(exist_ok=True)


def snakemake(folder, graph, how):
    """`how`: the body of the rule."""
    table = {name: {"factor": factor, "inputs": [f"out/{i}.txt" for i in inputs]} for name, (factor, inputs) in graph.items()}
    (folder / "steps.json").write_text(json.dumps(table))
    (folder / "Snakefile").write_text(f"""import json

steps = json.load(open("steps.json"))

rule all:
    input: "out/last.txt"

rule step:
    input: lambda w: steps[w.name]["inputs"]
    output: "out/{{name}}.txt"
    params: factor=lambda w: steps[w.name]["factor"]
{how}
""")


def dvc(folder, graph, program):
    """One dvc.yaml for each chain: dvc reads and writes the lock file beside it for every stage, so a single file with
    all stages makes it slower with each stage that is done."""
    home = {name: "_".join(name.split("_")[:2]) if name.startswith("step") else "ends" for name in graph}
    lines = {place: ["stages:"] for place in home.values()}
    for name, (factor, inputs) in graph.items():
        deps = [f"../{home[i]}/{i}.txt" for i in inputs]
        call = shlex.join([*program, repr(factor), f"{name}.txt", *deps])
        lines[home[name]] += [f"  {name}:", f"    cmd: {call}"]
        lines[home[name]] += ["    deps:", *(f"    - {path}" for path in deps)] if deps else []
        lines[home[name]] += ["    outs:", f"    - {name}.txt"]
    for place, text in lines.items():
        (folder / place).mkdir(exist_ok=True)
        (folder / place / "dvc.yaml").write_text("\n".join(text) + "\n")

#!/usr/bin/env bash
# The example in Python: the study it runs, arrays that are no copies and outlive what they came from, errors, reruns,
# interrupts and threads. Takes the first Python that has cffi and NumPy.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
export RISE_CACHE=$work/cache RISE_PREFIX=$PWD/zig-out PYTHONPATH=$PWD/examples/python PYTHONDONTWRITEBYTECODE=1
for python in python3 /usr/bin/python3; do
    "$python" -c 'import cffi, numpy' 2>/dev/null && break
done

# py: a program on stdin, in a folder of this test, with a small graph at hand.
py() { (cd "$work" && "$python" -X faulthandler - "$@"); }
mkdir "$work/graphs" && cp examples/embed/embed.yaml "$work/graphs/small.yaml" && mkdir -p "$work/zrcu" &&
    cp examples/zrcu/zrcu_00.extxyz.zst "$work/zrcu" || exit 1
cp graphs/quick.yaml "$work/graphs/quick.yaml" && mkdir "$work/examples" && ln -s "$work/zrcu" "$work/examples/zrcu"

has_what_it_needs() { "$python" -c 'import cffi, numpy' || fail "apt-get install python3-cffi python3-numpy"; }

the_study() {
    (cd "$work" && "$python" "$OLDPWD/examples/python/quick.py") >"$work/printed" || return
    "$python" - "$work/printed" <<'PYTHON'
import re, sys
printed = open(sys.argv[1], encoding="utf-8").read()
first, again = (re.findall(r"error ([\d.]+) eV", part)[:3] for part in printed.split("energy_r.max_depth = 4"))
assert len(first) == len(again) == 3 and first != again, printed
assert "50 samples by 60 environments" in printed and "2000 atoms" in printed, printed
PYTHON
}
values_are_those_of_the_files() {
    cp "$work/graphs/small.yaml" "$work/graphs/export.yaml"
    printf '  %s: {type: export, input: %s, path: %s}\n' t energy.predictions p.csv n spectrum s.npy >>"$work/graphs/export.yaml"
    py <<'PYTHON'
import csv, numpy as np, rise
run = rise.Graph("graphs/export.yaml").run(out="out")
assert sorted(run.files()) == ["out/p.csv", "out/s.npy"], run.files()
assert np.array_equal(np.load("out/s.npy"), run["spectrum.frequencies"].array)
rows = list(csv.DictReader(open("out/p.csv")))
table = run["energy.predictions"]
assert [r["part"] for r in rows] == list(table["part"]) and len(rows) == table.n_rows == 24
assert [float(r["predicted"]) for r in rows] == list(table["predicted"])
PYTHON
}
nothing_is_copied() {
    py <<'PYTHON'
import numpy as np, rise
from rise.library import ffi, lib
run = rise.Graph("graphs/small.yaml").run()
spectrum, predictions, glass = run["spectrum"], run["energy.predictions"], run["glass"]
def at(pointer):
    return int(ffi.cast("uintptr_t", pointer))
where = lambda array: array.__array_interface__["data"][0]
assert where(spectrum.array) == at(lib.rise_value_tensor(spectrum._value).data)
assert where(np.asarray(spectrum)) == where(spectrum.array) and spectrum.array.shape == (24, 17)
column = lib.rise_table_find(lib.rise_value_table(predictions._value), b"predicted")
assert where(predictions["predicted"]) == at(column.f64) and where(predictions["frame"]) != at(column.f64)
frame = lib.rise_value_frames(glass._value).frame[3]
assert where(glass[3].positions) == at(frame.positions) and where(glass[3].species) == at(frame.species)
assert where(glass[3].positions) == where(glass[3].positions)
assert glass[3].cell.shape == (3, 3) and glass[3].periodic.all() and glass[3].id == bytes(frame.id.byte).hex()
assert np.linalg.det(glass[3].cell) > 0 and set(glass[3].species) == {29, 40}
for array in spectrum.array, predictions["predicted"], predictions["part"], glass[3].positions, glass[3].cell:
    assert not array.flags.writeable
    try:
        array[0] = array[1]
        raise SystemExit("an engine's array could be written to")
    except ValueError:
        pass
    try:
        array.flags.writeable = True
        array[0] = array[1]
    except ValueError:
        continue
    assert array.flags.owndata, "the engine's memory was made writable"
PYTHON
}
arrays_outlive_what_they_came_from() {
    py <<'PYTHON'
import gc, numpy as np, rise, weakref
host = rise.Host()
graph = rise.Graph("graphs/small.yaml", host=host)
run = graph.run()
kept = run["spectrum"].array[3:5], run["glass"][1].positions.T, run["energy.predictions"]["predicted"]
copies = [np.array(it) for it in kept]
gone = [weakref.ref(it) for it in (host, graph, run)]
run.itself = run  # a cycle: only the collector frees it
del host, graph, run
gc.collect()
assert all(it() is None for it in gone)
for _ in range(3):  # memory that was let go would be used again
    other = rise.Graph("graphs/small.yaml", {"soap.r_cut": 3}, rise.Host()).run()
    other["spectrum"], other["glass"]
assert all(np.array_equal(a, b) for a, b in zip(kept, copies))
PYTHON
}
# A value is let go with the last array: the process does not grow.
values_are_let_go() {
    py <<'PYTHON'
import rise
run = rise.Graph("graphs/small.yaml").run()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
def take(n):
    for _ in range(n):
        run["soap"].array[0, 0, 0]
size = run["soap"].nbytes
take(3)
before = resident()
take(12)
assert size > 10e6 and resident() - before < 3 * size, (size, resident() - before)
PYTHON
}
ragged() { # frames of 2 and 3 atoms
    printf '%s\nLattice="9 0 0 0 9 0 0 0 9" energy=%s\n' 2 1 >"$work/ragged.extxyz"
    printf 'Zr 1 1 1\nCu 3 1 1\n3\nLattice="9 0 0 0 9 0 0 0 9" energy=2\nZr 1 1 1\nCu 3 1 1\nCu 1 3 1\n' >>"$work/ragged.extxyz"
    cat >"$work/graphs/ragged.yaml" <<'YAML'
rise: 1
nodes:
  glass: {type: reader, paths: ["../ragged.extxyz"], labels: {energy: energy}}
  soap: {type: soap, input: glass, r_cut: 4, n_max: 2, l_max: 2}
  table: {type: overview, input: glass}
YAML
    py <<'PYTHON'
import numpy as np, rise
run = rise.Graph("graphs/ragged.yaml").run()
soap = run["soap"]
assert list(soap.offsets) == [0, 2, 5] and len(soap) == 2 and soap.array.shape[0] == 5, soap.array.shape
assert soap[0].shape[0] == 2 and soap[1].shape[0] == soap[-1].shape[0] == 3
assert np.shares_memory(soap[1], soap.array) and np.array_equal(soap[1], soap.array[2:])
try:
    soap[2]
    raise SystemExit("a frame too many")
except IndexError:
    pass
assert [len(f.positions) for f in run["glass"]] == [2, 3] and list(run["glass"][0].species) == [40, 29]
PYTHON
}
errors_tell_where() {
    sed 's/lambda: 0.1/lamda: 0.1/; s/fraction: 0.2/fraction: 2/' "$work/graphs/small.yaml" >"$work/graphs/wrong.yaml"
    printf '2\nLattice="9 0 0 0 9 0 0 0 9" energy=1\nZr 1 1 1\nCu 3 1 oops\n' >"$work/bad.extxyz"
    sed 's/ragged.extxyz/bad.extxyz/' "$work/graphs/ragged.yaml" >"$work/graphs/bad.yaml"
    py <<'PYTHON'
import rise
def raised(what):
    try:
        what()
    except rise.Error as error:
        return error
    raise SystemExit("no error")
wrong = raised(lambda: rise.Graph("graphs/wrong.yaml"))
assert isinstance(wrong, rise.GraphError) and len(wrong.errors) == 2 and wrong.status == "E_GRAPH", wrong.errors
assert {e.line for e in wrong.errors} == {7, 9} and "lambda" in wrong.errors[1].hint + wrong.errors[1].message
assert str(wrong).startswith("graphs/wrong.yaml:7:"), str(wrong)
bad = raised(lambda: rise.Graph("graphs/bad.yaml").run())
assert bad.status == "E_DATA" and bad.line == 4 and bad.file.endswith("bad.extxyz") and bad.run.instances(), vars(bad)
graph = rise.Graph("graphs/small.yaml")
assert raised(lambda: graph.run(only="nothing")).status == "E_USAGE"
run = graph.run(only="spectrum")
assert raised(lambda: run["energy"]).status == "E_MISS"
assert "no such output" in str(raised(lambda: run["spectrum.nothing"]))
assert raised(lambda: graph.changed({"energy.lambda": "much"})).status == "E_GRAPH"
assert raised(lambda: rise.Host(["nothing.so"])).message
PYTHON
}
only_what_changed_runs() {
    py <<'PYTHON'
import numpy as np, rise
graph = rise.Graph("graphs/small.yaml")
graph.run()
again, told, ticks = graph.changed({"energy.lambda": np.float64(0.7)}), [], []
run = again.run(ended=lambda run, it: told.append((it.node, it.status)), ticked=ticks.append)
assert dict(told)["energy"] == "ran" and dict(told)["spectrum"] == "cached", told
assert [i.reason for i in run.instances() if i.status == "ran"] == ["parameter lambda [0.1] -> [0.7] (--set)"]
first, second = (np.array(g.run()["energy.predictions"]["predicted"]) for g in (graph, again))
assert not np.array_equal(first, second)
assert graph.run()["energy.predictions"].digest == graph.run()["energy.predictions"].digest
PYTHON
}
values_come_while_it_runs() {
    py <<'PYTHON'
import rise
seen = []
def ended(run, it):
    if it.node == "spectrum":
        seen.append((run["spectrum"].array.shape, [i.status for i in run.instances() if i.node == "energy"]))
run = rise.Graph("graphs/small.yaml", {"soap.r_cut": 3.5}).run(ended=ended)
assert seen and seen[0][0] == run["spectrum"].array.shape and seen[0][1] != ["ran"], seen
PYTHON
}
callbacks_may_fail() {
    py <<'PYTHON'
import rise
def ended(run, it):
    raise KeyError(it.node)
graph = rise.Graph("graphs/small.yaml", {"soap.r_cut": 3.7})
try:
    graph.run(ended=ended)
    raise SystemExit("the exception was lost")
except KeyError:
    pass
again = graph.run()
assert [i.status for i in again.instances() if i.node == "energy"] == ["ran"], "it went on to the end"
assert again["spectrum"].array.size
PYTHON
}
finds_the_tree_it_is_part_of() {
    mkdir -p "$work/tree/share/rise/examples" && cp -r "$PYTHONPATH" "$work/tree/share/rise/examples" &&
        ln -s "$RISE_PREFIX/include" "$RISE_PREFIX/lib" "$work/tree" &&
        (cd "$work/tree/share/rise/examples/python" && env -u RISE_PREFIX -u PYTHONPATH "$python" -c '
import rise.library
print(rise.library.prefix())') >"$work/printed" && [ "$(cat "$work/printed")" = "$work/tree" ]
}
# A signal to the whole process while a long node is at work: what was finished is kept.
ctrl_c() {
    cat >"$work/long.py" <<'PYTHON'
import sys, rise
graph = rise.Graph("graphs/quick.yaml", {"vit.epochs": 4000, "axes.comm": [8]})
def ticked(run):
    if any(i.node == "vit" and i.status == "running" for i in run.instances()):
        print("at work", flush=True)
try:
    graph.run(only="vit", ticked=ticked)
except KeyboardInterrupt:
    known = [i.node for i in graph.run(only="voxels").instances() if i.status == "cached"]
    sys.exit(3 if "voxels" in known or "glass" in known else 4)
PYTHON
    # Bash has background jobs ignore the signal; Python then does too.
    "$python" - "$python" "$work" <<'PYTHON'
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
p = subprocess.Popen([sys.argv[1], "long.py"], cwd=sys.argv[2], stdout=subprocess.PIPE)
assert p.stdout.readline() == b"at work\n"
start = time.monotonic()
p.send_signal(signal.SIGINT)
code = p.wait(60)
assert code == 3, code
print("ended after %.1f s" % (time.monotonic() - start))
PYTHON
}
threads() {
    py <<'PYTHON'
import threading, time, rise
from concurrent.futures import ThreadPoolExecutor
graph = rise.Graph("graphs/small.yaml", {"energy.lambda": 0.3})
beats, over = 0, threading.Event()
def beat():
    global beats
    while not over.is_set():
        beats += 1
        time.sleep(0.001)
heart = threading.Thread(target=beat)
heart.start()
def errors(r_cut):  # several runs at once, of one graph and of others
    run = rise.Graph("graphs/small.yaml", {"soap.r_cut": r_cut}).run(jobs=1)
    same = graph.run(jobs=1)
    return run, same["energy.predictions"].digest
with ThreadPoolExecutor(4) as pool:
    found = list(pool.map(errors, [3, 3.2, 3.4, 3.6]))
over.set()
heart.join()
assert beats > 20, "Python stood still: %d" % beats
assert len({digest for _, digest in found}) == 1
# What is over may be read here, also where it is computed again (soap is never kept).
assert len({run["soap"].digest for run, _ in found}) == 4
run, other = graph.start(), []
def wait():
    try:
        run.wait()
    except RuntimeError as error:
        other.append(str(error))
t = threading.Thread(target=wait)
t.start()
t.join()
assert other == ["a run is waited for by the thread that started it"], other
run.wait()
del found
PYTHON
}
# Started and let go: it is stopped, and nothing is left at work.
never_waited_for() {
    py <<'PYTHON'
import gc, os, rise
run = rise.Graph("graphs/quick.yaml", {"vit.epochs": 3000}).start(ended=lambda *_: None)
del run
gc.collect()
assert len(os.listdir("/proc/self/task")) <= 2, os.listdir("/proc/self/task")
PYTHON
}
check "there is a Python with cffi and NumPy" has_what_it_needs
[ ${#failures[@]} -eq 0 ] || finish
check "quick.py runs the study" the_study
check "values are those of the files" values_are_those_of_the_files
check "nothing is copied, nothing can be written to" nothing_is_copied
check "arrays outlive run, graph and host" arrays_outlive_what_they_came_from
check "values are let go with the last array" values_are_let_go
check "frames of different numbers of atoms" ragged
check "errors tell where" errors_tell_where
check "after a change only what depends on it runs" only_what_changed_runs
check "values can be taken while it runs" values_come_while_it_runs
check "an exception in a callback stops the run" callbacks_may_fail
check "Ctrl-C stops a run and keeps what is finished" ctrl_c
check "threads" threads
check "it finds the tree it is part of" finds_the_tree_it_is_part_of
check "a run that nobody waits for" never_waited_for
finish

"""Replaces each file of a cache in turn by garbage, of each kind, and runs a graph on it.

    garbage.py RISE_RUN FOLDER GRAPH ASSIGNMENT...

FOLDER/cache is the cache of a run of the graph without the assignments, so that a run with them reads from it. Outputs have
the same bytes each time, and what cannot be used is told: a log always, since all are read, others where they are read."""

import filecmp
import os
import random
import shutil
import socket
import subprocess
import sys

rise_run, folder, graph = sys.argv[1:4]
sets = [word for assignment in sys.argv[4:] for word in ("--set", assignment)]
cache, work = os.path.join(folder, "cache"), os.path.join(folder, "garbage")
random.seed(4711)


def run(at, out):
    done = subprocess.run([rise_run, graph, *sets, "--cache", at, "--out", out, "--jobs", "2", "--progress", "plain"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120)
    return done.returncode, done.stderr


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def a_socket(path):
    s = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(os.path.dirname(path))  # the path of a socket may not be long
    s.bind(os.path.basename(path))
    os.chdir(here)
    s.close()


# What stands in the place of a file, of its bytes and of those of another. Told: also where a log may look torn.
KINDS = {
    "zeros": (True, lambda p, data, other: write(p, bytes(len(data)))),
    "random bytes": (True, lambda p, data, other: write(p, random.randbytes(len(data)))),
    "random bytes behind a sound head": (False, lambda p, data, other: write(p, data[:64] + random.randbytes(len(data)))),
    "nothing": (False, lambda p, data, other: write(p, b"")),
    "half of it": (False, lambda p, data, other: write(p, data[:len(data) // 2])),
    "another file": (True, lambda p, data, other: write(p, other)),
    "a folder": (True, lambda p, data, other: os.mkdir(p)),
    "a link to itself": (True, lambda p, data, other: os.symlink(p, p)),
    "a pipe": (True, lambda p, data, other: os.mkfifo(p)),
    "a socket, that cannot be opened": (True, lambda p, data, other: a_socket(p)),
}


def outputs(out):
    return sorted(os.path.relpath(os.path.join(place, name), out) for place, _, names in os.walk(out)
                  for name in names if name not in ("run.json", "run.html"))


def files():
    return sorted(os.path.relpath(os.path.join(place, name), cache) for place, _, names in os.walk(cache) for name in names)


def kind_of(name):
    return name.split(os.sep)[0]


def replace(name, how):
    """A copy of the cache in which `name` is garbage. Another file is one of another part, where there is one."""
    at = os.path.join(work, "cache")
    shutil.rmtree(at, ignore_errors=True)
    shutil.copytree(cache, at)
    path = os.path.join(at, name)
    others = [f for f in files() if kind_of(f) != kind_of(name)] or files()
    data, other = open(path, "rb").read(), open(os.path.join(cache, random.choice(others)), "rb").read()
    os.remove(path)
    how(path, data, other)
    return at


def main():
    reference, out = os.path.join(work, "reference"), os.path.join(work, "out")
    os.mkdir(work)
    assert run(os.path.join(work, "fresh"), reference)[0] == 0
    n_told, names = {}, files()
    assert {kind_of(name) for name in names} >= {"objects", "packs", "records"}, names
    for name in names:
        for kind, (told, how) in KINDS.items():
            shutil.rmtree(out, ignore_errors=True)
            code, text = run(replace(name, how), out)
            if code != 0:
                sys.exit(f"{name} is {kind}: exit status {code}\n{text}")
            if outputs(out) != outputs(reference) or any(
                    not filecmp.cmp(os.path.join(out, f), os.path.join(reference, f), shallow=False) for f in outputs(out)):
                sys.exit(f"{name} is {kind}: other outputs\n{text}")
            said = "the cache is damaged" in text or "the cache cannot be" in text
            n_told[kind_of(name)] = n_told.get(kind_of(name), 0) + said
            if kind_of(name) == "records" and told and not said:
                sys.exit(f"{name} is {kind}: nothing is told\n{text}")
    print(f"{len(names)} files, {len(KINDS)} kinds of garbage; told: {n_told}")
    if not all(n_told[part] for part in ("objects", "packs", "records")):
        sys.exit("of some part nothing was ever told")


main()

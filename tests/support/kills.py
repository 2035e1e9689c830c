"""Kills runs of a graph at random moments, and looks at what is left.

    kills.py RISE_RUN GRAPH FOLDER N [SEED]

A chain begins with an empty cache and goes on, kill after kill, until a run comes through by itself; then the next
begins. After every kill each output that is there is whole. What any run of the chain had told as ended (--progress json)
never runs again in that chain. What comes through has the bytes of a run that nothing disturbed, and every cache verifies.
Every other chain loses its outputs at each kill."""

import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

rise_run, graph, folder, n_kills = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
random.seed(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
NOT_COMPARED = ("run.json", "run.html")  # they hold times
MOST = 30  # kills in a chain: a machine may be too busy for a run to come through in its time
ROWS = "its rows are read by a node that runs"  # of a stream nothing is kept but its keys


def start(cache, out, log):
    with open(log, "wb") as stderr:
        command = [rise_run, graph, "--cache", cache, "--out", out, "--jobs", "2", "--progress", "json"]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)


def ended(log):
    """What the run told as ended; a last line may be torn."""
    events = []
    for line in open(log, "rb").read().split(b"\n")[:-1]:
        event = json.loads(line)
        if event["event"] == "ended":
            events.append(event)
        elif event["event"] == "error":
            sys.exit(f"an error: {event}")
        elif event["event"] == "warning" and "cache" in event["text"]:
            sys.exit(f"a warning: {event['text']}")
    return events


def outputs(out):
    found = []
    for place, _, names in os.walk(out):
        for name in names:
            if name not in NOT_COMPARED and not name.endswith(".tmp"):
                found.append(os.path.relpath(os.path.join(place, name), out))
    return sorted(found)


def check_outputs(out, reference, all_of_them):
    there = outputs(out)
    if all_of_them and there != outputs(reference):
        sys.exit(f"outputs are {there}")
    for name in there:
        if not filecmp.cmp(os.path.join(out, name), os.path.join(reference, name), shallow=False):
            sys.exit(f"{name} has other bytes")


def check_nothing_lost(told, events):
    for event in events:
        if event["status"] == "ran" and event["instance"] in told and event["reason"] != ROWS:
            sys.exit(f"{event['instance']} was told as ended, and ran again: {event['reason']}")
    told.update(event["instance"] for event in events if event["status"] in ("ran", "cached"))


def verify(cache):
    if os.path.isdir(cache):
        subprocess.run([rise_run, "cache", "verify", "--read-data", "--cache", cache], check=True,
                       stdout=subprocess.DEVNULL)


def main():
    reference, log = os.path.join(folder, "reference"), os.path.join(folder, "log")
    durations = []
    for i in range(2):
        begin = time.monotonic()
        if start(os.path.join(folder, f"first{i}"), reference, log).wait() != 0:
            sys.exit("the first run failed: " + open(log).read())
        durations.append(time.monotonic() - begin)
    whole = min(durations)
    cache, out = os.path.join(folder, "cache"), os.path.join(folder, "out")
    killed = chains = n_told = 0
    while killed < n_kills:
        shutil.rmtree(cache, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)
        told, alive, n_here = set(), True, 0
        chains += 1
        while alive:
            run = start(cache, out, log)
            try:
                moment = random.uniform(0, whole * random.choice((0.2, 0.6, 1.0)))
                run.wait(timeout=moment if n_here < MOST else None)
                alive = False
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                alive = run.wait() == -signal.SIGKILL
                killed += alive
                n_here += alive
            if not alive and run.returncode != 0:
                sys.exit(f"exit status {run.returncode}: {open(log).read()}")
            check_nothing_lost(told, ended(log))
            check_outputs(out, reference, not alive)
            if alive and chains % 2 == 0:
                shutil.rmtree(out, ignore_errors=True)
        n_told += len(told)
        verify(cache)
        print(f"{killed} kills in {chains} chains", file=sys.stderr, flush=True)
    print(f"{killed} kills in {chains} chains of runs that take {whole:.2f} s, {n_told} instances told as ended: none ran again")


main()

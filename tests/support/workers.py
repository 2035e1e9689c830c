"""Workers of one graph on one cache, some of which are killed.

    workers.py RISE_RUN GRAPH FOLDER WORKERS KILLS [SEED]

Each time two or more workers begin on an empty cache; at random moments one of them, or all, are killed (-9) or told to
leave (SIGTERM, SIGUSR1), and another takes its place. In the end the graph is run for its outputs: these have the bytes of
a run that nothing disturbed, nothing is left to compute, and the cache verifies."""

import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

rise_run, graph, folder, n_workers, n_kills = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
random.seed(int(sys.argv[6]) if len(sys.argv) > 6 else 1)
NOT_COMPARED = ("run.json", "run.html")  # they hold times
LEASE = ["--lease", "1"]


def worker(cache, log):
    command = [rise_run, "worker", graph, "--cache", cache, "--jobs", "1", "--progress", "plain", "--idle", "20"]
    with open(log, "ab") as stderr:
        return subprocess.Popen(command + LEASE, stdin=subprocess.DEVNULL, stderr=stderr)


def outputs(out):
    found = []
    for place, _, names in os.walk(out):
        found += [os.path.relpath(os.path.join(place, n), out) for n in names if n not in NOT_COMPARED and not n.endswith(".tmp")]
    return sorted(found)


def run(cache, out):
    """The graph itself; the number of instances that ran."""
    summary = out + ".json"
    command = [rise_run, graph, "--cache", cache, "--out", out, "--summary", summary, "--progress", "none"]
    subprocess.run(command + LEASE, check=True, stdout=subprocess.DEVNULL)
    return sum(i["status"] == "ran" for i in json.load(open(summary))["instances"])


def main():
    reference, cache, out = (os.path.join(folder, name) for name in ("reference", "cache", "out"))
    log = os.path.join(folder, "log")
    run(os.path.join(folder, "first"), reference)
    killed = told = rounds = 0
    while killed + told < n_kills or rounds == 0:
        shutil.rmtree(cache, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)
        rounds += 1
        here = [worker(cache, log) for _ in range(n_workers)]
        begin = time.monotonic()
        while here and killed + told < n_kills and time.monotonic() - begin < 60:
            time.sleep(random.uniform(0, 0.7))
            how = random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1))
            for victim in list(here) if random.random() < 0.2 else [random.choice(here)]:
                if victim.poll() is not None:
                    here.remove(victim)
                    continue
                victim.send_signal(how)
                code = victim.wait()
                if how == signal.SIGKILL:
                    killed += code == -signal.SIGKILL
                elif code != 0:
                    sys.exit(f"a worker that was told to leave ended with {code}: " + open(log).read()[-2000:])
                else:
                    told += 1
                here[here.index(victim)] = worker(cache, log)
        for one in here:
            if one.wait() != 0:
                sys.exit(f"a worker ended with {one.returncode}: " + open(log).read()[-2000:])
        ran = run(cache, out)
        if ran and here:
            sys.exit(f"{ran} instances were left, though workers had ended by themselves")
        if outputs(out) != outputs(reference):
            sys.exit(f"outputs are {outputs(out)}")
        for name in outputs(reference):
            if not filecmp.cmp(os.path.join(out, name), os.path.join(reference, name), shallow=False):
                sys.exit(f"{name} has other bytes")
        subprocess.run([rise_run, "cache", "verify", "--read-data", "--cache", cache], check=True, stdout=subprocess.DEVNULL)
    print(f"{rounds} rounds of {n_workers} workers: {killed} killed, {told} told to leave; all outputs as alone")


main()

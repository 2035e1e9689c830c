#!/usr/bin/env bash
# Tuning of trees: asking for more trials runs those, an interrupted search goes on where it was, and the number of
# threads changes nothing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

graph=tests/e2e/graphs/tuning.yaml

records() { # CACHE: how many are kept
    "$rise_run" cache stat --cache "$1" | awk '$1 == "records" { print $2 }'
}

cold() {
    exits 0 cold $graph --cache "$work/cache-cold" --jobs 1 && python3 - "$work/out-cold/trials.csv" <<'PYTHON'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert [int(r["trial"]) for r in rows] == list(range(1, 10)), rows
assert [r["kind"] for r in rows] == 4 * ["random"] + 5 * ["guided"], rows
best = float("inf")
for r in rows:
    best = min(best, float(r["rmse"]))
    assert float(r["best"]) == best, r
assert best < float(rows[3]["best"]), "no guided trial was better than the random ones"
PYTHON
}
check "nine trials: four random, and a guided one is the best" cold

threads() {
    exits 0 threads $graph --cache "$work/cache-threads" --jobs 3 && same cold threads
}
check "three threads: the same bytes" threads

# Records of the second run: one for each fold of three more trials, and one of the node.
more() {
    exits 0 six $graph --set energy.trials=6 --cache "$work/cache-six" --jobs 2 || return
    head -n 7 "$work/out-cold/trials.csv" | cmp - "$work/out-six/trials.csv" || return
    local before after
    before=$(records "$work/cache-six")
    exits 0 nine $graph --only energy --cache "$work/cache-six" --jobs 2 && summary nine 'ran == {"energy"}' || return
    after=$(records "$work/cache-six")
    [ $((after - before)) -eq $((3 * 3 + 1)) ] || fail "$before records, then $after" || return
    exits 0 nine $graph --cache "$work/cache-six" --jobs 2 && same cold nine
}
check "six trials, then nine: the first are those of six, three run" more

# Interrupted once two trials are kept.
slow=(--set energy.trials=14 --set energy.early_stopping=300 --set 'energy.bounds={eta: "0.002..0.01"}')
interrupted() {
    local got=0 before pid
    exits 0 base $graph --cache "$work/cache-stop" --only line --jobs 2 || return
    before=$(records "$work/cache-stop")
    "$rise_run" $graph "${slow[@]}" --cache "$work/cache-stop" --out "$work/out-stop" --progress none \
        >/dev/null 2>"$work/stop.err" &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ "$(records "$work/cache-stop")" -lt $((before + 6)) ]; do sleep 0.02; done
    kill -INT $pid
    wait $pid || got=$?
    [ $got -eq 130 ] || { cat "$work/stop.err"; fail "exit status $got, expected 130" || return; }
    exits 0 goes-on $graph "${slow[@]}" --cache "$work/cache-stop" --jobs 2 || return
    exits 0 whole $graph "${slow[@]}" --cache "$work/cache-whole" --jobs 2 && same whole goes-on || return
    # What was kept before is not kept again.
    python3 - "$work/whole.json" "$work/goes-on.json" <<'PYTHON'
import json, sys
whole, rest = (sum(i["stored_bytes"] for i in json.load(open(p))["instances"] if i["node"] == "energy")
               for p in sys.argv[1:])
assert 0 < rest < whole, (rest, whole)
PYTHON
}
check "interrupted after two trials: the others run, the same bytes" interrupted

finish

#!/usr/bin/env bash
# A training that is killed at any moment goes on at the last stored epoch and ends with the same bytes.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

epochs=120
cat >"$work/train.yaml" <<YAML
rise: 1
nodes:
  glass: {type: reader, paths: ["$PWD/tests/conform/data/glass.extxyz"], labels: {energy: energy}}
  parts: {type: split, input: glass, ratio: [3, 1, 1], seed: 2}
  voxels: {type: voxelizer, input: glass, grid: 16}
  vit: {type: vit, input: voxels, target: glass.energy, split: parts, comm_length: 5, embedding: 32, epochs: $epochs,
        batch: 4, augment: all, schedule: cosine}
  model: {type: export, input: vit.model, path: model.safetensors}
  curve: {type: export, input: vit.curve, path: curve.csv}
YAML

records() { # of the cache NAME
    "$rise_run" cache stat --cache "$work/cache-$1" 2>/dev/null | awk '$1 == "records" {print $2}'
}
stored() { # bytes that the training stored in the run NAME
    python3 -c 'import json, sys
print(sum(i["stored_bytes"] for i in json.load(open(sys.argv[1]))["instances"] if i["node"] == "vit"))' "$work/$1.json"
}

# Runs NAME with --jobs JOBS until it ends by itself, killing it after random spans of a tenth to a third of the whole
# training; at most 6 times, then it may end. Prints how often it was killed in the middle of the training.
killed_until_done() { # NAME JOBS
    local name=$1 jobs=$2 n=0 hits=0 before after pid span
    before=$(records whole)
    while [ $n -lt 6 ]; do
        "$rise_run" "$work/train.yaml" --cache "$work/cache-$name" --out "$work/out-$name" --progress none \
            --jobs "$jobs" >/dev/null 2>&1 &
        pid=$!
        span=$(python3 -c "import random; print($whole_s * random.uniform(0.1, 0.35))")
        sleep "$span"
        kill -9 $pid 2>/dev/null || { wait $pid; break; }
        wait $pid 2>/dev/null
        after=$(records "$name")
        [ "${after:-0}" -lt 30 ] || [ "$after" -ge "$before" ] || hits=$((hits + 1))
        n=$((n + 1))
    done
    echo $hits
}

whole() {
    local start
    start=$(date +%s.%N)
    exits 0 whole "$work/train.yaml" --cache "$work/cache-whole" --jobs 1 || return
    python3 -c "import sys, time; print(max(0.4, time.time() - $start))" >"$work/whole_s"
}
goes_on() { # JOBS
    local hits bytes all
    hits=$(killed_until_done "killed$1" "$1")
    echo "killed $hits times in the middle of the training"
    [ "$hits" -gt 0 ] || { fail "no kill struck the training"; return; }
    exits 0 "killed$1" "$work/train.yaml" --cache "$work/cache-killed$1" --jobs "$1" && same "killed$1" whole || return
    bytes=$(stored "killed$1") all=$(stored whole)
    [ "$bytes" -lt $((all * 95 / 100)) ] || fail "the last run stored $bytes bytes of epochs, all together are $all"
}
none_lost() { # 40 epochs after 20 cost 20
    local first more
    exits 0 twenty "$work/train.yaml" --cache "$work/cache-e" --set vit.epochs=20 --set vit.schedule=step || return
    first=$(records e)
    exits 0 forty "$work/train.yaml" --cache "$work/cache-e" --set vit.epochs=40 --set vit.schedule=step || return
    more=$(($(records e) - first))
    # twenty epochs, and what the nodes after them say of themselves
    [ "$more" -ge 20 ] && [ "$more" -le 28 ] || { fail "$more new records for 20 epochs"; return; }
    exits 0 direct "$work/train.yaml" --cache "$work/cache-d" --set vit.epochs=40 --set vit.schedule=step &&
        same forty direct
}
early() { # `until` takes what is there, whatever the schedule
    local before
    before=$(records whole)
    exits 0 until "$work/train.yaml" --cache "$work/cache-whole" --set vit.until=50 || return
    [ $(($(records whole) - before)) -le 8 ] || { fail "$(($(records whole) - before)) new records"; return; }
    [ "$(wc -l <"$work/out-until/curve.csv")" -eq 51 ] &&
        diff <(head -n 51 "$work/out-whole/curve.csv") "$work/out-until/curve.csv"
}

check "a training from end to end" whole
whole_s=$(cat "$work/whole_s")
check "kill -9 again and again: the same model, on one thread" goes_on 1
check "kill -9 again and again: the same model, on two threads" goes_on 2
check "40 epochs after 20 cost 20" none_lost
check "until: an earlier epoch costs nothing" early
finish

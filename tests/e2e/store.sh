#!/usr/bin/env bash
# The cache in the hands of many, under faults of the file system, and made smaller.
# RISE_TEST_LONG=1: also what takes half a minute.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

small=tests/e2e/graphs/small.yaml
shim=$PWD/zig-out/fault/libfaults.so
[ -r "$shim" ] || { echo "$shim is not there: zig build tests makes it"; exit 1; }

first() { exits 0 small $small --cache "$work/cache" --jobs 2; }
check "a first run" first

# faulty PATH FAULT CODE NAME ARGS...: a run that must end so, with this fault of calls under PATH.
faulty() {
    local under=$1 fault=$2
    shift 2
    LD_PRELOAD=$shim RISE_FAULT_PATH=$under RISE_FAULT=$fault exits "$@"
}

# ---- many ------------------------------------------------------------------------------------------------------
# at_once N GRAPH NAME: N runs at once on one new cache. How often each instance ran is printed by `counted`.
at_once() {
    local n=$1 graph=$2 name=$3 pids=() pid i
    for ((i = 1; i <= n; i++)); do
        "$rise_run" "$graph" --cache "$work/cache-$name" --out "$work/out-$name$i" --jobs 1 --progress none \
            --summary "$work/$name$i.json" >/dev/null 2>&1 &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || fail "one of them failed" || return; done
}
# counted NAME N EXPRESSION: over `ran`, how often each instance ran in the N runs; `total` and `different`.
counted() {
    python3 - "$work/$1" "$2" "$3" <<'PYTHON'
import collections, json, sys
ran = collections.Counter()
for i in range(1, int(sys.argv[2]) + 1):
    for x in json.load(open(f"{sys.argv[1]}{i}.json"))["instances"]:
        if x["status"] == "ran":
            ran[x["node"] + str(x["at"])] += 1
total, different = sum(ran.values()), len(ran)
print(total, "for", different, {k: v for k, v in ran.items() if v > 1})
sys.exit(0 if eval(sys.argv[3]) else "not so: " + sys.argv[3])
PYTHON
}
eight() { # rows of streams are kept by nobody, so soap may run where its readers do
    local i
    at_once 8 $small eight || return
    for i in 1 2 3 4 5 6 7 8; do same small eight$i || return; done
    counted eight 8 'all(v == 1 for k, v in ran.items() if "soap" not in k)' &&
        "$rise_run" cache verify --read-data --cache "$work/cache-eight"
}
check "eight runs at once: the same bytes, each instance computed once" eight

thousand() { # a thousand small nodes
    python3 - >"$work/thousand.yaml" <<PYTHON
print("rise: 1\naxes:\n  seed: [%s]\nnodes:" % ", ".join(map(str, range(1000))))
print("  glass: {type: reader, paths: ['$PWD/tests/conform/data/glass.extxyz']}")
print("  parts: {type: split, input: glass, seed: \$seed}")
PYTHON
    at_once 8 "$work/thousand.yaml" thousand && counted thousand 8 'different == 1001 and total < 1100' &&
        "$rise_run" cache verify --read-data --cache "$work/cache-thousand"
}
check "eight runs of a thousand small nodes: each computed about once" thousand

beside_gc() { # the cache is emptied all the time
    local i pid
    (while :; do "$rise_run" cache gc --max 1 --cache "$work/cache-gc" >/dev/null 2>&1; done) &
    pid=$!
    for i in 1 2 3 4; do
        exits 0 "gc$i" $small --cache "$work/cache-gc" --jobs 2 --set energy_r.max_depth=$((i % 2 + 2)) || break
    done
    kill $pid
    wait $pid 2>/dev/null
    same gc1 gc3 && same gc2 gc4 && "$rise_run" cache verify --read-data --cache "$work/cache-gc"
}
check "runs beside one that makes room without end: the same bytes" beside_gc

stopped_holder() { # a run that is stopped (not dead) holds the others up for ten seconds at most
    local pid start=$SECONDS
    "$rise_run" tests/e2e/graphs/long.yaml --cache "$work/cache-stopped" --out "$work/out-stopped1" --jobs 2 \
        --progress none >/dev/null 2>&1 &
    pid=$!
    sleep 0.5
    kill -STOP $pid
    exits 0 stopped2 tests/e2e/graphs/long.yaml --cache "$work/cache-stopped" --jobs 2
    kill -CONT $pid
    wait $pid && same stopped1 stopped2 && [ $((SECONDS - start)) -lt 90 ]
}
[ -z "${RISE_TEST_LONG:-}" ] || check "a run that is stopped does not hold up another" stopped_holder

garbage() { # ig.steps reads models and samples, the figures come back from the cache
    mkdir "$work/each" && cp -r "$work/cache" "$work/each/cache" &&
        python3 tests/support/garbage.py "$rise_run" "$work/each" $small ig.steps=6 table.path=other.csv
}
check "each file of the cache replaced by garbage of each kind: the same bytes, and it is told" garbage
garbage_of_quick() {
    mkdir "$work/quick" && "$rise_run" graphs/quick.yaml --cache "$work/quick/cache" --out "$work/quick/out" --progress none &&
        python3 tests/support/garbage.py "$rise_run" "$work/quick" graphs/quick.yaml ig.steps=11
}
[ -z "${RISE_TEST_LONG:-}" ] || check "the same of the quick study" garbage_of_quick

# ---- made smaller ------------------------------------------------------------------------------------------------
gc() {
    cp -r "$work/cache" "$work/cache-less"
    "$rise_run" cache gc --max 1 --dry-run --cache "$work/cache-less" | grep -q 'would go *[1-9]' || fail "a dry run" || return
    diff -r "$work/cache" "$work/cache-less" || return
    "$rise_run" cache gc --max 1 --keep $small --cache "$work/cache-less" | grep -q 'needed by --keep *[1-9]' ||
        fail "nothing is kept" || return
    rm -rf "$work/out-kept" && exits 0 kept $small --cache "$work/cache-less" --jobs 2 && same small kept &&
        summary kept 'ran == set()' || return
    "$rise_run" cache gc --max 1 --cache "$work/cache-less" &&
        [ -z "$(find "$work/cache-less/objects" "$work/cache-less/packs" -type f)" ] || fail "something stays" || return
    exits 0 kept $small --cache "$work/cache-less" --jobs 2 && summary kept 'ran == set()' &&
        exits 0 less $small --cache "$work/cache-less" --jobs 2 --set energy_r.max_depth=2 &&
        exits 0 more $small --cache "$work/cache" --jobs 2 --set energy_r.max_depth=2 && same less more
}
check "cache gc: what --keep needs stays, records stay, the rest comes back" gc

gc_refusals() {
    local got=0
    "$rise_run" cache gc --keep "$work/none.yaml" --max 1 --cache "$work/cache" >/dev/null 2>"$work/refused.err" || got=$?
    [ $got -ne 0 ] && says refused "none.yaml" || return
    "$rise_run" cache gc --age soon --cache "$work/cache" 2>"$work/refused.err" && return 1
    says refused "--age soon" "days" && exits 0 small $small --cache "$work/cache" && summary small 'ran == set()'
}
check "cache gc: a graph that cannot be read removes nothing" gc_refusals

# ---- faults of the file system -----------------------------------------------------------------------------------
full_cache() { # ENOSPC, EDQUOT and EIO under the cache, from the nth write on
    local n
    for n in "1 E28+" "4 E122+" "9 E5+" "20 E28+"; do
        rm -rf "$work/cache-full" "$work/out-full"
        faulty /cache-full "write $n" 0 full $small --cache "$work/cache-full" --jobs 2 && same small full || return
        [ "$(grep -c 'cannot be written' "$work/full.err")" -eq 1 ] || fail "not told once: $n" || return
    done
    exits 0 full $small --cache "$work/cache-full" --jobs 2 && same small full
}
check "a full disk under the cache: the same bytes, told once, exit status 0" full_cache

full_out() { # an output that cannot be written: the old one stays, and nothing of the new
    exits 0 outs $small --cache "$work/cache" && echo old >"$work/out-outs/curve.csv" || return
    faulty /out-outs/ "write 1 E28+" 74 outs $small --cache "$work/cache" || return
    [ "$(cat "$work/out-outs/curve.csv")" = old ] && says outs "curve.csv" "needed" "free" "No space left" &&
        [ -z "$(find "$work/out-outs" -name '*.tmp')" ] || return
    faulty /out-outs/ "fsync 1 E5" 74 outs $small --cache "$work/cache" && [ "$(cat "$work/out-outs/curve.csv")" = old ]
}
check "a full disk under the outputs: exit status 74, the old file stays" full_out

nothing_left() { [ -z "$(find "$work/out-$1" -name '.*.tmp')" ] || fail "a file of a killed run is left"; }
power_cut() { # at each change of a file under --out
    local n
    for n in 1 2 3 4 6 8 11 14 18 23; do
        rm -rf "$work/out-cut"
        LD_PRELOAD=$shim RISE_FAULT_PATH=/out-cut/ RISE_FAULT="change $n cut$n" \
            "$rise_run" $small --cache "$work/cache" --out "$work/out-cut" --progress none >/dev/null 2>&1
        part_of cut small || fail "half a file after the cut at call $n" || return
    done
    exits 0 cut $small --cache "$work/cache" && nothing_left cut && same small cut
}
check "a power cut while outputs are written: each is whole or not there" power_cut

killed_before_rename() { # each output in turn, run.json and run.html too; the next run removes what is left
    local n=1
    while :; do
        rm -rf "$work/out-left"
        LD_PRELOAD=$shim RISE_FAULT_PATH=/out-left/ RISE_FAULT="rename $n kill" \
            "$rise_run" $small --cache "$work/cache" --out "$work/out-left" --progress none >/dev/null 2>&1 && break
        [ -n "$(find "$work/out-left" -name '.*.tmp')" ] || fail "nothing is left by the kill at file $n" || return
        exits 0 left $small --cache "$work/cache" && nothing_left left && same small left || return
        n=$((n + 1))
    done
    [ $n -gt 3 ] || fail "only $((n - 1)) files"
}
check "what a run leaves that is killed while it writes a file goes with the next run" killed_before_rename

no_locks() {
    faulty /cache-locks "flock 1 E37+" 0 locks $small --cache "$work/cache-locks" --jobs 2 && same small locks || return
    rm -rf "$work/cache-locks"
    faulty /cache-locks "claim 1 E95+" 0 locks $small --cache "$work/cache-locks" --jobs 2 && same small locks
}
check "a file system without locks: the same bytes" no_locks

# ---- the rest ----------------------------------------------------------------------------------------------------
wrong_clock() { # years ahead, then years behind
    RISE_FAULT_CLOCK=300000000 LD_PRELOAD=$shim exits 0 ahead $small --cache "$work/cache-clock" --jobs 2 &&
        same small ahead || return
    RISE_FAULT_CLOCK=-300000000 LD_PRELOAD=$shim exits 0 behind $small --cache "$work/cache-clock" --jobs 2 \
        --set energy_r.max_depth=2 && same more behind &&
        summary behind '"glass" not in ran and "energy_r" in ran' &&
        exits 0 behind $small --cache "$work/cache-clock" --jobs 2 && same small behind
}
check "a clock that is years ahead, then years behind: the same bytes, and what is known is used" wrong_clock

in_place() { # an input edited in place, its size and its time of change as before
    cp tests/conform/data/glass.extxyz "$work/glass.extxyz"
    sed "s|../../conform/data/glass.extxyz|$work/glass.extxyz|" $small >"$work/place.yaml"
    touch -d '2 days ago' "$work/glass.extxyz"
    exits 0 place "$work/place.yaml" --cache "$work/cache-place" --only parts --jobs 2 || return
    python3 - "$work/glass.extxyz" <<'PYTHON'
import os, sys
path = sys.argv[1]
st = os.stat(path)
with open(path, "r+b") as f:
    text = f.read()
    at = text.index(b".", text.index(b"energy=")) + 2
    f.seek(at)
    f.write(b"7" if text[at:at + 1] != b"7" else b"3")
os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
assert os.stat(path).st_size == st.st_size
PYTHON
    exits 0 place "$work/place.yaml" --cache "$work/cache-place" --only parts --jobs 2 && summary place '"glass" in ran'
}
check "an input edited in place, same size and time: noticed" in_place

other_locale() { # a decimal comma
    mkdir -p "$work/locales" && localedef -i de_DE -f UTF-8 "$work/locales/de_DE.UTF-8" || fail "the package locales" || return
    LOCPATH=$work/locales LC_ALL=de_DE.UTF-8 exits 0 comma $small --cache "$work/cache-comma" --jobs 2 &&
        same small comma && LOCPATH=$work/locales LC_ALL=de_DE.UTF-8 exits 0 comma $small --cache "$work/cache" &&
        summary comma 'ran == set()'
}
check "LC_ALL=de_DE.UTF-8: the same bytes, the same keys" other_locale

linked() { # the cache is a link to a folder elsewhere; and one to nothing
    mkdir "$work/elsewhere" && ln -s "$work/elsewhere" "$work/cache-link" && ln -s "$work/nowhere/at/all" "$work/cache-nothing"
    exits 0 link $small --cache "$work/cache-link" --jobs 2 && same small link && [ -d "$work/elsewhere/objects" ] &&
        exits 0 nothing $small --cache "$work/cache-nothing" --jobs 2 && same small nothing && says nothing "cache"
}
check "a cache that is a link, to a folder and to nothing" linked

few_files() { # so few descriptors that a run cannot even start, or just so: an exit status that is documented
    local n got
    for n in 8 12 16 20 40; do
        got=0
        (ulimit -n $n && exec "$rise_run" $small --cache "$work/cache-few" --out "$work/out-few" --jobs 2 \
            --progress none >/dev/null 2>"$work/few.err") || got=$?
        case $got in 0 | 1 | 66 | 71 | 74) ;; *) fail "$n files: exit status $got" || return ;; esac
        part_of few small || return
    done
    rm -rf "$work/out-few" && exits 0 few $small --cache "$work/cache-few" --jobs 2 && same small few
}
check "too few file descriptors: a documented exit status, nothing wrong is kept" few_files

finish

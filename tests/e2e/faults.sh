#!/usr/bin/env bash
# What must not hurt: a damaged, lost or unwritable cache, a run stopped at any time, outputs that cannot be written.
# The answer is the same bytes or a documented exit status, never half a file.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

small=tests/e2e/graphs/small.yaml
long=tests/e2e/graphs/long.yaml
RANDOM=4711

whole() {
    exits 0 small $small --cache "$work/cache" --jobs 2 && exits 0 long $long --cache "$work/cache-long" --jobs 2
}
check "both graphs run" whole

# ---- the cache can change the time, never the answer -----------------------------------------------------------
# after_damage NAME WHAT ARGS: a copy of the cache, damaged; then a run must give the same.
after_damage() {
    local name=$1
    shift
    cp -r "$work/cache" "$work/cache-$name" && damage "$work/cache-$name" "$@" || return
    exits 0 "$name" $small --cache "$work/cache-$name" --jobs 2 && same small "$name" &&
        exits 0 "$name" $small --cache "$work/cache-$name" --jobs 2 && summary "$name" 'ran == set()'
}
# damage FOLDER HOW FOLDER...: every file of these parts of a cache.
damage() {
    python3 - "$@" <<'PYTHON'
import glob, os, random, sys
cache, how, parts = sys.argv[1], sys.argv[2], sys.argv[3:]
random.seed(1)
files = sorted(f for p in parts for f in glob.glob(f"{cache}/{p}/**", recursive=True) if os.path.isfile(f))
assert files, "nothing to damage in " + cache
for n, path in enumerate(files):
    data = bytearray(open(path, "rb").read())
    os.chmod(path, 0o644)
    if how == "flip":
        for _ in range(max(1, len(data) // 2000)):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    elif how == "cut":
        data = data[:random.randrange(len(data))]
    elif how == "empty":
        data = b""
    elif how == "zeros":
        data = bytes(len(data))
    if how == "delete half":
        if n % 2 == 0:
            os.remove(path)
    elif how == "delete":
        os.remove(path)
    else:
        open(path, "wb").write(data)
PYTHON
}
for how in flip cut empty zeros "delete half" delete; do
    check "cache, objects and packs, $how: the same bytes" after_damage "values-${how// /-}" "$how" objects packs
    check "cache, records, $how: the same bytes" after_damage "records-${how// /-}" "$how" records
done
check "cache, everything flipped: the same bytes" after_damage all flip objects packs records

verify() {
    cp -r "$work/cache" "$work/cache-verify"
    "$rise_run" cache verify --read-data --cache "$work/cache-verify" || fail "a sound cache is called damaged" || return
    damage "$work/cache-verify" flip objects packs
    local got=0
    "$rise_run" cache verify --read-data --cache "$work/cache-verify" >"$work/verify.txt" || got=$?
    cat "$work/verify.txt"
    [ $got -eq 1 ] && grep -q '[1-9][0-9]* damaged' "$work/verify.txt" || fail "exit status $got" || return
    "$rise_run" cache stat --cache "$work/cache-verify" | grep -q 'quarantine *[1-9]' || fail "no quarantine" || return
    "$rise_run" cache verify --read-data --cache "$work/cache-verify" || fail "damage is told a second time" || return
    exits 0 verify $small --cache "$work/cache-verify" --jobs 2 && same small verify
}
check "cache verify tells damage and puts it aside" verify

no_folder() { # the cache's path is a file, or below one
    echo "not a folder" >"$work/file"
    exits 0 nofolder1 $small --cache "$work/file" --jobs 2 && same small nofolder1 &&
        exits 0 nofolder2 $small --cache "$work/file/below" --jobs 2 && same small nofolder2 &&
        says nofolder1 "cache" && [ "$(cat "$work/file")" = "not a folder" ]
}
check "a cache that cannot be a folder: the same bytes, and it is said" no_folder

# A cache that may be read but not written: as a user without rights where we have all of them. That user may not
# be allowed to see the project, so it works on a copy.
read_only() {
    local as=() project=$work/project
    cp -r "$work/cache" "$work/cache-readonly"
    mkdir -p "$work/out-readonly" "$project/tests/e2e" "$project/tests/conform"
    cp "$rise_run" "$project/rise-run"
    cp -r tests/e2e/graphs "$project/tests/e2e/"
    cp -r tests/conform/data "$project/tests/conform/"
    chmod -R a+rX "$project"
    if [ "$(id -u)" -eq 0 ]; then
        chmod 755 "$work"
        chown -R 65534:65534 "$work/out-readonly"
        as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    fi
    chmod -R a-w,a+rX "$work/cache-readonly"
    read_only_run --summary "$work/out-readonly/summary" || return
    mv "$work/out-readonly/summary" "$work/readonly.json"
    summary readonly 'ran == set()' && same small readonly || return
    read_only_run --set vit.lr=0.01 || return
    says readonly "cache" && [ -z "$(find "$work/cache-readonly" -newer "$work/readonly.json" -type f)" ]
}
read_only_run() {
    (cd "$project" && "${as[@]}" ./rise-run $small --cache "$work/cache-readonly" --out "$work/out-readonly" \
        --progress plain "$@") 2>"$work/readonly.err" || { cat "$work/readonly.err"; return 1; }
}
check "a read-only cache: read, and what is new is computed" read_only

removed_meanwhile() {
    cp -r "$work/cache" "$work/cache-removed"
    "$rise_run" $long --cache "$work/cache-removed" --out "$work/out-removed" --jobs 2 --progress json \
        >"$work/removed.out" 2>"$work/removed.err" &
    local pid=$! got=0
    until_ended "$work/removed.err" 2 $pid
    rm -rf "$work/cache-removed"
    wait $pid || got=$?
    [ $got -eq 0 ] && same long removed
}
# until_ended FILE N PID: until N instances have ended, or the process has.
until_ended() {
    local n=0
    while kill -0 "$3" 2>/dev/null && [ "$n" -lt "$2" ]; do
        sleep 0.01
        n=$(grep -c '"ended"' "$1" 2>/dev/null)
        n=${n:-0}
    done
}
check "the cache is deleted while a run uses it: the same bytes" removed_meanwhile

together() { # several runs, one cache
    local pids=() pid i
    for i in 1 2 3; do
        "$rise_run" $small --cache "$work/cache-together" --out "$work/out-together$i" --jobs 1 --progress none \
            >/dev/null 2>&1 &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || fail "one of them failed" || return; done
    for i in 1 2 3; do same small together$i || return; done
    "$rise_run" cache verify --read-data --cache "$work/cache-together"
}
check "three runs at once on one cache: the same bytes" together

# ---- stopped ------------------------------------------------------------------------------------------------------
# stopped SIGNAL CODE NAME: stopped after three instances; what it wrote is whole, what it knew is used again.
stopped() {
    local signal=$1 code=$2 name=$3 got=0
    "$rise_run" $long --cache "$work/cache-$name" --out "$work/out-$name" --jobs 1 --progress json \
        --summary "$work/$name.json" >"$work/$name.out" 2>"$work/$name.err" &
    local pid=$!
    until_ended "$work/$name.err" 3 $pid
    kill -s "$signal" $pid
    wait $pid || got=$?
    [ $got -eq "$code" ] || fail "exit status $got, expected $code" || return
    summary "$name" 'd["status"] == "interrupted" and "skipped" in status and "failed" not in status' || return
    part_of "$name" long && [ -z "$(find "$work/out-$name" -name '*.tmp')" ] || fail "half a file is left" || return
    exits 0 "$name" $long --cache "$work/cache-$name" --jobs 2 && same long "$name" &&
        summary "$name" '"cached" in status and "ran" in status'
}
check "SIGINT: exit status 130, nothing half written, finished work is used" stopped INT 130 int
check "SIGTERM: exit status 143, nothing half written, finished work is used" stopped TERM 143 term
check "SIGHUP: exit status 143" stopped HUP 143 hup

killed() {
    local i start end
    start=$(date +%s%N)
    exits 0 timed $long --cache "$work/cache-timed" --jobs 2
    end=$(date +%s%N)
    for i in 1 2 3 4 5 6 7 8 9 10; do
        "$rise_run" $long --cache "$work/cache-killed" --out "$work/out-killed" --jobs 2 --progress none \
            >/dev/null 2>&1 &
        local pid=$! ms=$(((end - start) / 1000000 + 1))
        sleep "$(printf '0.%03d' $((RANDOM % (ms < 1000 ? ms : 1000))))"
        kill -KILL $pid 2>/dev/null
        wait $pid 2>/dev/null
        part_of killed long || fail "half a file after kill number $i" || return
    done
    exits 0 killed $long --cache "$work/cache-killed" --jobs 2 && same long killed &&
        [ -z "$(find "$work/out-killed" -name '*.tmp')" ] &&
        "$rise_run" cache verify --read-data --cache "$work/cache-killed"
}
check "kill -9 at ten moments: the next run completes, the same bytes" killed

# ---- outputs that cannot be written ---------------------------------------------------------------------------------
out_is_a_file() {
    local got=0
    "$rise_run" $small --cache "$work/cache" --out "$work/file/below" --progress none 2>"$work/unwritable.err" || got=$?
    cat "$work/unwritable.err"
    [ $got -eq 74 ] && says unwritable "$work/file" "--out"
}
check "--out cannot be made: exit status 74" out_is_a_file

file_limit() { # no file may be longer than 4 KiB: small outputs stand, long ones fail, none is half there
    local got=0
    (ulimit -f 4 && exec "$rise_run" $small --cache "$work/cache-limit" --out "$work/out-limit" --keep-going \
        --progress plain >"$work/limit.out" 2>"$work/limit.err") || got=$?
    cat "$work/limit.err"
    [ $got -eq 74 ] && part_of limit small && [ -z "$(find "$work/out-limit" -name '.*.tmp')" ] &&
        says limit "arrays.npz" "needed" && [ ! -e "$work/out-limit/report.html" ] &&
        cmp "$work/out-limit/curve.csv" "$work/out-small/curve.csv"
}
check "outputs longer than a file may be: exit status 74, no half file" file_limit

cache_limit() { # the store cannot write, the outputs can
    local got=0
    (ulimit -f 1 && exec "$rise_run" $small --cache "$work/cache-limit2" --out "$work/out-limit2" --only table \
        --progress plain >"$work/limit2.out" 2>"$work/limit2.err") || got=$?
    cat "$work/limit2.err"
    [ -s "$work/out-limit2/curve.csv" ] && cmp "$work/out-limit2/curve.csv" "$work/out-small/curve.csv" &&
        says limit2 "warning" "cache"
}
check "a cache that cannot grow: outputs stand, and it is said" cache_limit

stdout_full() {
    local got=0
    "$rise_run" $small --cache "$work/cache" --out "$work/out-full" --progress none >/dev/full 2>"$work/full.err" ||
        got=$?
    [ $got -eq 74 ] || fail "exit status $got" || return
    got=0
    "$rise_run" $small --cache "$work/cache" --out "$work/out-full" --progress none --summary /dev/full \
        >"$work/full.out" 2>"$work/full.err" || got=$?
    [ $got -eq 74 ] && says full "/dev/full" && [ -c /dev/full ]
}
check "stdout or the summary on a full device: exit status 74" stdout_full

closed_files() { # started without stdin, stdout and stderr: no output may land in a cache file
    "$rise_run" $small --cache "$work/cache-closed" --out "$work/out-closed" <&- >&- 2>&-
    same small closed && "$rise_run" cache verify --read-data --cache "$work/cache-closed"
}
check "started without standard files: the same bytes, a sound cache" closed_files

# ---- what a review found --------------------------------------------------------------------------------------
frames_never_kept() { # the last frames, known only once all are counted, and never in a store
    exits 0 counted $small --set 'glass.frames="-9:"' --only spectrum --cache "$work/cache-counted" --jobs 2 &&
        exits 0 never $small --set 'glass.frames="-9:"' --set glass.cache=never --only spectrum \
            --cache "$work/cache-never" --jobs 2 &&
        summary never 'of("glass")[0]["frames_ran"] == 9 and all(i["frames_ran"] == 9 for i in of("spectrum"))'
}
check "frames counted from the end that no store keeps" frames_never_kept

packs_gone() { # records stand, every small value is gone: one reading of the file brings all of them back
    cp -r "$work/cache" "$work/cache-packs" && rm -rf "$work/cache-packs/packs" "$work/cache-packs/objects"
    exits 0 packs $small --cache "$work/cache-packs" --jobs 2 --set energy_r.max_depth=2 || return
    exits 0 fresh $small --cache "$work/cache-fresh" --jobs 2 --set energy_r.max_depth=2 && same packs fresh
}
check "all values gone, records left: the same bytes as a run from nothing" packs_gone

timeout_told() {
    exits 1 timeout $small --cache "$work/cache-timeout" --jobs 2 --set vit.epochs=500 --set vit.timeout=0.01 &&
        says timeout "vit" "timed out after 0.01 s"
}
check "a node that takes longer than its timeout fails and says so" timeout_told
stream_timeout_told() {
    exits 1 stream-timeout $small --cache "$work/cache-timeout" --jobs 2 --only ule --set ule.timeout=0.000001 \
        --set ule.seed=7 && says stream-timeout "ule" "timed out after 1e-06 s"
}
check "also one that reads a stream" stream_timeout_told

axis_in_list() { # the node has the axis through its input; only the text in the list differs
    local name
    for name in alpha beta; do
        cat >"$work/list.yaml" <<YAML
rise: 1
axes:
  set: [{name: $name, stdev: 0.01}]
nodes:
  glass: {type: reader, paths: ["$PWD/tests/conform/data/glass.extxyz"]}
  shaken: {type: rattle, input: glass, stdev: \$set.stdev}
  spread: {type: voxelizer, input: shaken, grid: 8}
  figure: {type: plot, kind: histogram, input: spread, labels: ["this is {set.name}"], path: figure.svg}
YAML
        exits 0 "list-$name" "$work/list.yaml" --cache "$work/cache-list" --jobs 2 || return
    done
    summary list-beta 'ran == {"figure"}'
}
check "an axis inside a list of texts is part of the key" axis_in_list

# A record that is written by a thread of its own while the rest of it is made: several pieces of 256 KiB.
cat >"$work/long.yaml" <<YAML
rise: 1
axes: {seed: [$(seq -s, 1500)]}
nodes:
  glass: {type: reader, paths: ["$PWD/tests/conform/data/glass.extxyz"]}
  parts: {type: split, input: glass, seed: \$seed}
  sizes: {type: statistics, input: parts}
YAML
long_record() {
    exits 0 long "$work/long.yaml" --cache "$work/cache-long" && [ "$(wc -c <"$work/out-long/run.json")" -gt 600000 ] &&
        summary long 'len(all_) == 3001 and status <= {"ran", "cached"}' && cmp "$work/long.json" "$work/out-long/run.json" || return
    local code=0
    "$rise_run" "$work/long.yaml" --cache "$work/cache-long" --out "$work/out-long" --summary /dev/full --progress none \
        2>"$work/full.err" || code=$?
    [ $code -eq 74 ] && grep -q "/dev/full was not written" "$work/full.err" || { cat "$work/full.err"; fail "exit $code"; }
}
check "a long record is whole; where it cannot be written that is told" long_record

finish

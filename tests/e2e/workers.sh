#!/usr/bin/env bash
# Workers: processes that share a graph and the folder of a cache, and nothing else.
# RISE_TEST_LONG=1: 200 kills in place of 10.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
shapes=tests/e2e/graphs/shapes.yaml sweep=tests/e2e/graphs/sweep.yaml
slow=$PWD/zig-out/fault/libslow.so faults=$PWD/zig-out/fault/libfaults.so

# worker NAME CACHE ARGS...: in the foreground; stderr in $work/NAME.err.
worker() {
    local name=$1 cache=$2
    shift 2
    "$rise_run" worker "$@" --cache "$work/$cache" --jobs 1 --lease 2 --progress plain >"$work/$name.out" 2>"$work/$name.err"
}

# about CACHE EXPRESSION: a Python expression over the files that the workers of a cache left; w are these.
about() {
    python3 - "$work/$1/workers" "$2" <<'PYTHON'
import glob, json, sys
w = [json.load(open(f)) for f in glob.glob(sys.argv[1] + "/*.json")]
if not eval(sys.argv[2]):
    sys.exit(f"not so: {sys.argv[2]}: {w}")
PYTHON
}

exits 0 alone $shapes --cache "$work/cache-alone"
exits 0 swept $sweep --cache "$work/cache-swept"

two_share() {
    worker one cache-two $sweep &
    worker two cache-two $sweep && wait $! && exits 0 two-out $sweep --cache "$work/cache-two" && same swept two-out
}
check "two workers: outputs as of one run alone" two_share
check "after them nothing is left to compute" summary two-out "not ran"
done_once() {
    about cache-two "len(w) == 2 and all(x['state'] == 'done' and x['units']['done'] for x in w)" &&
        about cache-two "sum(x['units']['frames'] for x in w) == $1 and sum(x['units']['instances'] for x in w) == $2"
}
worker single cache-single $sweep
units() { about cache-single "print(w[0]['units']['$1'])" 2>/dev/null | head -n 1; }
check "both did something, and together what one does: nothing twice" done_once "$(units frames)" "$(units instances)"
check "a worker writes no output files" test ! -e out
check "and leaves no leases" test -z "$(find "$work/cache-two/leases" -type f)"
check "the cache of workers verifies" "$rise_run" cache verify --read-data --cache "$work/cache-two"

killed() {
    mkdir "$work/kills" && python3 tests/support/workers.py "$rise_run" $shapes "$work/kills" 2 "$1" && rm -rf "$work/kills"
}
n_kills=10
[ -z "${RISE_TEST_LONG:-}" ] || n_kills=200
check "$n_kills workers killed or told to leave at random moments: outputs as alone" killed $n_kills

cat >"$work/long.yaml" <<YAML
rise: 1
nodes:
  glass: {type: reader, paths: ["$PWD/tests/conform/data/glass.extxyz"], labels: {energy: energy}}
  parts: {type: split, input: glass, seed: 1}
  voxels: {type: voxelizer, input: glass, grid: 16}
  vit: {type: vit, input: voxels, target: glass.energy, split: parts, comm_length: 4, epochs: 400, batch: 4}
  table: {type: export, input: vit.metrics, path: metrics.csv}
YAML
# However many threads a worker has: trainings that it need not do at once are for those who come after it.
sed -e 's/^nodes:/axes:\n  seed: [1, 2, 3, 4, 5, 6]\nnodes:/' \
    -e 's/epochs: 400/epochs: 60, seed: $seed/' -e '/export/d' "$work/long.yaml" >"$work/seeds.yaml"
shares_wholes() {
    "$rise_run" worker "$work/seeds.yaml" --cache "$work/cache-seeds" --jobs 8 --progress none 2>"$work/seeds.err" &
    local first=$!
    for _ in $(seq 100); do
        [ -n "$(find "$work/cache-seeds/leases" -type f -path '*.0' 2>/dev/null)" ] && break
        sleep 0.05
    done
    "$rise_run" worker "$work/seeds.yaml" --cache "$work/cache-seeds" --jobs 8 --progress none 2>>"$work/seeds.err" &&
        wait $first && about cache-seeds "len(w) == 2 and all(x['units']['instances'] >= 2 for x in w)"
}
check "trainings are shared out, however many threads the first worker has" shares_wholes

# Waits until a worker of that cache says that it runs something; it does so when it begins and every 15 s.
leaves() { # SIGNAL NAME: with exit status 0, within the grace that nodes have
    "$rise_run" worker "$work/long.yaml" --cache "$work/cache-$2" --jobs 1 --progress plain 2>"$work/$2.err" &
    local pid=$!
    for _ in $(seq 100); do
        [ -n "$(find "$work/cache-$2/leases" -type f 2>/dev/null)" ] && break
        sleep 0.1
    done
    sleep 0.5
    kill -s "$1" $pid
    wait $pid || { cat "$work/$2.err"; fail "exit status $?"; return; }
    about "cache-$2" "w[0]['state'] == 'left' and '$3' in w[0]['why']"
}
check "SIGTERM: it leaves, status 0, what is finished is kept" leaves TERM term "told to stop"

cat >"$work/broken.yaml" <<YAML
rise: 1
nodes:
  glass: {type: reader, paths: ["$PWD/tests/conform/data/glass.extxyz"], labels: {energy: energy}}
  wrong: {type: statistics, input: glass.energy, column: nothing}
  table: {type: export, input: wrong, path: wrong.csv}
YAML
fails() { # NAME ARGS...
    local code=0
    worker "$@" || code=$?
    [ $code -eq 78 ] || { cat "$work/$1.err"; fail "exit status $code, expected 78"; return; }
    says "$1" "is for a table" "broken.yaml:4:"
}
check "a node that fails: its message, and its exit status" fails broken1 cache-broken "$work/broken.yaml"
check "a worker that comes later tries it again" fails broken2 cache-broken "$work/broken.yaml"
of_a_job() {
    RISE_JOB=7 fails job1 cache-job "$work/broken.yaml" && RISE_JOB=7 fails job2 cache-job "$work/broken.yaml" &&
        about cache-job "all(x['job'] == '7' and x['state'] == 'failed' and 'is for a table' in x['failed'][0]['message'] for x in w)" &&
        [ "$(find "$work/cache-job/leases" -type f -name '*.1' | wc -l)" -eq 0 ]
}
check "one of the same job does not, and tells the same" of_a_job

skewed() {
    RISE_FAULT_CLOCK=-86400 LD_PRELOAD=$faults worker early cache-clock $shapes &
    RISE_FAULT_CLOCK=86400 LD_PRELOAD=$faults worker late cache-clock $shapes && wait $! &&
        exits 0 clock $shapes --cache "$work/cache-clock" && same alone clock
}
check "clocks two days apart: outputs as alone" skewed

full() {
    local code=0
    RISE_FAULT="write 6 E28+" RISE_FAULT_PATH=/cache-full/ LD_PRELOAD=$faults worker poor cache-full $shapes || code=$?
    [ $code -eq 74 ] && says poor "the cache cannot be written" || { fail "exit status $code"; return; }
    worker rich cache-full $shapes && exits 0 full $shapes --cache "$work/cache-full" && same alone full
}
check "a disk that is full for one of them: another does the work" full
check "and leaves nothing that others would wait for" test -z "$(find "$work/cache-full/leases" -type f)"

garbage() {
    worker g1 cache-garbage $shapes &
    sleep 0.3
    find "$work/cache-garbage/leases" -type f | head -n 3 | while read -r file; do echo garbage >"$file"; done
    worker g2 cache-garbage $shapes && wait $! && exits 0 garbage $shapes --cache "$work/cache-garbage" && same alone garbage
}
check "leases replaced by garbage: outputs as alone" garbage

group() {
    mkdir "$work/cache-group" && chmod 2775 "$work/cache-group" &&
        (umask 077 && worker g cache-group $shapes) &&
        [ -z "$(find "$work/cache-group" -type f ! -perm -660)" ] && [ -z "$(find "$work/cache-group" -type d ! -perm -2770)" ]
}
check "the cache of a group stays writable for it, whatever the umask" group

local_tier() {
    worker l1 cache-tier $shapes && worker l2 cache-tier tests/e2e/graphs/small.yaml &&
        exits 0 tier1 $shapes --cache "$work/cache-tier" --local-cache "$work/tier" --set rise.resamples=300 &&
        [ -n "$(find "$work/tier" -type f)" ] && find "$work/tier" -type f | while read -r f; do echo x >"$f"; done &&
        exits 0 tier2 $shapes --cache "$work/cache-tier" --local-cache "$work/tier" && same alone tier2
}
check "a local tier holds what was read, and damage to it harms nobody" local_tier

few_names() { # per unit and in all, in the folder of the cache; what is done once by each process is not per unit
    RISE_SLOW_PATH=/cache-names/ RISE_SLOW_COUNT=$work/names LD_PRELOAD=$slow worker names cache-names $sweep &&
        about cache-names "print($(cat "$work/names"), w) or (int('$(cat "$work/names")') - 30) <= 6 * w[0]['units']['done']"
}
check "at most six operations on names for a unit" few_names

finish

#!/usr/bin/env bash
# A graph in jobs of Slurm: a real one, with a controller and a node on this machine, without accounting.
# RISE_TEST_LONG=1: heads and pilots killed 20 times in place of 2.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
. tests/support/slurm.bash

slurm_there || { echo "slurm-wlm and munge are not installed"; exit 1; }
# On the way out, however it ends, nothing of it stays.
end_slurm() {
    [ "$BASHPID" = $$ ] || return 0
    slurm_stop "$work/slurm"
    clean_up
}
trap end_slurm EXIT
slurm_start "$work/slurm" || exit 1
export RISE_SLURM_POLL=1

# ---- programs of Slurm that count their calls, and fail where they are told to -------------------
mkdir "$work/bin" "$work/fail"
for program in sbatch squeue scontrol scancel sacct; do
    cat >"$work/bin/$program" <<SH
#!/bin/bash
echo "\$*" >>"$work/calls.$program"
left=\$(cat "$work/fail/$program" 2>/dev/null || echo 0)
if [ "\$left" -gt 0 ]; then
    echo \$((left - 1)) >"$work/fail/$program"
    if [ -e "$work/fail/late" ]; then "$(command -v "$program")" "\$@" >/dev/null; fi
    echo "$program: error: Batch job submission failed: Socket timed out on send/recv operation" >&2
    exit 1
fi
exec "$(command -v "$program")" "\$@"
SH
    chmod +x "$work/bin/$program"
done
PATH=$work/bin:$PATH
calls() { cat "$work/calls.$1" 2>/dev/null | wc -l; } # program
no_calls() { rm -f "$work"/calls.*; }

# graph NAME 'EXECUTOR LINES' [SETUP LINE]: leaders and histograms for four radii.
graph() {
    cat >"$work/$1.yaml" <<YAML
rise: 1
title: $1
executor:
  kind: slurm
  cpus: 1
  memory: 500 MiB
$(printf '%s\n' "$2" | sed '/./s/^/  /')
  setup: |
    :
    ${3:-:}
axes: {r_cut: [3, 3.5, 4, 4.5]}
nodes:
  glass: {type: reader, paths: "$PWD/examples/zrcu/zrcu_00.extxyz.zst", frames: 0:20}
  soap: {type: soap, input: glass, r_cut: \$r_cut, n_max: 4, l_max: 4}
  ule: {type: ule-cluster, input: soap, fraction: 0.2}
  spectrum: {type: histogram, input: soap, leaders: ule}
  leaders: {type: export, input: ule.leaders, path: "leaders_{r_cut}.npy"}
  counts: {type: export, input: spectrum, path: "spectrum_{r_cut}.npy"}
YAML
}
on_slurm() { # exit code, name, options...
    local want=$1 name=$2
    shift 2
    exits "$want" "$name" "$work/$name.yaml" --cache "$work/cache-$name" "$@"
}
number() { # name: of its job
    sed -n 's/^ *"job": "\([0-9]*\)".*/\1/p' "$work/cache-$1"/jobs/*.json | tail -n 1
}
job_of() { [ -n "$(number "$1" 2>/dev/null)" ]; }
waits() { squeue -h -r -j "$(number "$1")" -t PENDING | grep -q .; }
runs() { squeue -h -j "$(number "$1")" -t RUNNING | grep -q .; }
# The stores of all runs are their own; what they give must be what a run on this machine alone gives.
graph here ''
exits 0 local "$work/here.yaml" --cache "$work/cache-local" --executor local || exit 1

# ---- one submission, two pilots ------------------------------------------------------------------
swept() {
    graph two $'nodes: 2\ntime: 10'
    no_calls
    on_slurm 0 two || return 1
    same two local || return 1
    [ "$(calls sbatch)" -eq 1 ] || { fail "$(calls sbatch) calls of sbatch"; return 1; }
    grep -q -- '--array=1-8%2 .*--signal=B:USR1@120 ' "$work/calls.sbatch" || return 1
    says two "2 pilots at once, 8 in all" "0 ran,"
}
nothing_to_do() {
    no_calls
    on_slurm 0 two || return 1
    [ "$(calls sbatch)$(calls squeue)$(calls sacct)" = 000 ] || fail "Slurm was asked"
}
nothing_stays() { # a job that waits would only find that nothing is left
    slurm_wait 20 slurm_empty
}
# quick LOCAL-NAME NAME GRAPH: two pilots of one core each give what a run here gives, by one submission.
on_two_pilots() {
    exits 0 "$1" "$3" --cache "$work/cache-$1" || return 1
    no_calls
    exits 0 "$2" "$3" --cache "$work/cache-$2" --executor slurm --nodes 2 --set executor.cpus=1 --set executor.memory=500MiB ||
        return 1
    same "$1" "$2" && says "$2" "2 pilots at once" || return 1
    [ "$(calls sbatch)" -eq 1 ] || fail "$(calls sbatch) calls of sbatch"
}
check "the quick study on two pilots" on_two_pilots quick-here quick-there graphs/quick.yaml
check "a sweep of cutoffs and seeds on two pilots" on_two_pilots sweep-here sweep-there tests/e2e/graphs/sweep.yaml
check "one array of pilots gives what a run here gives" swept
check "a graph that is known asks nothing of Slurm" nothing_to_do
check "what has nothing to do leaves the queue" nothing_stays

# ---- the head goes and comes -----------------------------------------------------------------------
detached() {
    graph away 'nodes: 1' 'sleep 2'
    no_calls
    on_slurm 0 away --detach || return 1
    says away "rise-run status" "scancel $(number away)" || return 1
    [ ! -e "$work/out-away/run.json" ] || return 1
    "$rise_run" status "$work/away.yaml" --cache "$work/cache-away" >"$work/status" || return 1
    grep -q "instances are left" "$work/status" && grep -q "^job $(number away)" "$work/status" || return 1
    on_slurm 0 away || return 1
    same away local || return 1
    says away "is there for this graph" || return 1
    [ "$(calls sbatch)" -eq 1 ]
}
told() {
    "$rise_run" status "$work/away.yaml" --cache "$work/cache-away" --json >"$work/status.json" || return 1
    python3 - "$work/status.json" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["rise"] == 1 and d["left"] == 0 and d["instances"] > 0, d
assert len(d["jobs"]) == 1 and d["jobs"][0]["over"], d["jobs"]
assert d["pilots"] and all(p["job"] == d["jobs"][0]["job"] and p["behind_s"] >= 0 for p in d["pilots"]), d["pilots"]
PY
}
# head NAME: in the background, its number in $head.
head() {
    "$rise_run" "$work/$1.yaml" --cache "$work/cache-$1" --out "$work/out-$1" >"$work/$1.out" 2>"$work/$1.err" &
    head=$!
}
killed() {
    graph killed 'nodes: 1' 'sleep 2'
    no_calls
    head killed
    slurm_wait 20 job_of killed || return 1
    kill -KILL "$head"
    wait "$head" 2>/dev/null
    on_slurm 0 killed || return 1
    same killed local && [ "$(calls sbatch)" -eq 1 ]
}
# sbatch has answered, and the head was ended before it could note the number.
unnoted() {
    graph unnoted 'nodes: 1' 'sleep 2'
    no_calls
    on_slurm 0 unnoted --detach || return 1
    rm "$work"/cache-unnoted/jobs/*.json
    on_slurm 0 unnoted || return 1
    same unnoted local && [ "$(calls sbatch)" -eq 1 ]
}
interrupted() {
    local got=0
    graph ctrl-c 'nodes: 1' 'sleep 3'
    head ctrl-c
    slurm_wait 20 job_of ctrl-c || return 1
    sleep 0.5
    kill -INT "$head"
    wait "$head" || got=$?
    [ $got -eq 130 ] || { fail "exit status $got"; return 1; }
    says ctrl-c "scancel $(number ctrl-c)" || return 1
    squeue -h -j "$(number ctrl-c)" | grep -q . || { fail "the pilots are gone"; return 1; }
}
cancelled() {
    local got=0
    head ctrl-c
    slurm_wait 20 runs ctrl-c || return 1
    sleep 1
    scancel "$(number ctrl-c)"
    wait "$head" || got=$?
    [ $got -eq 143 ] && says ctrl-c "it was cancelled"
}
# Two heads begin in the same moment.
both_submit() {
    graph race 'nodes: 1' 'sleep 2'
    no_calls
    head race
    local first=$head
    "$rise_run" "$work/race.yaml" --cache "$work/cache-race" --out "$work/out-race2" >"$work/race2.out" 2>"$work/race2.err" &
    wait $! && wait "$first" || { cat "$work/race.err" "$work/race2.err"; return 1; }
    same race local && same race2 local || return 1
    [ "$(ls "$work"/cache-race/jobs/*/*_1.out | wc -l)" -eq 1 ] || fail "two jobs had pilots"
}
check "--detach, status, and a run that takes over" detached
check "two heads at the same moment: one array stays" both_submit
check "status --json" told
check "the next run goes on where a killed one was" killed
check "a job that nobody noted is found" unnoted
check "Ctrl-C leaves the pilots" interrupted
check "who cancels the jobs means it" cancelled

# ---- what goes wrong in Slurm ----------------------------------------------------------------------
busy() {
    graph busy 'nodes: 1'
    no_calls
    echo 2 >"$work/fail/sbatch"
    on_slurm 0 busy || return 1
    same busy local && [ "$(calls sbatch)" -eq 3 ]
}
# The answer is lost, the job is there.
late() {
    graph late 'nodes: 1' 'sleep 1'
    no_calls
    touch "$work/fail/late"
    echo 1 >"$work/fail/sbatch"
    on_slurm 0 late
    local got=$?
    rm "$work/fail/late"
    [ $got -eq 0 ] && same late local && [ "$(calls sbatch)" -eq 1 ]
}
silent_queue() {
    graph silent 'nodes: 1'
    echo 3 >"$work/fail/squeue"
    on_slurm 0 silent || return 1
    says silent "Slurm does not answer" && same silent local
}
refused() {
    graph refused 'partition: nowhere'
    on_slurm 71 refused || return 1
    says refused "sbatch failed" "invalid partition"
}
no_slurm() {
    graph without ''
    PATH=/usr/sbin on_slurm 71 without || return 1
    says without 'there is no `sbatch` here' "--executor local"
}
too_many() {
    graph many $'nodes: 4\narray: 30\nmax_jobs: 20'
    no_calls
    on_slurm 64 many || return 1
    says many "30 elements of job arrays" "at most 20" "max_jobs" && [ "$(calls sbatch)" -eq 0 ]
}
check "a busy controller is asked again" busy
check "a lost answer is no second submission" late
check "a queue that does not answer ends nothing" silent_queue
check "what Slurm refuses is told" refused
check "no sbatch" no_slurm
check "too many elements" too_many

# ---- what goes wrong in pilots -----------------------------------------------------------------------
failing() {
    graph failing 'nodes: 1'
    sed -i 's/frames: 0:20/frames: 0:20, labels: {energy: energy}/' "$work/failing.yaml"
    cat >>"$work/failing.yaml" <<'YAML'
  parts: {type: split, input: glass, ratio: [100, 1, 1]}
  model: {type: ridge, input: spectrum, target: glass.energy, split: parts}
  metrics: {type: export, input: model.metrics, path: "metrics_{r_cut}.csv"}
YAML
    on_slurm 65 failing || return 1
    says failing "failing.yaml:$(grep -n ' model:' "$work/failing.yaml" | cut -d: -f1):3: no validation samples among 20 frames" "in node model[r_cut=" \
        "model: {type: ridge, input: spectrum" "hint: more frames"
}
no_begin() {
    graph nobegin 'nodes: 1' 'echo there is no such module; exit 3'
    on_slurm 71 nobegin || return 1
    says nobegin "no pilot came as far as to begin" "there is no such module"
}
# The first time there is too little, the second enough.
memory() {
    graph memory 'nodes: 1' "[ \"\$SLURM_MEM_PER_NODE\" -ge 1000 ] || set -- sh -c 'kill -9 \$\$'"
    no_calls
    on_slurm 0 memory || return 1
    same memory local && says memory "get twice as much" || return 1
    [ "$(calls sbatch)" -eq 2 ] && tail -n 1 "$work/calls.sbatch" | grep -q -- --mem=1000M
}
# The script of a pilot, and the command that it is at.
sleeps() { # name
    script=$(pgrep -of "slurm_script .* worker $work/$1.yaml") && sleeper=$(pgrep -P "$script" sleep)
}
# As at a time limit: the pilot leaves, the next element of the array goes on.
leaves() {
    graph leaves $'nodes: 1\narray: 3' '[ "$SLURM_ARRAY_TASK_ID" -gt 1 ] || sleep 600'
    no_calls
    head leaves
    slurm_wait 20 runs leaves || return 1
    slurm_wait 20 sleeps leaves || return 1
    kill -USR1 "$script" # as --signal=B:USR1 does
    kill "$sleeper"      # bash looks at a signal when the command in the foreground is over
    wait "$head" || { cat "$work/leaves.err"; return 1; }
    same leaves local && [ "$(calls sbatch)" -eq 1 ]
}
# As after a node was lost, or a pilot preempted: Slurm puts it into the queue again.
requeued() {
    graph requeued $'nodes: 1\narray: 1' '[ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || sleep 600'
    no_calls
    head requeued
    slurm_wait 20 runs requeued || return 1
    slurm_wait 20 sleeps requeued || return 1
    scontrol requeue "$(number requeued)_1" || return 1
    slurm_wait 20 waits requeued || return 1
    sleep 2 # in the same second it would be refused
    scontrol update JobId="$(number requeued)" StartTime=now || return 1 # else Slurm waits for two minutes
    wait "$head" || { cat "$work/requeued.err"; return 1; }
    same requeued local && [ "$(calls sbatch)" -eq 1 ]
}
classes() {
    graph classes $'nodes: 1\nclasses: {large: {memory: 700 MiB, array: 2}}'
    sed -i 's/leaders: ule}/leaders: ule, pilot: large}/' "$work/classes.yaml"
    no_calls
    on_slurm 0 classes || return 1
    same classes local && [ "$(calls sbatch)" -ge 2 ] && grep -q -- '--pilot large' "$work/calls.sbatch" &&
        grep -q -- '--array=1-2%1 .*--mem=700M' "$work/calls.sbatch"
}
check "a node that fails is told with its place" failing
check "pilots that do not begin" no_begin
check "out of memory: twice as much" memory
check "a pilot leaves, the next one goes on" leaves
check "a pilot is put into the queue again" requeued

# ---- killed at random moments ------------------------------------------------------------------------
# pilots: the processes of workers of the sweep that say that they are at work.
pilots() {
    python3 - "$work/cache-random/workers" <<'PY'
import glob, json, sys
for path in glob.glob(sys.argv[1] + "/*.json"):
    w = json.load(open(path))
    if w["state"] == "working":
        print(w["pid"])
PY
}
random_kill() { # head, pilot or both; then the next command ends it
    local what=$1 pid
    "$rise_run" tests/e2e/graphs/sweep.yaml --cache "$work/cache-random" --out "$work/out-random" --executor slurm --nodes 2 \
        --set executor.cpus=1 --set executor.memory=500MiB >/dev/null 2>"$work/random.err" &
    head=$!
    slurm_wait 20 pilot_there || return 1
    sleep "$(shuf -i 0-25 -n 1 | sed 's/^.$/0&/; s/.$/.&/')"
    [ "$what" = pilot ] || kill -KILL "$head"
    [ "$what" = head ] || for pid in $(pilots | head -n 1); do kill -KILL "$pid"; done
    if [ "$what" = pilot ]; then wait "$head"; else wait "$head" 2>/dev/null; fi
    exits 0 random tests/e2e/graphs/sweep.yaml --cache "$work/cache-random" --executor slurm --nodes 2 \
        --set executor.cpus=1 --set executor.memory=500MiB && same random sweep-here
}
pilot_there() { [ -n "$(pilots 2>/dev/null)" ]; }
random_kills() {
    local i what
    for i in $(seq "$1"); do
        what=$(shuf -e -n 1 head pilot both)
        rm -rf "$work/cache-random" "$work/out-random"
        random_kill "$what" || { fail "round $i: $what"; return 1; }
    done
}
n_kills=2
[ -z "${RISE_TEST_LONG:-}" ] || n_kills=20
check "$n_kills times the head, a pilot or both killed at random: the next command ends it, with the same bytes" random_kills $n_kills
check "classes of pilots" classes
finish

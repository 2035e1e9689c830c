#!/usr/bin/env bash
# rise-run watch: runs again after edits of the graph, of input files and of plug-ins; what an edit made pointless is
# stopped, what it left as it was goes on.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
. tests/support/compile.bash
export RISE_CACHE=$work/cache
mkdir "$work/data"
cp tests/conform/data/glass.extxyz "$work/data/a.extxyz"

cat >"$work/g.yaml" <<'YAML'
rise: 1
axes:
  r_cut: [3, 4]
nodes:
  glass: {type: reader, paths: ["data/*.extxyz"], labels: {energy: energy}}
  soap: {type: soap, input: glass, r_cut: $r_cut, n_max: 4, l_max: 3, sigma: 0.5}
  ule: {type: ule-cluster, input: soap, threshold: 0.9}
  spectrum: {type: histogram, input: soap, leaders: ule}
  csv: {type: export, input: ule.summary, path: "{r_cut}.csv"}
YAML

# A node that is at work until the file `until` is there; it gives the number VALUE.
waiter() { # VALUE
    cat >"$work/waiter.c" <<'C'
#include <rise/plugin.h>
#include <time.h>
#include <unistd.h>
static const rise_port outputs[] = {{.name = "number", .kinds = RISE_KINDS(RISE_TENSOR), .mode = RISE_WHOLE,
                                     .dtype = RISE_F64, .help = "a number"}, {0}};
static const rise_param params[] = {{.name = "until", .type = RISE_P_TEXT, .help = "a path"}, {0}};
static rise_status give(rise_ctx *ctx, rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_dim one = {.name = "row", .size = 1};
    while (access(rise_param_text(ctx, "until"), F_OK) != 0) {
        if (rise_cancelled(ctx))
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    rise_status s = rise_tensor_new(RISE_F64, 1, &one, "", &value, &data, err);
    if (s != RISE_OK)
        return s;
    *(double *)data = VALUE;
    return rise_output(ctx, "number", value, err);
}
static const rise_node_type waiter = {.abi = RISE_NODE_ABI, .size = sizeof(rise_node_type), .name = "waiter",
                                      .brief = "waits", .version = 1, .out = outputs, .params = params, .whole = give};
static const rise_node_type *const types[] = {&waiter};
RISE_PLUGIN("waiter", "1", types);
C
    cc -std=c17 -O1 -fPIC -shared -D_GNU_SOURCE -DVALUE="$1" $(pkg-config --cflags rise) "$work/waiter.c" -o "$work/new.so" &&
        mv "$work/new.so" "$work/waiter.so"
}

# ---- a watch, and what it says -------------------------------------------------------------------
# A check that failed may have left one.
pid=
end_last() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    pid=
}
# watch NAME ARGS...: in the background; what it says is in $work/NAME.err.
watch() {
    watched=$1
    shift
    end_last
    : >"$work/$watched.err"
    said=0
    "$rise_run" watch "$@" --out "$work/out-$watched" >"$work/$watched.out" 2>"$work/$watched.err" &
    pid=$!
}
# until_said TEXT: waits for a line with the text after what was waited for before; a minute is far too long.
until_said() {
    local i at
    for ((i = 0; i < 300; i++)); do
        at=$(tail -n +$((said + 1)) "$work/$watched.err" | grep -nF -m 1 -- "$1" | cut -d : -f 1)
        if [ -n "$at" ]; then
            said=$((said + at))
            return 0
        fi
        kill -0 $pid 2>/dev/null || break
        sleep 0.05
    done
    cat "$work/$watched.err"
    fail "never said: $1"
}
# ends CODE: Ctrl-C ends it with this status.
ends() {
    local code=0
    kill -INT $pid
    wait $pid || code=$?
    [ $code -eq "$1" ] || fail "exit status $code, expected $1"
}
edit() { # SED-EXPRESSION FILE: in place, as an editor that renames
    sed "$1" "$2" >"$2.tmp" && mv "$2.tmp" "$2"
}

a_parameter() {
    watch plain "$work/g.yaml" && until_said "9 ran, 0 cached" && until_said "watching 2 files; Ctrl-C ends it" || return
    edit 's/sigma: 0.5/sigma: 0.4/' "$work/g.yaml" && until_said "g.yaml changed" &&
        until_said "parameter sigma 0.5 -> 0.4 ($work/g.yaml:6)" && until_said " ran, " && until_said "watching 2 files"
}
check "runs, and again when a parameter is edited" a_parameter

errors() {
    edit 's/sigma: 0.4/sigmma: 0.4/' "$work/g.yaml" && until_said "g.yaml:6:71: soap: soap has no port or parameter" &&
        until_said "hint: did you mean \`sigma\`?" && until_said "watching 2 files" || return
    printf 'rise: 1\nnodes: {' >"$work/half.yaml" && cp "$work/g.yaml" "$work/whole.yaml" &&
        cp "$work/half.yaml" "$work/g.yaml" && until_said "g.yaml:3:1: did not find expected node content" && until_said "watching" || return
    rm "$work/g.yaml" && until_said "g.yaml" && until_said "watching" || return
    sed 's/sigmma/sigma/' "$work/whole.yaml" >"$work/g.yaml" && until_said "0 ran, 7 cached" && until_said "watching 2 files"
}
check "errors are told with their place, and the watch goes on" errors

input_files() {
    sed -i 's/energy=-2/energy=-1/' "$work/data/a.extxyz" && until_said "data/a.extxyz changed" && until_said "watching 2 files" || return
    sed 's/energy=-1/energy=-3/; s/ 1\.[0-9]* / 1.0 /' "$work/data/a.extxyz" >"$work/b" && mv "$work/b" "$work/data/b.extxyz" &&
        until_said "data/b.extxyz changed" && until_said "frames are new" && until_said "watching 3 files" || return
    rm "$work/data/b.extxyz" && until_said "data/b.extxyz changed" && until_said "watching 2 files"
}
check "an input file is edited, comes and goes" input_files

# Nobody tells of an edit behind a link: it is found by looking.
behind_a_link() {
    mkdir "$work/elsewhere" && mv "$work/data/a.extxyz" "$work/elsewhere/" &&
        ln -s ../elsewhere/a.extxyz "$work/data/a.extxyz" && until_said "watching 2 files" || return
    sed -i 's/energy=-1/energy=-2/' "$work/elsewhere/a.extxyz" && until_said "data/a.extxyz changed" && until_said "watching 2 files"
}
check "an edit that the system does not tell of" behind_a_link

check "Ctrl-C ends it" ends 130

what_it_kept() {
    [ -s "$work/out-plain/3.csv" ] && grep -q "/3.csv$" "$work/plain.out" && "$rise_run" runs >"$work/runs" &&
        [ "$(grep -c "g.yaml.* ok" "$work/runs")" -ge 4 ]
}
check "its runs are in the history" what_it_kept

# ---- at work while something is edited ----------------------------------------------------------
two_at_work() {
    waiter 1 || return
    cat >"$work/two.yaml" <<YAML
rise: 1
plugins: [waiter.so]
nodes:
  left: {type: waiter, until: $work/never}
  right: {type: waiter, until: $work/right}
  table: {type: export, input: right, path: right.csv}
YAML
    watch two "$work/two.yaml" --jobs 2 --progress json && until_said '"instance":"right"' || return
    : >"$work/left"
    edit "s|until: .*/never|until: $work/left|" "$work/two.yaml" && until_said '"event":"edited"' &&
        until_said '"instance":"left","node":"left","type":"waiter","status":"skipped"' || return
    # `right` is still at work, in the old run: it is waited for.
    ! tail -n +$((said + 1)) "$work/two.err" | grep -q '"event":"finished"' || return
    : >"$work/right"
    until_said '"instance":"right","node":"right","type":"waiter","status":"ran"' && until_said '"event":"finished","status":"interrupted"' &&
        until_said '"event":"started"' && until_said '"event":"finished","status":"ok"' && until_said '"event":"watching","files":2' || return
    ends 130 && python3 - "$work/two.err" <<'PYTHON'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
second = [i for i, e in enumerate(events) if e["event"] == "started"][-1]
ended = {e["node"]: e["status"] for e in events[second:] if e["event"] == "ended"}
assert ended == {"left": "ran", "right": "cached", "table": "ran"}, ended
PYTHON
}
check "what the edit made pointless is stopped, what it left as it was ends first" two_at_work

all_stopped() {
    rm -f "$work/left" "$work/right"
    watch stop "$work/two.yaml" --jobs 2 --set left.until="$work/none" --cache "$work/cache2" --progress json && until_said '"instance":"left"' || return
    edit 's/nodes:/# more\nnodes:/' "$work/two.yaml" && until_said '"event":"edited"' || return
    # a comment is no reason to stop: the same run goes on
    : >"$work/none"
    until_said '"node":"left","type":"waiter","status":"ran"' || return
    ! grep -q interrupted "$work/stop.err" && until_said '"instance":"right"' && ends 130
}
check "an edit that changes nothing stops nothing; Ctrl-C stops what is at work" all_stopped

other_build() {
    : >"$work/left" && : >"$work/right"
    watch build "$work/two.yaml" --cache "$work/cache3" && until_said "watching 2 files" && until_said_not_yet || return
    waiter 2 && until_said "waiter.so changed" && until_said "plug-in changed" && until_said "watching 2 files" &&
        grep -q "2" "$work/out-build/right.csv" || return
    echo "no library" >"$work/waiter.so" && until_said "waiter.so" && until_said "rise-run: " && until_said "watching" || return
    waiter 3 && until_said "plug-in changed" && until_said "watching 2 files" && grep -q "3" "$work/out-build/right.csv" && ends 130
}
until_said_not_yet() { grep -q "1" "$work/out-build/right.csv"; }
check "another build of a plug-in, a broken one, and a good one again" other_build

wrong_words() {
    local code=0
    "$rise_run" watch 2>"$work/none.err" || code=$?
    [ $code -eq 64 ] && says none "watch: exactly one GRAPH.yaml is needed"
}
check "without a graph there is nothing to watch" wrong_words

terminated() {
    watch term "$work/g.yaml" && until_said "watching" || return
    local code=0
    kill -TERM $pid
    wait $pid || code=$?
    [ $code -eq 143 ]
}
check "SIGTERM ends it" terminated

end_last
finish

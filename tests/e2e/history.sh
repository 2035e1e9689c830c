#!/usr/bin/env bash
# The runs of the past: which are kept, how they are listed, and what two of them have not in common.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
export RISE_CACHE=$work/cache

cp tests/conform/data/glass.extxyz "$work/glass.extxyz"
cat >"$work/g.yaml" <<'YAML'
rise: 1
title: Trees
axes:
  r_cut: [3, 4]
nodes:
  glass: {type: reader, paths: [glass.extxyz], labels: {energy: energy}}
  parts: {type: split, input: glass, ratio: [3, 1, 1], seed: 2}
  soap: {type: soap, input: glass, r_cut: $r_cut, n_max: 4, l_max: 3, sigma: 0.5}
  ule: {type: ule-cluster, input: soap, threshold: 0.9}
  spectrum: {type: histogram, input: soap, leaders: ule}
  fit: {type: ridge, input: spectrum, target: glass.energy, split: parts}
  curve: {type: collect, input: fit.metrics, over: r_cut}
  csv: {type: export, input: curve, path: curve.csv}
YAML

# told NAME COMMAND...: stdout and stderr of a command of the past, with ids, dates and times made equal.
told() {
    local name=$1
    shift
    "$rise_run" "$@" >"$work/$name.txt" 2>"$work/$name.err"
    local code=$?
    sed -E -e 's/\b[0-9a-f]{8}\b/ID/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}/WHEN/g' \
        -e "s/[0-9.]+ (ms|s)\\b/TIME/g; s|$work/||g; s/ +/ /g; s/ \$//" "$work/$name.txt" >"$work/$name.told"
    return $code
}
# is NAME: what was told is what stands on stdin.
is() {
    diff - "$work/$1.told"
}
kept() { find "$RISE_CACHE/runs" -name '*.json' 2>/dev/null | wc -l; }

# ---- which runs are kept -------------------------------------------------------------------------
nothing_yet() {
    told none runs && is none <<<'no runs are kept' || return
    local code=0
    told nodiff diff || code=$?
    [ $code -eq 64 ] && says nodiff "\`last~1\`: there is no such run" "the cache has no runs yet"
}
check "no runs yet" nothing_yet

kept_or_not() {
    exits 0 one "$work/g.yaml" && [ "$(kept)" -eq 1 ] || return
    exits 0 again "$work/g.yaml" && [ "$(kept)" -eq 1 ] || return
    exits 0 two "$work/g.yaml" --set soap.sigma=0.4 && [ "$(kept)" -eq 2 ] || return
    # Everything comes from the cache, but it is another run than the one before.
    exits 0 back "$work/g.yaml" && [ "$(kept)" -eq 3 ] && summary back 'status <= {"cached", "not-needed"}' || return
    exits 0 back "$work/g.yaml" && [ "$(kept)" -eq 3 ]
}
check "a run is kept when it did something, or something else than the one before" kept_or_not

refers() {
    summary one '"id" in d and d["parameters"] and d["metrics"]' && summary again 'd["same_as"] and "metrics" not in d' &&
        python3 - "$work" <<'PYTHON'
import json, sys
one, again = (json.load(open(f"{sys.argv[1]}/{n}.json")) for n in ("one", "again"))
assert again["same_as"] == one["id"], again["same_as"]
assert one["versions"]["rise"] and one["versions"]["node soap"]
glass = [i for i in one["inputs"] if i["node"] == "glass"]
assert len(glass) == 1 and len(glass[0]["digest"]) == 64, one["inputs"]
sigma = [p for p in one["parameters"] if (p["node"], p["parameter"]) == ("soap", "sigma")]
assert sigma == [{"node": "soap", "parameter": "sigma", "value": "0.5", "unit": "Å", "axis": "", "source": "graph", "line": 8}], sigma
assert isinstance(one["metrics"]["fit[r_cut=3].metrics.test.rmse"], float)
assert not [m for m in one["metrics"] if m.startswith("curve") or "coefficient" in m], "repeats"
PYTHON
}
check "run.json says what the run was made of, or which run was the same" refers

digest_is_that_of_the_file() {
    local digest
    digest=$(sha256sum "$work/glass.extxyz" | cut -d ' ' -f 1)
    summary one "d['inputs'][0]['digest'] == '$digest'"
}
check "digests of input files are their SHA-256" digest_is_that_of_the_file

listed() {
    told list runs && is list <<'TEXT' || return
run when graph ran cached time outcome changed
ID WHEN g.yaml 0 10 TIME ok
ID WHEN g.yaml 10 2 TIME ok soap.sigma=0.4
ID WHEN g.yaml 12 0 TIME ok
TEXT
    told limited runs "$work/g.yaml" --limit 1 && is limited <<'TEXT' || return
run when graph ran cached time outcome changed
ID WHEN g.yaml 0 10 TIME ok
older ones: --limit N
TEXT
    told other runs graphs/quick.yaml && is other <<<'no runs of that graph are kept'
}
check "runs: newest first, of one graph or of all" listed

in_json() {
    "$rise_run" runs --json >"$work/list.json" && python3 - "$work/list.json" <<'PYTHON'
import json, sys
runs = json.load(open(sys.argv[1]))
assert [r["ran"] for r in runs] == [0, 10, 12], runs
assert runs[1]["set"] == ["soap.sigma=0.4"] and runs[1]["exit"] == 0 and runs[1]["status"] == "ok"
assert len({r["id"] for r in runs}) == 3 and runs[0]["began"] > runs[1]["began"] > runs[2]["began"]
PYTHON
}
check "runs --json" in_json

failures_are_kept() {
    exits 65 broken "$work/g.yaml" --set 'glass.labels={energy: enthalpy}' --set ule.threshold=0.99 && [ "$(kept)" -eq 4 ] &&
        told failed runs --limit 1 &&
        grep -q "^ID WHEN g.yaml 0 0 TIME failed glass.labels={energy: enthalpy} ule.threshold=0.99" "$work/failed.told"
}

# ---- two runs side by side -----------------------------------------------------------------------
parameters_and_metrics() { # what took the same time to the microsecond is not told
    told diff diff last~2 last~1 && grep -v '^ fit\|^ ule\|TIME TIME$' "$work/diff.told" >"$work/short.told" && is short <<'TEXT' || return
a ID WHEN g.yaml ok, 12 ran, 0 cached, TIME
b ID WHEN g.yaml ok, 10 ran, 2 cached, TIME soap.sigma=0.4

parameters
 soap.sigma 0.5 Å (g.yaml:8) 0.4 Å (--set)

metrics

processor time of what ran
 glass TIME did not run
 parts TIME did not run
TEXT
    python3 - "$work" <<'PYTHON'
import json, re, sys
work = sys.argv[1]
text = open(f"{work}/diff.txt").read()
a, b = (json.load(open(f"{work}/{n}.json"))["metrics"] for n in ("one", "two"))
shown = dict((m[0], m[1:]) for m in re.findall(r"^  (\S+\.\S+) +(\S+) +(\S+) +([-+]\S+)$", text, re.M))
expected = [k for k in a if a[k] != b[k]]
assert expected and set(shown) == set(expected), set(shown) ^ set(expected)
for k in expected:
    want = ["%.6g" % a[k], "%.6g" % b[k], "%+.3g" % (b[k] - a[k])]
    assert list(shown[k]) == want, (k, shown[k], want)
PYTHON
}
check "diff: parameters with their places, metrics with their difference" parameters_and_metrics

the_same() {
    told same diff last~2 last && is same <<'TEXT'
a ID WHEN g.yaml ok, 12 ran, 0 cached, TIME
b ID WHEN g.yaml ok, 0 ran, 10 cached, TIME

nothing differs but what ran, and how long it took

processor time of what ran
 glass TIME did not run
 parts TIME did not run
 soap TIME did not run
 ule TIME did not run
 spectrum TIME did not run
 fit TIME did not run
 curve TIME did not run
 csv TIME did not run
TEXT
}
check "diff: two runs of the same" the_same

check "runs that fail are kept too" failures_are_kept

files_and_nodes() {
    sed -i 's/energy=-2/energy=-3/' "$work/glass.extxyz"
    sed -i -e '/ csv:/d' -e 's/  parts:/  # a line more\n  parts:/' "$work/g.yaml"
    echo '  bare: {type: ridge, input: spectrum, target: glass.energy, split: parts, scale: standard}' >>"$work/g.yaml"
    exits 0 edited "$work/g.yaml" && told edited diff last~2 last || return
    sed -E '/^metrics/,$d' "$work/edited.told" | sed -E 's/[0-9a-f]{12}/DIGEST/g' >"$work/edit.told"
    is edit <<'TEXT'
a ID WHEN g.yaml ok, 0 ran, 10 cached, TIME
b ID WHEN g.yaml ok, 6 ran, 5 cached, TIME

input files
 glass glass.extxyz DIGEST DIGEST

nodes
 csv export not there
 bare not there ridge × 2

TEXT
}
check "diff: input files and nodes; a line that moved is no difference" files_and_nodes

ways_to_name_a_run() {
    local id
    id=$("$rise_run" runs --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[1]["id"])')
    told by_id diff "$id" && told by_beginning diff "${id:0:7}" && cmp "$work/by_id.txt" "$work/by_beginning.txt" &&
        told by_last diff last~1 last && cmp "$work/by_id.txt" "$work/by_last.txt" &&
        told bare diff && cmp "$work/by_id.txt" "$work/bare.txt" &&
        told by_path diff "$work/out-broken/run.json" "$work/edited.json" && cmp "$work/by_id.txt" "$work/by_path.txt"
}
check "a run is named by id, its beginning, last, or a run.json" ways_to_name_a_run

completed() {
    local id
    id=$("$rise_run" runs --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[2]["id"])')
    "$rise_run" complete -- diff "${id:0:6}" >"$work/words" && grep -q "^$id	20..-..-.. ..:.. UTC$" "$work/words" &&
        "$rise_run" complete -- diff "$id" la >"$work/words" && grep -q "^last	" "$work/words" &&
        "$rise_run" complete -- diff "$id" last "" >"$work/words" && [ ! -s "$work/words" ]
}
check "ids are completed" completed

wrong_names() {
    local code=0
    told typo diff zz || code=$?
    [ $code -eq 64 ] && says typo "\`zz\`: there is no such run" "rise-run runs lists them" || return
    code=0
    told far diff last~99 || code=$?
    [ $code -eq 64 ] && says far "\`last~99\`: there is no such run" || return
    code=0
    told no_record diff "$work/g.yaml" || code=$?
    [ $code -eq 66 ] && says no_record "g.yaml:1:" || return
    cp "$(find "$RISE_CACHE/runs" -name '*.json' | head -n 1)" "$RISE_CACHE/runs/20200101T000000.000-aaaa0000-0123456789abcdef-0123456789abcdef.json"
    cp "$(find "$RISE_CACHE/runs" -name '*.json' | head -n 1)" "$RISE_CACHE/runs/20200101T000000.000-aaaa1111-0123456789abcdef-0123456789abcdef.json"
    code=0
    told twice diff aaaa || code=$?
    [ $code -eq 64 ] && says twice "\`aaaa\` is the beginning of more than one run: aaaa0000 and aaaa1111" "write more of the id"
}
check "names of no run, and of more than one" wrong_names

diff_in_json() {
    "$rise_run" diff last~1 last --json >"$work/diff.json" && python3 - "$work/diff.json" <<'PYTHON'
import json, sys
d = json.load(open(sys.argv[1]))
assert list(d) == ["a", "b", "parameters", "inputs", "versions", "nodes", "metrics", "times"], list(d)
assert {"name": "ule.threshold", "a": "0.99", "b": "0.9", "a_at": "--set", "b_at": sys.argv[1].replace("diff.json", "g.yaml:10")} in d["parameters"], d["parameters"]
assert [n for n in d["nodes"] if n["node"] == "csv"] == [{"node": "csv", "a": "export", "b": None}], d["nodes"]
assert d["versions"] == [], d["versions"]
PYTHON
}
check "diff --json" diff_in_json

# ---- what cannot be written, what is damaged, what is too much -------------------------------------
no_history() {
    cp -r "$RISE_CACHE" "$work/fixed" && rm -rf "$work/fixed/runs" && chmod a-w "$work/fixed" || return
    exits 0 fixed "$work/g.yaml" --cache "$work/fixed" || return
    [ -w "$work/fixed" ] || [ ! -e "$work/fixed/runs" ] || return
    : >"$work/file" && exits 0 off "$work/g.yaml" --cache "$work/file" && ! grep -q "runs" "$work/off.err"
}
check "a cache that cannot be written has no history, and that is no error" no_history

no_folder() {
    mkdir "$work/odd" && : >"$work/odd/runs" && exits 0 odd "$work/g.yaml" --cache "$work/odd" &&
        told odd runs --cache "$work/odd" && is odd <<<'no runs are kept'
}
check "where the folder of runs is a file there is no history either" no_folder

damaged() {
    local victim code=0
    victim=$RISE_CACHE/runs/20200101T000000.000-aaaa0000-0123456789abcdef-0123456789abcdef.json
    : >"$victim" && mkdir "$RISE_CACHE/runs/20200101T000000.000-bbbb0000-0123456789abcdef-0123456789abcdef.json" || return
    told sick runs || code=$?
    [ $code -eq 66 ] && grep -q "^ID is damaged" "$work/sick.told" && grep -q "soap.sigma=0.4" "$work/sick.told" || return
    code=0
    "$rise_run" cache verify >"$work/verify.txt" || code=$?
    [ $code -eq 1 ] && grep -q "runs of the past read, 2 damaged" "$work/verify.txt" && [ ! -e "$victim" ] &&
        "$rise_run" cache verify && "$rise_run" cache stat | grep -q "runs of the past "
}
check "damaged records are told, and put aside by cache verify" damaged

swept() {
    local old=$RISE_CACHE/runs/20200101T000000.000-aaaa1111-0123456789abcdef-0123456789abcdef.json
    local left=$RISE_CACHE/runs/.20200101T000000.000-cccc0000-0123456789abcdef-0123456789abcdef.json.1.tmp
    : >"$left" && touch -d '2 hours ago' "$left" && touch -d '40 days ago' "$old" || return
    "$rise_run" cache gc --dry-run >/dev/null && [ -e "$left" ] || return
    "$rise_run" cache gc >/dev/null && [ ! -e "$left" ] && [ -e "$old" ] || return
    "$rise_run" cache gc --age 30 >/dev/null && [ ! -e "$old" ] && [ "$(kept)" -gt 3 ]
}
check "cache gc: what killed runs left, and with --age old runs" swept

bounded() {
    local i one
    one=$(find "$RISE_CACHE/runs" -name '*.json' | head -n 1)
    for i in $(seq 210); do
        cp "$one" "$RISE_CACHE/runs/20210101T000000.$(printf '%03d-%08x' "$i" "$i")-0123456789abcdef-0123456789abcdef.json"
    done
    exits 0 more "$work/g.yaml" --set soap.sigma=0.45 && [ "$(kept)" -eq 200 ] &&
        [ ! -e "$RISE_CACHE/runs/20210101T000000.001-00000001-0123456789abcdef-0123456789abcdef.json" ] &&
        told newest runs --limit 1 && grep -q "soap.sigma=0.45" "$work/newest.told"
}
check "the last 200 are kept" bounded

bounded_bytes() {
    rm -rf "$RISE_CACHE/runs" && exits 0 small "$work/g.yaml" --set soap.sigma=0.46 || return
    truncate -s 300M "$(find "$RISE_CACHE/runs" -name '*.json')"
    exits 0 small "$work/g.yaml" --set soap.sigma=0.47 && [ "$(kept)" -eq 2 ] || return
    exits 0 small "$work/g.yaml" --set soap.sigma=0.48 && [ "$(kept)" -eq 2 ]
}
check "and no more than 256 MiB of them, but two in any case" bounded_bytes

several_at_once() {
    local i
    rm -rf "$RISE_CACHE/runs"
    for i in 1 2 3 4 5 6; do
        "$rise_run" "$work/g.yaml" --set ule.threshold=0.7$i --out "$work/out-many$i" --progress none >/dev/null 2>"$work/many$i.err" &
    done
    wait
    [ "$(kept)" -eq 6 ] && told many runs && [ "$(grep -c "ok ule.threshold=0.7" "$work/many.told")" -eq 6 ]
}
check "several runs at once, each is kept" several_at_once

stopped() {
    rm -rf "$RISE_CACHE/runs"
    "$rise_run" graphs/quick.yaml --set vit.epochs=4000 --out "$work/out-stopped" --progress json >/dev/null 2>"$work/stopped.json" &
    local run=$!
    until grep -q '"ended"' "$work/stopped.json"; do sleep 0.05; done
    kill -INT $run
    wait $run
    [ "$(kept)" -eq 1 ] && told stopped runs && grep -q "interrupted vit.epochs=4000" "$work/stopped.told"
}
check "a run that was stopped is kept" stopped

finish

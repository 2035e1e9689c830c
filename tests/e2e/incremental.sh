#!/usr/bin/env bash
# What runs again, and why, on graphs/quick.yaml: nothing after nothing, one branch after one parameter, ten frames
# after ten frames. The base is the graph without its last ten frames.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

quick=graphs/quick.yaml
forty=(--set glass.frames=0:40)
base=$work/cache-base

# on CACHE-COPY NAME ARGS...: a run on a copy of the cache that the cold run left.
on_base() {
    local name=$1
    shift
    cp -r "$base" "$work/cache-$name"
    exits 0 "$name" "$@" --cache "$work/cache-$name" --jobs 2
}

# ---- cold -------------------------------------------------------------------------------------------------
cold() {
    exits 0 cold $quick "${forty[@]}" --cache "$base" --jobs 2 || return
    local file
    for file in report.html figures/curve_r.svg figures/curve_r.png figures/curve_v.svg figures/parity_r.svg \
        figures/correlation_map.svg run.json run.html; do
        [ -s "$work/out-cold/$file" ] || fail "$file is not there" || return
    done
    summary cold 'd["status"] == "ok" and status <= {"ran"}'
}
cold_says_why() { summary cold 'all(i["reason"] for i in all_)'; }
cold_fields() {
    summary cold 'd["rise"] == 1 and d["wall_s"] > 0 and all({"node", "at", "status", "reason", "frames_ran",
        "frames_cached", "wall_s", "cpu_s", "stored_bytes", "peak_bytes"} <= set(i) for i in all_)' &&
        summary cold '{i["at"]["r_cut"] for i in of("soap")} == {3, 4, 5} and of("glass")[0]["at"] == {}' &&
        summary cold 'all(o["name"] and __import__("os").path.isfile(o["path"]) for o in d["outputs"])' &&
        summary cold 'len(d["outputs"]) == 27 and of("glass")[0]["frames_ran"] == 40' &&
        summary cold 'sum(i["stored_bytes"] for i in all_) > 0 and max(i["peak_bytes"] for i in all_) > 0'
}
report_stands_alone() {
    python3 - "$work/out-cold/report.html" <<'PYTHON'
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
assert "undecided" in text.lower(), "no verdict"
assert text.count("<svg") >= 4 or text.count("data:image") >= 4, "figures are missing"
outside = re.findall(r'(?:src|href)\s*=\s*["\']?(?:https?:)?//[^"\' >]+', text)
assert not outside, outside
PYTHON
}
check "cold: exit status, report, figures" cold
check "cold: every instance that ran says why" cold_says_why
check "cold: fields of the summary" cold_fields
check "cold: the report holds everything it shows" report_stands_alone

# ---- nothing ------------------------------------------------------------------------------------------------
again() {
    exits 0 again $quick "${forty[@]}" --cache "$base" --jobs 2 &&
        summary again 'ran == set() and status <= {"cached", "not-needed"}' && same cold again
}
plan_is_empty() {
    "$rise_run" plan $quick "${forty[@]}" --cache "$base" >"$work/plan.txt" && cat "$work/plan.txt" &&
        grep -q '^0 of ' "$work/plan.txt"
}
check "again: nothing runs, the same bytes" again
check "again: plan says that nothing would run" plan_is_empty

# The same meaning in other words: comments, order of keys and of nodes, numbers, defaults written out.
reworded() {
    mkdir "$work/graphs" && ln -s "$PWD/examples" "$work/examples" || return
    python3 - $quick "$work/graphs/reworded.yaml" <<'PYTHON'
import sys
text = open(sys.argv[1], encoding="utf-8").read()
def swap(old, new):
    global text
    assert old in text, old
    text = text.replace(old, new)
swap("r_cut: [3.0, 4.0, 5.0]  # Å", "r_cut: [3, 4.00, 5e0]   # other words")
swap("{type: soap, input: glass, r_cut: $r_cut, n_max: 6, l_max: 6, sigma: 0.5}",
     "{sigma: 5.0e-1, l_max: 6, n_max: 6.0, precision: float, r_cut: $r_cut, input: glass.frames, type: soap}")
swap("ratio: [3, 1, 1]", "ratio: [3.0, 1.0, 1]")
swap("    max_rounds: 300\n", "    eta: 0.050\n    # nothing\n    max_rounds: 300\n")
swap("    dropout: 0\n    seed: 1\n", "    seed: 1\n    dropout: 0.0\n    schedule: step\n")
at = text.index("  # ---- where the models look")
head, tail = text[:at], text[at:]
nodes = head.index("nodes:\n") + len("nodes:\n")
first = head.index("  # ---- emergentist")
open(sys.argv[2], "w", encoding="utf-8").write(head[:nodes] + head[first:] + head[nodes:first] + tail)
PYTHON
    on_base reworded "$work/graphs/reworded.yaml" "${forty[@]}" && summary reworded 'ran == set()' &&
        same cold reworded
}
check "the same in other words: nothing runs" reworded

lost_file() {
    exits 0 again $quick "${forty[@]}" --cache "$base" --jobs 2 || return
    rm "$work/out-again/report.html" "$work/out-again/figures/curve_r.png"
    echo damaged >"$work/out-again/figures/curve_v.svg"
    exits 0 again $quick "${forty[@]}" --cache "$base" --jobs 2 &&
        summary again 'ran == set() and len(d["outputs"]) == 27' && same cold again
}
check "output files lost or overwritten: they come back, nothing runs" lost_file

# ---- one parameter ------------------------------------------------------------------------------------------------
after_r='{"curve_r", "rise", "fig_curve_r", "fig_parity_r", "save_trees", "report"}'
after_v='{"ig", "corr", "curve_v", "rise", "fig_curve_v", "fig_corr", "save_vit", "report"}'
one_xgboost() {
    on_base eta $quick "${forty[@]}" --set energy_r.eta=0.2 &&
        summary eta "'energy_r' in ran and ran <= {'energy_r'} | $after_r" &&
        summary eta 'all("eta" in i["reason"] and "0.05" in i["reason"] and "0.2" in i["reason"]
                         for i in of("energy_r"))'
}
one_soap() {
    on_base sigma $quick "${forty[@]}" --set soap.sigma=0.45 &&
        summary sigma "{'soap', 'ule', 'spectrum'} <= ran <= {'soap', 'ule', 'spectrum', 'energy_r', 'save_leaders'} | $after_r" &&
        summary sigma 'all("sigma" in i["reason"] and "0.5 " in i["reason"] and "0.45" in i["reason"]
                           for i in of("soap"))' &&
        summary sigma 'all("sigma" in i["reason"] for i in of("ule"))' &&
        summary sigma 'all(i["status"] == "cached" for n in ("glass", "voxels", "vit", "ig", "corr") for i in of(n))'
}
one_soap_by_line() { # in the file: the reason names the line
    sed "s|\.\./examples|$PWD/examples|; s/sigma: 0.5}/sigma: 0.45}/" $quick >"$work/line.yaml"
    local line
    line=$(grep -n 'type: soap' "$work/line.yaml" | cut -d: -f1)
    cp -r "$base" "$work/cache-line"
    "$rise_run" plan "$work/line.yaml" "${forty[@]}" --cache "$work/cache-line" >"$work/plan.txt" || return
    grep -F "line.yaml:$line" "$work/plan.txt" | grep -q 'sigma 0.5 -> 0.45' || { cat "$work/plan.txt"; return 1; }
}
one_vit() {
    on_base lr $quick "${forty[@]}" --set vit.lr=0.002 &&
        summary lr "'vit' in ran and ran <= {'vit'} | $after_v" &&
        summary lr 'all("lr" in i["reason"] and "0.001" in i["reason"] and "0.002" in i["reason"]
                        for i in of("vit"))' &&
        summary lr 'all(i["status"] in ("cached", "not-needed") for n in ("glass", "soap", "ule", "spectrum",
                        "energy_r", "curve_r", "fig_curve_r") for i in of(n))'
}
one_point() { # one more value on an axis: only that point runs
    on_base point $quick "${forty[@]}" --set 'axes.r_cut=[3.0, 3.5, 4.0, 5.0]' &&
        summary point '[i["at"]["r_cut"] for i in of("spectrum") if i["status"] == "ran"] == [3.5]' &&
        summary point '[i["at"]["r_cut"] for i in of("energy_r") if i["status"] == "ran"] == [3.5]' &&
        summary point "ran <= {'soap', 'ule', 'spectrum', 'energy_r', 'save_leaders'} | $after_r"
}
and_back() { # the old value again: it is all still known
    exits 0 eta $quick "${forty[@]}" --cache "$work/cache-eta" --jobs 2 && summary eta 'ran == set()' &&
        same cold eta
}
no_split() { # an input that is gone is the reason, not what the rest of the graph did
    sed "s|\.\./examples|$PWD/examples|; s/input: soap, split: parts, /input: soap, /" $quick >"$work/no-split.yaml"
    on_base no-split "$work/no-split.yaml" "${forty[@]}" --only ule &&
        summary no-split '"ule" in ran <= {"soap", "ule"} and all(i["reason"] == "input split is no longer connected"
                                                 for i in of("ule"))'
}
long_text() { # cut between two characters of two bytes, and in a folder whose name is not UTF-8
    local out=$work/out-$'\xff' events=$work/events.json title
    title=x$(printf 'Å%.0s' {1..40})
    cp -r "$base" "$work/cache-title"
    "$rise_run" $quick "${forty[@]}" --set "fig_parity_r.title=$title" --only fig_parity_r --out "$out" \
        --cache "$work/cache-title" --jobs 2 --summary "$work/title.json" --progress json 2>"$events" || return
    summary title 'ran == {"fig_parity_r"} and len(d["outputs"]) == 2' &&
        summary title '"-> \"x" + 27 * "Å" + "... (--set)" in of("fig_parity_r")[0]["reason"]' &&
        summary title 'all("/out-?/figures/parity_r" in o["path"] for o in d["outputs"])' &&
        python3 - "$events" "$out/run.json" "$work/cold.json" <<'PYTHON'
import json, sys
rows = [len(json.load(open(path))["instances"]) for path in sys.argv[2:]]
assert rows[0] == rows[1] > 0, rows
ended = [e for e in map(json.loads, open(sys.argv[1])) if e["event"] == "ended" and e["status"] == "ran"]
assert len(ended) == 1 and "Å..." in ended[0]["reason"], ended
PYTHON
}
check "an xgboost parameter: energy_r and what follows" one_xgboost
check "an input that is no longer connected: the reason names it" no_split
check "a long text and a folder that is not UTF-8: no row is lost" long_text
check "and back again: nothing runs" and_back
check "soap.sigma: the reductionist branch, with both values" one_soap
check "soap.sigma in the file: the plan names the line" one_soap_by_line
check "a vit parameter: the emergentist branch" one_vit
check "one more point on an axis: that point" one_point

# ---- ten frames more ----------------------------------------------------------------------------------------------
ten_frames() {
    on_base ten $quick && summary ten 'all(of(n)[0]["frames_ran"] == 10 and of(n)[0]["frames_cached"] == 40
                                           for n in ("glass", "voxels"))' &&
        summary ten 'all(i["reason"] for i in all_ if i["status"] == "ran")' &&
        summary ten '{"parts", "energy_r", "vit", "report"} <= ran' &&
        summary ten 'all("glass" in i["reason"] or "parts" in i["reason"] or "input" in i["reason"]
                         for n in ("parts", "energy_r", "vit") for i in of(n))'
}
# Where the leaders come out as they were, the frames that are known stay known.
same_leaders() {
    summary ten 'all(i["frames_ran"] in (10, 50) and i["frames_ran"] + i["frames_cached"] == 50
                     for i in of("spectrum") if i["status"] == "ran")'
}
as_if_cold() {
    exits 0 cold50 $quick --cache "$work/cache-cold50" --jobs 1 && same ten cold50
}
new_file() {
    mkdir "$work/data"
    zstd -dcq examples/zrcu/zrcu_00.extxyz.zst >"$work/all.extxyz" || return
    head -n $((40 * 2002)) "$work/all.extxyz" >"$work/data/a.extxyz"
    sed "s|\.\./examples/zrcu/zrcu_00.extxyz.zst|$work/data/*.extxyz|" $quick >"$work/folder.yaml"
    on_base folder "$work/folder.yaml" && summary folder 'ran <= {"report"}' || return
    tail -n $((10 * 2002)) "$work/all.extxyz" >"$work/data/b.extxyz"
    exits 0 folder "$work/folder.yaml" --cache "$work/cache-folder" --jobs 2 --only voxels &&
        summary folder 'of("glass")[0]["frames_ran"] == 10 and of("voxels")[0]["frames_ran"] == 10' &&
        summary folder 'of("voxels")[0]["frames_cached"] == 40 and ran == {"glass", "voxels"}'
}
check "ten frames more: reader and voxelizer run for ten, the rest says why" ten_frames
check "ten frames more: spectra of known frames stay where the leaders do" same_leaders
check "ten frames more, on two threads: as a cold run on one" as_if_cold
check "a new file with ten frames in the folder" new_file

# ---- parts of a graph ---------------------------------------------------------------------------------------------
only() {
    exits 0 only $quick "${forty[@]}" --only spectrum --cache "$work/cache-only" --jobs 2 &&
        summary only 'ran == {"glass", "parts", "soap", "ule", "spectrum"} and d["outputs"] == []' &&
        summary only 'all(i["status"] == "not-needed" for n in ("vit", "voxels", "report", "energy_r") for i in of(n))'
}
only_then_all() { # what --only computed is not computed again
    exits 0 only $quick "${forty[@]}" --only energy_r --cache "$work/cache-only" --jobs 2 &&
        summary only 'ran == {"energy_r"}'
}
check "--only spectrum: what it needs and nothing else" only
check "--only energy_r after that: one node more" only_then_all

# ---- what a reason compares with ------------------------------------------------------------------------------------
# The last run, whether or not it computed anything: of all instances of a node, and after a run that was killed.
cat >"$work/last.yaml" <<YAML
rise: 1
axes:
  seed: [1, 2, 3]
nodes:
  glass: {type: reader, paths: ["$PWD/examples/zrcu/zrcu_00.extxyz.zst"], labels: {energy: energy}}
  parts: {type: split, input: glass, seed: \$seed, ratio: [3, 1, 1]}
  voxels: {type: voxelizer, input: glass}
  vit: {type: vit, input: voxels, target: glass.energy, split: parts, comm_length: 8, epochs: 500}
YAML
last() { # RATIO ARGS...
    local ratio=$1
    shift
    exits 0 last "$work/last.yaml" --cache "$work/cache-last" --only parts --set "parts.ratio=$ratio" "$@"
}
last_shows() { summary last "all('$1' in i['reason'] for i in of('parts')) and ran == {'parts'}"; }
after_nothing() {
    last '[3, 1, 1]' && last '[4, 1, 1]' && last_shows 'ratio [3,1,1] -> [4,1,1]' && last '[3, 1, 1]' &&
        summary last 'ran == set()' && last '[5, 1, 1]' && last_shows 'ratio [3,1,1] -> [5,1,1]'
}
after_a_kill() {
    last '[3, 1, 1]' && summary last 'ran == set()' || return
    "$rise_run" "$work/last.yaml" --cache "$work/cache-last" --out "$work/out-last" --set parts.ratio='[6, 1, 1]' \
        --progress plain >/dev/null 2>"$work/killed.err" &
    local child=$!
    for _ in $(seq 300); do
        [ "$(grep -c '^parts\[' "$work/killed.err")" -eq 3 ] && break
        sleep 0.1
    done
    sleep 1 # what is finished is written five times a second
    kill -9 "$child"
    wait "$child" 2>/dev/null
    last '[3, 1, 1]' && summary last 'ran == set()' &&
        last '[7, 1, 1]' && last_shows 'ratio [3,1,1] -> [7,1,1]'
}
# A map that was complete once is known by one look: that it was is the last run all the same.
maps_after_nothing() {
    local grid
    for grid in 8 10 8; do
        exits 0 maps "$work/last.yaml" --cache "$work/cache-last" --only voxels --set voxels.grid=$grid || return
    done
    summary maps 'ran == set()' &&
        exits 0 maps "$work/last.yaml" --cache "$work/cache-last" --only voxels --set voxels.grid=12 &&
        summary maps '"grid 8 -> 12" in of("voxels")[0]["reason"] and ran == {"voxels"}'
}
check "a reason compares with the last run, if that computed nothing too" after_nothing
check "the same of maps" maps_after_nothing
check "a reason compares with the last run, also after one that was killed" after_a_kill

# ---- values that are gone -----------------------------------------------------------------------------------------
# A whole node that reads a file is known, its value is not: it runs for the node that asks.
gone() {
    printf 'a,b\n1,2\n3,4\n' >"$work/numbers.csv"
    printf 'rise: 1\nnodes:\n  numbers: {type: import, path: numbers.csv}\n  mean: {type: statistics, input: numbers, column: a}\n' >"$work/gone.yaml"
    exits 0 gone "$work/gone.yaml" --cache "$work/cache-gone" || return
    rm -r "$work/cache-gone/packs"
    exits 0 gone "$work/gone.yaml" --cache "$work/cache-gone" && summary gone 'ran == set()' || return
    exits 0 gone "$work/gone.yaml" --cache "$work/cache-gone" --set mean.column=b &&
        summary gone 'ran == {"numbers", "mean"} and "gone or damaged" in of("numbers")[0]["reason"]'
}
# Values of a map that is known by one look, gone: they are made for the node that asks.
frames_gone() {
    cat >"$work/frames.yaml" <<YAML
rise: 1
nodes:
  glass: {type: reader, paths: ["$PWD/examples/zrcu/zrcu_00.extxyz.zst"], labels: {energy: energy}}
  parts: {type: split, input: glass, ratio: [3, 1, 1]}
  voxels: {type: voxelizer, input: glass, grid: 4}
  energy: {type: ridge, input: voxels, target: glass.energy, split: parts, lambda: [1]}
  table: {type: export, input: energy.predictions, path: table.csv}
YAML
    local run=("$work/frames.yaml" --cache "$work/cache-frames") changed=(--set 'energy.lambda=[2]')
    exits 0 frames "${run[@]}" && exits 0 frames "${run[@]}" && summary frames 'ran == set()' || return
    rm -r "$work/cache-frames/packs" "$work/cache-frames/objects"
    exits 0 frames "${run[@]}" && summary frames 'ran == set()' &&
        exits 0 frames "${run[@]}" "${changed[@]}" && summary frames '"energy" in ran' &&
        exits 0 fresh "$work/frames.yaml" --cache "$work/cache-fresh" "${changed[@]}" && same frames fresh
}
check "a value that is gone is made when it is asked for" gone
check "values of frames that are gone are made when they are asked for" frames_gone

finish

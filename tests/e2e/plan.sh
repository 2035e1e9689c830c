#!/usr/bin/env bash
# What a plan says that it will cost: what the last run cost, for as many frames as there are now; nothing is guessed.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
. tests/support/compile.bash
export RISE_CACHE=$work/cache

# A node that takes 20 ms of processor time for each frame.
cat >"$work/burn.c" <<'C'
#include <rise/plugin.h>
#include <time.h>
static const rise_port inputs[] = {{.name = "input", .kinds = RISE_KINDS(RISE_FRAMES), .mode = RISE_EACH, .help = "frames"}, {0}};
static const rise_port outputs[] = {{.name = "number", .kinds = RISE_KINDS(RISE_TENSOR), .mode = RISE_EACH,
                                     .dtype = RISE_F64, .shape = "[frame]", .help = "a number"}, {0}};
static const rise_param params[] = {{.name = "seed", .type = RISE_P_INT, .def = "0", .help = "a number"}, {0}};
static double spent(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static rise_status burn_frame(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    double end = spent() + 0.02;
    while (spent() < end)
        ;
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, err);
    if (s != RISE_OK)
        return s;
    *(double *)data = (double)rise_param_int(ctx, "seed");
    return rise_output(ctx, "number", value, err);
}
static const rise_node_type burn = {.abi = RISE_NODE_ABI, .size = sizeof(rise_node_type), .name = "burn", .brief = "takes time",
                                    .version = 1, .in = inputs, .out = outputs, .params = params, .map = burn_frame};
static const rise_node_type *const types[] = {&burn};
RISE_PLUGIN("burn", "1.5", types);
C
cat >"$work/g.yaml" <<YAML
rise: 1
plugins: [burn.so]
nodes:
  glass: {type: reader, paths: ["$PWD/tests/conform/data/glass.extxyz"], labels: {energy: energy}}
  burn: {type: burn, input: glass}
  table: {type: export, input: burn, path: n.csv}
  soap: {type: soap, input: glass, r_cut: 3, n_max: 4, l_max: 3}
  ule: {type: ule-cluster, input: soap, threshold: 0.9}
YAML

compiles() { cc -std=c17 -O1 -fPIC -shared -D_GNU_SOURCE $(pkg-config --cflags rise) "$work/burn.c" -o "$work/burn.so"; }
check "a node that takes time" compiles

plan() { # NAME ARGS...
    local name=$1
    shift
    "$rise_run" plan "$work/g.yaml" --jobs 2 "$@" >"$work/$name.txt" 2>"$work/$name.err" || { cat "$work/$name.err"; return 1; }
}
# planned NAME EXPRESSION: over the JSON of a plan `d`, `of(node)` one of its rows, and `r` run.json of the first run.
planned() {
    python3 - "$work/$1.txt" "$work/first.json" "$2" <<'PYTHON'
import json, sys
d, r = (json.load(open(f)) for f in sys.argv[1:3])
of = lambda node: [i for i in d["would_run"] if i["node"] == node][0]
near = lambda a, b: abs(a - b) < 2e-6  # run.json tells microseconds
cost = {i["node"]: i["cpu_s"] for i in r["instances"]}
if not eval(sys.argv[3]):
    print(json.dumps(d, indent=1))
    sys.exit("not so: " + sys.argv[3])
PYTHON
}

unknown() {
    plan none && grep -qE "^burn +\? +glass runs before it$" "$work/none.txt" &&
        grep -qx "of 5 instances the cost is not known" "$work/none.txt" || { cat "$work/none.txt"; return 1; }
    plan none_json --json && python3 - "$work/none_json.txt" <<'PYTHON'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["unknown"] == 5 and d["known"] == 0 and d["jobs"] == 2, d
assert all(i["cpu_s"] is None and i["estimate"] == "unknown" for i in d["would_run"]), d
PYTHON
}
check "before any run nothing is known, and nothing is guessed" unknown

nothing() {
    exits 0 first "$work/g.yaml" && plan same && [ "$(cat "$work/same.txt")" = "0 of 5 instances would run, 4 are cached" ] &&
        plan same_json --json && planned same_json 'd["would_run"] == [] and d["cached"] == 4 and d["cpu_s"] == 0'
}
check "nothing would run: it costs nothing" nothing

as_before() {
    plan seed --set burn.seed=1 --json && planned seed 'near(of("burn")["cpu_s"], cost["burn"]) and of("burn")["estimate"] == "last run"' &&
        planned seed 'd["cpu_s"] == sum(i["cpu_s"] or 0 for i in d["would_run"]) and d["wall_s"] >= d["cpu_s"] / 2' &&
        planned seed 'd["known"] + d["small"] == 2 and d["unknown"] == 0' &&
        planned seed '(of("table")["estimate"] == "less than 0.05 s") == (of("table")["cpu_s"] is None)' &&
        plan seed_text --set burn.seed=1 && grep -qE "^burn +0\.[2-9] s +parameter seed 0 -> 1 \(--set\)$" "$work/seed_text.txt" &&
        grep -qE "^about 0\.[2-9] s of processor time, .* with --jobs 2, .* of values in nodes at work" "$work/seed_text.txt"
}
check "another parameter costs what the last run cost" as_before

half_the_frames() {
    plan half --set burn.seed=1 --set glass.frames=0:6 --json &&
        planned half 'near(of("burn")["cpu_s"], cost["burn"] / 2)'
}
check "half the frames cost half" half_the_frames

rows() {
    plan rows --set soap.sigma=0.45 --json &&
        planned rows 'of("soap")["reason"] == "its rows are read by a node that would run" and near(of("soap")["cpu_s"], cost["soap"])' &&
        plan rows_text --set soap.sigma=0.45 && grep -q "^2 of 5\|^1 of 5 instances would run" "$work/rows_text.txt"
}
check "rows that are read have their cost, and do not count as instances that run" rows

partly() {
    exits 0 few "$work/g.yaml" --set burn.seed=2 --set glass.frames=0:9 && exits 0 few "$work/g.yaml" --set burn.seed=2 || return
    python3 - "$work/few.json" >"$work/cost" <<'PYTHON'
import json, sys
burn = [i for i in json.load(open(sys.argv[1]))["instances"] if i["node"] == "burn"][0]
assert (burn["frames_ran"], burn["frames_cached"]) == (3, 9), burn
print(burn["cpu_s"], burn["wall_s"])
PYTHON
    [ $? -eq 0 ] && plan all --set burn.seed=3 --json && python3 - "$work/all.txt" "$work/cost" <<'PYTHON'
import json, sys
cpu, wall = map(float, open(sys.argv[2]).read().split())
burn = [i for i in json.load(open(sys.argv[1]))["would_run"] if i["node"] == "burn"][0]
if wall >= 0.05: # else too little to be remembered: the run before it counts
    assert abs(burn["cpu_s"] - 4 * cpu) < 1e-5, (burn, cpu)
PYTHON
}
check "after a run of a few frames all of them cost more" partly

plugin_is_named() {
    summary first '"plug-in burn" in d["versions"]' && summary first 'd["versions"]["plug-in burn"].startswith("1.5, ")' &&
        grep -q "plug-in burn" "$work/out-first/run.html"
}
check "run.json and run.html name the plug-ins in use" plugin_is_named

finish

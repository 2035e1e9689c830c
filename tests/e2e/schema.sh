#!/usr/bin/env bash
# The JSON schema for editors: what rise-run takes is valid, and what it refuses for its form is not.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

schema=$work/rise.schema.json
"$rise_run" schema >"$schema" || exit 1
valid() { python3 tests/support/validate.py "$schema" "$@"; }

no_operand() {
    local got=0
    "$rise_run" schema graph.yaml >"$work/operand.out" 2>"$work/operand.err" || got=$?
    [ $got -eq 64 ] && [ ! -s "$work/operand.out" ] && grep -q 'schema takes no words' "$work/operand.err"
}
every_type() {
    local type
    for type in $("$rise_run" nodes | cut -d' ' -f1); do
        python3 - "$schema" "$type" <<'PY' || { fail "$type is not in the schema"; return 1; }
import json, sys
schema, name = json.load(open(sys.argv[1])), sys.argv[2]
sys.exit(name not in schema["$defs"]["node"]["properties"]["type"]["enum"] or "type-" + name not in schema["$defs"])
PY
    done
}
# A row says in the schema what it says in the terminal: unit, bounds, default.
one_row() {
    python3 - "$schema" <<'PY'
import json, sys
row = json.load(open(sys.argv[1]))["$defs"]["type-soap"]["properties"]["sigma"]
assert row["default"] == 0.5 and "Å" in row["description"] and "0.5" in row["description"], row
assert {"type": "number", "exclusiveMinimum": 0} in row["anyOf"], row
assert {"$ref": "#/$defs/axis"} in row["anyOf"], row
PY
}
check "the schema is an operand-free command" no_operand
check "every node type is in it" every_type
check "unit, bounds and default of a row" one_row
check "all graphs are valid" valid graphs/*.yaml tests/conform/graphs/*.yaml tests/e2e/graphs/*.yaml

# Cases are written first and judged together at the end: starting the validator takes longer than all of them.
names=() # what is told
wants=() # accepted, refused
case_of() { # WANT NAME: the graph on stdin
    cat >"$work/case-${#names[@]}.yaml"
    wants+=("$1")
    names+=("$2")
}
# nodes LINE...: a graph with a reader called glass and these lines.
nodes() {
    printf 'rise: 1\naxes: {r_cut: [3, 4], alloy: [{name: a, z: Zr}]}\nnodes:\n'
    printf '  glass: {type: reader, paths: "*.xyz", labels: {energy: E}}\n'
    printf '  %s\n' "$@"
}
takes() { case_of accepted "$1" < <(nodes "${@:2}"); }
refuses() { case_of refused "$1" < <(nodes "${@:2}"); }
takes_top() { case_of accepted "$1" < <(printf '%s\n' "${@:2}"); }
refuses_top() { case_of refused "$1" < <(printf '%s\n' "${@:2}"); }

soap='type: soap, input: glass, r_cut'
takes "an axis, and a field of it" "s: {$soap: \$r_cut, species: [Cu, \$alloy.z]}"
takes "a number with an exponent" "s: {$soap: 1.5, sigma: 5e-1, n_max: 4.0}"
takes "nobelium" "s: {$soap: 3, species: No}"
takes "a single value as a list" "s: {$soap: 3, species: Cu}"
takes "a reference at a point" "s: {$soap: \$r_cut}" 'u: {type: ule-cluster, input: "s.vectors[r_cut=3]"}'
takes "a slice" "r: {type: reader, paths: [a, b], frames: 0:10}"
takes "a text that YAML takes for a number" "r: {type: reader, paths: 5, labels: {e: 7}}"
takes "a label from a file" "r: {type: reader, paths: a, labels: {e: {file: e.txt, column: 2}}}"
takes "reserved keys" "s: {$soap: 3, cache: never, memory: 2 GiB, timeout: 90}"
takes "a list of references and over" "s: {$soap: \$r_cut}" 'u: {type: ule-cluster, input: s}' \
    'c: {type: collect, input: u.origins, over: [r_cut]}'

refuses "an unknown key" "s: {$soap: 3, sigam: 0.4}"
refuses "an unknown type" "s: {type: soup, input: glass, r_cut: 3}"
refuses "no type" "s: {input: glass, r_cut: 3}"
refuses "a missing parameter" "s: {type: soap, input: glass}"
refuses "a port that is not connected" "s: {type: soap, r_cut: 3}"
refuses "a text for a number" "s: {$soap: three}"
refuses "a quoted number" "s: {$soap: \"3\"}"
refuses "nothing for a number" "s: {$soap: }"
refuses "a fraction for an integer" "s: {$soap: 3, n_max: 4.5}"
refuses "below a bound" "s: {$soap: 3, n_max: 1}"
refuses "at an open bound" "s: {$soap: 3, sigma: 0}"
refuses "none of the choices" "s: {$soap: 3, precision: half}"
refuses "no element" "s: {$soap: 3, species: [Cu, Qq]}"
refuses "an empty list of paths" "r: {type: reader, paths: []}"
refuses "no slice" "r: {type: reader, paths: a, frames: ten}"
refuses "an unknown field" "r: {type: reader, paths: a, labels: {e: {key: E, colunm: 2}}}"
refuses "an output outside" "u: {type: ule-cluster, input: glass, path: ../x}" \
    'e: {type: export, input: glass, path: ../x.npz}'
refuses "a reference that is none" 's: {type: soap, input: "glass[", r_cut: 3}'
refuses "a list where one reference is wanted" 's: {type: soap, input: [glass], r_cut: 3}'
refuses "over without a port for it" "s: {$soap: 3, over: r_cut}"
refuses "another cache" "s: {$soap: 3, cache: sometimes}"
refuses "a name of a node that is none" "1s: {$soap: 3}"
node='nodes: {g: {type: reader, paths: a, pilot: gpu}}'
takes_top "an executor" 'rise: 1' 'executor: {kind: slurm, nodes: 4, time: 90, memory: 2 GiB, poll: 60, options: --qos=low}' "$node"
takes_top "classes of pilots" 'rise: 1' 'executor: {classes: {gpu: {time: 01:30:00, cpus: 8, options: [--gres=gpu:1]}}}' "$node"
refuses_top "another executor" 'rise: 1' 'executor: {kind: pbs}' "$node"
refuses_top "an executor that is no map" 'rise: 1' 'executor: slurm' "$node"
refuses_top "an unknown key of an executor" 'rise: 1' 'executor: {partion: short}' "$node"
refuses_top "no nodes at once" 'rise: 1' 'executor: {nodes: 0}' "$node"
refuses_top "a look at the queue every second" 'rise: 1' 'executor: {poll: 1}' "$node"
refuses_top "a class that looks at the queue by itself" 'rise: 1' 'executor: {classes: {gpu: {poll: 60}}}' "$node"
refuses_top "a list of pilots" 'rise: 1' 'nodes: {g: {type: reader, paths: a, pilot: [gpu]}}'
refuses_top "another version" 'rise: 2' 'nodes: {g: {type: reader, paths: a}}'
refuses_top "no nodes" 'rise: 1'
refuses_top "an unknown key at the top" 'rise: 1' 'node: {}' 'nodes: {g: {type: reader, paths: a}}'
refuses_top "an axis without values" 'rise: 1' 'axes: {a: []}' 'nodes: {g: {type: reader, paths: a}}'
refuses_top "values and maps in one axis" 'rise: 1' 'axes: {a: [1, {n: 2}]}' 'nodes: {g: {type: reader, paths: a}}'
refuses_top "a zip of one" 'rise: 1' 'axes: {a: [1]}' 'zip: [[a]]' 'nodes: {g: {type: reader, paths: a}}'

valid "$work"/case-*.yaml >"$work/wrong"
same_verdict() { # number of the case
    local says=accepted found=accepted
    "$rise_run" check "$work/case-$1.yaml" || found=refused
    grep "/case-$1.yaml: " "$work/wrong" && says=refused
    [ "$found" = "${wants[$1]}" ] || { fail "rise-run check: $found"; return 1; }
    [ "$says" = "${wants[$1]}" ] || fail "the schema: $says"
}
for i in "${!names[@]}"; do check "${wants[$i]}: ${names[$i]}" same_verdict "$i"; done
finish

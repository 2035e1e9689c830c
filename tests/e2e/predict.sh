#!/usr/bin/env bash
# A trained pair of models on samples: what training predicted bit by bit, new frames, and whatever does not belong together
# is refused in words.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

export RISE_CACHE=$work/cache
new=examples/zrcu/zrcu_08.extxyz.zst

# The settings of quick.yaml in place of those of dual_ml.yaml. of_quick MODELS NAME=VALUE...: arguments of rise-run.
of_quick() {
    local models=$1 setting
    shift
    arguments=(graphs/predict.yaml)
    for setting in "leaders.path=$models/leaders_5.safetensors" "leaders.sha256=$models/leaders_5.safetensors.sha256" \
        "trees.path=$models/trees_5.json" "trees.sha256=$models/trees_5.json.sha256" \
        "vit.path=$models/vit_8.safetensors" "vit.sha256=$models/vit_8.safetensors.sha256" \
        soap.n_max=6 soap.l_max=6 voxels.grid=16 ig.steps=5 "$@"; do
        arguments+=(--set "$setting")
    done
}

models=$work/out-trained/models
trained() {
    exits 0 trained graphs/quick.yaml \
        --set 'nodes.by_trees={type: export, input: "energy_r.predictions[r_cut=5]", path: trees.csv}' \
        --set 'nodes.by_vit={type: export, input: "vit.predictions[comm=8]", path: vit.csv}' &&
        (cd "$models" && sha256sum --quiet -c ./*.sha256) &&
        [ "$(find "$models" -name '*.sha256' | wc -l)" = 9 ]
}
check "training leaves models and leaders, with digests that sha256sum checks" trained

same_bits() {
    of_quick "$models" 'new.paths=["../examples/zrcu/zrcu_00.extxyz.zst"]'
    exits 0 same "${arguments[@]}" && python3 - "$work/out-trained" "$work/out-same/predictions.csv" <<'PYTHON'
import csv, sys
column = lambda path, name: [row[name] for row in csv.DictReader(open(path))]
for file, name in ("trees.csv", "energy_r"), ("vit.csv", "energy_v"):
    then, now = column(f"{sys.argv[1]}/{file}", "predicted"), column(sys.argv[2], name)
    assert len(then) == 50 and then == now, (name, then, now)
PYTHON
}
check "the same frames: the predictions of training, bit by bit" same_bits

new_frames() {
    of_quick "$models" "new.paths=[\"../$new\"]"
    exits 0 new "${arguments[@]}" && python3 - "$work/out-new" <<'PYTHON'
import csv, re, sys
rows = list(csv.DictReader(open(sys.argv[1] + "/predictions.csv")))
numbers = [float(row[name]) for row in rows for name in ("energy_r", "energy_v")]
assert len(rows) > 20 and all(-9400 < x < -9200 for x in numbers), numbers
lines = iter(open(sys.argv[1] + "/atoms.extxyz"))
for row, first in zip(rows, lines):
    comment = next(lines)
    for name in row:
        assert f" {name}={row[name]}" in comment, comment
    columns = re.search(r"Properties=(\S+)", comment)[1].split(":")[::3]
    assert columns == ["species", "pos", "entropy", "labels", "similarity", "atoms"], columns
    atoms = [next(lines).split() for _ in range(int(first))]
    assert all(-1 <= int(a[5]) and 0 < float(a[6]) <= 1 and float(a[4]) < 0 for a in atoms)
assert next(lines, None) is None
PYTHON
}
check "new frames: both energies, and every atom" new_frames

# more CODE NAME TEXT SETTING...: a run on new frames that must end so, saying this.
more() {
    local code=$1 name=$2 text=$3
    shift 3
    of_quick "$models" "new.paths=[\"../$new\"]" "$@"
    exits "$code" "$name" "${arguments[@]}" --only table && { [ -z "$text" ] || says "$name" "$text"; }
}

others() {
    more 65 cutoff "made with soap r_cut 4, but the leaders with 5" soap.r_cut=4 && says cutoff "\`r_cut: 5\`" &&
        more 65 order 'made with soap species ["Al","Cu","Zr"], but the leaders with ["Cu","Zr"]' 'soap.species=[Cu, Zr, Al]' &&
        more 65 grid "made with voxelizer grid 32, but the model with 16" voxels.grid=32 &&
        more 65 mode 'made with voxelizer mode "binary", but the model with "count"' voxels.mode=binary &&
        more 65 channels 'made with voxelizer species ["Al","Cu","Zr"]' 'voxels.species=[Al, Cu, Zr]' &&
        more 65 nearest 'made with histogram unmatched "nearest", but the model with "drop"' spectrum.unmatched=nearest
}
check "other cutoff, species, grid, mode, rule: refused, both sides named" others

other_leaders() {
    more 65 leaders "input: made with histogram leaders" "leaders.path=$models/leaders_4.safetensors" \
        "leaders.sha256=$models/leaders_4.safetensors.sha256" soap.r_cut=4 &&
        says leaders "connect the \`leaders\` that were written together with the model" &&
        more 65 swapped "made with" energy_r.model=vit energy_r.input=spectrum energy_v.model=trees energy_v.input=voxels
}
check "leaders of another model, models exchanged: refused" other_leaders

# The same rows by a rule that is written out: the model says so, so it is another one.
known_by_its_making() {
    exits 0 told graphs/quick.yaml --set spectrum.threshold=0.83 --only energy_r &&
        summary told 'ran == {"soap", "spectrum", "energy_r"}' &&
        summary told 'all("threshold" in i["reason"] for i in of("energy_r"))'
}
check "how rows were made is part of the key of what remembers it" known_by_its_making

# Every file of a model, with a byte changed, cut off, or empty.
damaged() {
    local file name i=0
    for file in "$models"/{leaders_5.safetensors,trees_5.json,vit_8.safetensors}; do
        name=$(basename "$file")
        cp -r "$models" "$work/damaged"
        for how in 'b[len(b) // 2] ^= 1' 'b[-1] ^= 1' 'del b[len(b) // 2:]' 'b.clear()'; do
            i=$((i + 1))
            python3 -c "
import sys
b = bytearray(open(sys.argv[1], 'rb').read())
$how
open(sys.argv[2], 'wb').write(b)" "$file" "$work/damaged/$name"
            of_quick "$work/damaged"
            exits 65 "damaged$i" "${arguments[@]}" --only table && says "damaged$i" "$name: its SHA-256 is" || return
        done
        rm -r "$work/damaged"
    done
}
check "damaged files of models: refused by their digests" damaged

# What a digest vouches for is still looked at before XGBoost gets it.
crafted() {
    cp -r "$models" "$work/crafted"
    local i=0 edit text
    while IFS='|' read -r edit text; do
        i=$((i + 1))
        python3 - "$models/trees_5.json" "$work/crafted/trees_5.json" "$edit" <<'PYTHON'
import json, sys
m = json.load(open(sys.argv[1]))
model = m["learner"]["gradient_booster"]["model"]
tree = model["trees"][0]
exec(sys.argv[3])
json.dump(m, open(sys.argv[2], "w"))
PYTHON
        (cd "$work/crafted" && sha256sum trees_5.json >trees_5.json.sha256)
        of_quick "$work/crafted"
        exits 65 "crafted$i" "${arguments[@]}" --only energy_r && says "crafted$i" "$text" || return
    done <<'EDITS'
tree["left_children"][0] = 100000|its nodes lead nowhere
tree["right_children"][0] = tree["left_children"][0]|its nodes lead nowhere
tree["left_children"][0] = 0|its nodes lead nowhere
tree["parents"][1] = 1|its nodes lead nowhere
tree["split_indices"][0] = 1000000|its nodes lead nowhere
del tree["split_conditions"][-1]|`split_conditions` has not one number
tree["tree_param"]["num_nodes"] = "9999999"|has not one number for each of 9999999 nodes
tree["split_conditions"][0] = "x"|`split_conditions` has not one number
model["gbtree_model_param"]["num_trees"] = "77"|promises 77 trees
m = {"learner": {}}|is no model of XGBoost's trees
m["learner"]["attributes"] = {}|model without the attribute rise.mean
EDITS
}
check "models that would lead XGBoost astray: refused" crafted

no_digest() {
    exits 78 none graphs/predict.yaml --set nodes.trees="{type: import, path: $models/trees_5.json}" &&
        says none "a model in .json is used only with its SHA-256" &&
        printf 'nonsense\n' >"$work/nonsense" &&
        more 65 nonsense "nonsense:1:1: expected 64 hexadecimal digits" "trees.sha256=$work/nonsense" &&
        cat "$models"/*.sha256 >"$work/all" && more 0 all "" "trees.sha256=$work/all" &&
        grep -v trees "$work/all" >"$work/lacking" && more 65 lacking "none of them of trees_5.json" "trees.sha256=$work/lacking"
}
check "a model of trees without a digest: refused; one list for all files: taken" no_digest

finish

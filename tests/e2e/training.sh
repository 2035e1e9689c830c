#!/usr/bin/env bash
# What can be wrong with a training: the documented exit status, the place, what was found, and how to mend it; and the
# way back to the last good weights.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

# Arrays and files of weights, made by hand.
python3 - "$work" <<'PYTHON'
import json, math, random, struct, sys
work = sys.argv[1]

def npy(name, shape, numbers):
    head = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }" % ", ".join(map(str, shape))
    head += " " * (63 - (len(head) + 10) % 64) + "\n"
    with open(f"{work}/{name}.npy", "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        f.write(struct.pack("<%dd" % len(numbers), *numbers))

r = random.Random(1)
voxels = [r.random() for _ in range(12 * 64)]
energy = [sum(voxels[64 * f : 64 * f + 64]) for f in range(12)]
npy("voxels", (12, 1, 4, 4, 4), voxels)
npy("one", (1, 1, 4, 4, 4), voxels[:64])
npy("spoilt", (12, 1, 4, 4, 4), voxels[:70] + [math.inf] + voxels[71:])
npy("energy", (12,), energy)
npy("energy1", (1,), energy[:1])
npy("nan", (12,), energy[:5] + [math.nan] + energy[6:])
npy("constant", (12,), [3.5] * 12)
with open(f"{work}/hostile.safetensors", "wb") as f:
    f.write(struct.pack("<Q", 2**64 - 1) + b"{}")
with open(f"{work}/empty.safetensors", "wb") as f:
    f.write(b"\x02\x00\x00")
PYTHON

# graph [KEY: VALUE]...: a training on these arrays; a key given here stands in place of the one below.
graph() {
    local vit="type: vit
    input: voxels
    target: energy
    comm_length: 2
    embedding: 8
    layers: 1
    epochs: 4
    batch: 12" voxels=voxels energy=energy key
    for key in "$@"; do
        case $key in
            voxels:*) voxels=${key#*: } ;;
            energy:*) energy=${key#*: } ;;
            *) vit=$(printf '%s\n' "$vit" | grep -v "^ *${key%%:*}:" && printf '    %s' "$key") ;;
        esac
    done
    printf 'rise: 1\nnodes:\n  voxels: {type: import, path: %s.npy}\n' "$voxels"
    printf '  energy: {type: import, path: %s.npy, dims: [frame]}\n  vit:\n    %s\n' "$energy" "${vit#    }"
    printf '  model: {type: export, input: vit.model, path: model.safetensors}\n'
    printf '  curve: {type: export, input: vit.curve, path: curve.csv}\n'
}
# refuses CODE NAME TEXT...: the graph on stdin ends with this status and says these texts.
refuses() {
    local code=$1 name=$2
    shift 2
    cat >"$work/$name.yaml"
    exits "$code" "$name" "$work/$name.yaml" --cache "$work/cache" || return
    cat "$work/$name.err"
    says "$name" "$@" && [ ! -e "$work/out-$name/model.safetensors" ]
}

# ---- shapes ---------------------------------------------------------------------------------------------------------
patch() {
    graph "patch: 3" | refuses 78 patch "patch.yaml:14:12: vit: a grid of 4 x 4 x 4 voxels cannot be cut into patches of 3" \
        "hint: choose a grid that is a multiple of the patch"
}
long() {
    graph "comm_length: 7" | refuses 78 long "long.yaml:13:18: vit: 7 voxels makes blocks of 4 patches, but the grid has only 2" \
        "hint: the longest length is the box: 4 voxels"
}
short() {
    graph "comm_length: 0.5" | refuses 78 short "short.yaml:13:18: vit: 0.5 voxels is less than half a patch of 2 voxels" \
        "hint: the shortest length is one patch: 2 voxels"
}
heads() {
    graph "heads: 3" | refuses 78 heads "heads.yaml:14:12: vit: 3 heads cannot share an embedding of 8" \
        "hint: heads must divide embedding"
}
past() {
    graph "until: 5" | refuses 78 past "past.yaml:14:12: vit: epoch 5 is past the last of 4 epochs" \
        'hint: raise `epochs`, or leave `until` out'
}
no_target() {
    graph | grep -v target: | refuses 78 no_target "no_target.yaml:11:13: vit: 4 epochs of training, but no target is connected" \
        'hint: connect `target`, or give `init` and `epochs: 0` to predict only'
}
check "a grid that the patch does not divide: 78, the place" patch
check "a block larger than the grid: 78, the place" long
check "a block smaller than a patch: 78, the place" short
check "heads that do not divide the embedding: 78, the place" heads
check "until past the last epoch: 78, the place" past
check "training without a target: 78, the place" no_target

same_blocks() { # a run of both branches: two lengths that come to the same number of patches
    exits 65 blocks graphs/quick.yaml --cache "$work/cache-quick" --set axes.comm=[4,4.4] --set vit.epochs=1 --only rise &&
        says blocks "emergentist: two values of the axis give the same length, 4.05375 Å" \
            "hint: a block is a whole number of patches: leave one of the values out" "in node rise"
}
check "two lengths that give the same blocks: 65" same_blocks

# ---- labels ---------------------------------------------------------------------------------------------------------
spoilt() { graph "voxels: spoilt" | refuses 65 spoilt "spoilt.npy: element [1, 0, 0, 1, 2] is inf, expected finite numbers" "hint: mend"; }
nan() { graph "energy: nan" | refuses 65 nan "nan.npy: element [5] is nan, expected finite numbers" "hint: mend"; }
nan_read() {
    sed '2s/energy=[^ ]*/energy=nan/' tests/conform/data/glass.extxyz >"$work/nan.extxyz"
    printf 'rise: 1\nnodes:\n  glass: {type: reader, paths: [nan.extxyz], labels: {energy: energy}}\n' >"$work/g.yaml"
    printf '  parts: {type: split, input: glass}\n  vit: {type: export, input: glass.energy, path: e.npy}\n' >>"$work/g.yaml"
    refuses 65 nan_read "nan.extxyz:2:" "frame 0: label 'energy' is not a finite number: 'nan'" "hint: mend the label" <"$work/g.yaml"
}
one() {
    graph "voxels: one" "energy: energy1" | refuses 65 one "1 training frame: nothing can be learnt from one" \
        'hint: give more frames, or a larger first number in `ratio` of the split'
}
constant() {
    graph "energy: constant" | refuses 65 constant "all 12 training labels are 3.5: there is nothing to learn" \
        "hint: "
}
lengths() { graph "energy: energy1" | refuses 65 lengths "12" "hint: "; }
check "a voxel that is not finite: 65, the frame" spoilt
check "a label that is not finite: 65, the frame" nan
check "a label of a frame that is not finite: 65, file, line and column" nan_read
check "one sample: 65" one
check "labels that are all the same: 65" constant
check "labels of other frames: 65" lengths

# ---- weights --------------------------------------------------------------------------------------------------------
trained() { # the weights that the others are held against
    graph >"$work/trained.yaml"
    exits 0 trained "$work/trained.yaml" --cache "$work/cache" || return
    cp "$work/out-trained/model.safetensors" "$work/good.safetensors"
    head -c 1000 "$work/good.safetensors" >"$work/header.safetensors"
    head -c -100 "$work/good.safetensors" >"$work/short.safetensors"
}
other_shape() {
    graph "embedding: 16" "init: good.safetensors" | refuses 65 shape "good.safetensors: weights: tensor " \
        "has the shape (1, 1, 8), expected (1, 1, 16)" "hint: grid, patch, embedding and channels must be those of the file"
}
other_layers() {
    graph "layers: 2" "init: good.safetensors" | refuses 65 layers \
        'good.safetensors: weights: tensor "encoder_layers.1.ln1.weight" is missing' \
        "hint: layers, patch and channels must be those of the file"
}
cut_header() { graph "init: header.safetensors" | refuses 65 header "header.safetensors: safetensors: header of" "it is truncated" "hint: "; }
cut_data() { graph "init: short.safetensors" | refuses 65 short "short.safetensors: safetensors: tensor" "the file is truncated" "hint: "; }
hostile() {
    graph "init: hostile.safetensors" | refuses 65 hostile "hostile.safetensors: safetensors: header of 18446744073709551615 bytes" \
        "more than 100000000 is refused" "hint: "
}
no_header() { graph "init: empty.safetensors" | refuses 65 nothing "empty.safetensors: safetensors: 3 bytes are too few for a header" "hint: "; }
check "weights to hold the others against" trained
check "weights of another shape: 65, the tensor and both shapes" other_shape
check "weights of fewer layers: 65, the tensor" other_layers
check "weights cut in the header: 65" cut_header
check "weights cut in the data: 65" cut_data
check "a header of 2^64 - 1 bytes: 65" hostile
check "weights of three bytes: 65" no_header

# ---- augmentation ---------------------------------------------------------------------------------------------------
frames() { # PBC: glass with these periodicities, a graph that trains on it
    sed "s/pbc=\"T T T\"/pbc=\"$1\"/" tests/conform/data/glass.extxyz >"$work/$2.extxyz"
    printf 'rise: 1\nnodes:\n  glass: {type: reader, paths: [%s.extxyz], labels: {energy: energy}}\n' "$2"
    printf '  voxels: {type: voxelizer, input: glass, grid: 4}\n'
    printf '  vit: {type: vit, input: voxels, target: glass.energy, comm_length: 5, embedding: 8, epochs: 1, augment: %s}\n' "$3"
    printf '  model: {type: export, input: vit.model, path: model.safetensors}\n'
}
nowhere() {
    frames "F F F" free shifts | refuses 78 nowhere "nowhere.yaml:5:" \
        "no axis is periodic in all 12 training frames: there is nothing to shift along" 'hint: `augment: symmetries`'
}
turned_only() {
    frames "F F F" free all >"$work/turned.yaml"
    exits 0 turned "$work/turned.yaml" --cache "$work/cache" &&
        says turned "augment: no axis is periodic in all 12 training frames: symmetries only"
}
without_boxes() {
    graph "augment: all" >"$work/boxless.yaml"
    exits 0 boxless "$work/boxless.yaml" --cache "$work/cache" && says boxless "augment: input has no boxes"
}
threads() { # the same model whatever the threads do, another one than without
    local jobs
    for jobs in 1 3; do
        frames "T T F" slab$jobs all >"$work/slab$jobs.yaml"
        exits 0 slab$jobs "$work/slab$jobs.yaml" --cache "$work/cache-slab$jobs" --jobs $jobs || return
    done
    same slab1 slab3 || return
    exits 0 still "$work/slab1.yaml" --cache "$work/cache-slab1" --set vit.augment=none || return
    ! cmp -s "$work/out-still/model.safetensors" "$work/out-slab1/model.safetensors"
}
check "shifts without a periodic axis: 78, the place" nowhere
check "all without a periodic axis: symmetries, and a warning" turned_only
check "augment without boxes: a warning" without_boxes
check "augment: the same model for one and three threads" threads

# ---- memory ---------------------------------------------------------------------------------------------------------
least() { # what the hint of the run NAME names
    sed -n 's/.*`memory: \([0-9]*\) MiB`.*/\1/p' "$work/$1.err"
}
too_little() {
    graph "memory: 900 KiB" "embedding: 64" "layers: 2" | refuses 78 little "little.yaml:9:18: vit: training needs " \
        "MiB (voxels of 12 frames 0.0, weights and gradients " "one workspace " "but may take 0.88 MiB" \
        "hint: the least that works: " || return
    local n
    n=$(least little)
    exits 0 enough "$work/little.yaml" --cache "$work/cache" --set "vit.memory=$n MiB" || return
    exits 0 other "$work/little.yaml" --cache "$work/cache-other" --set "vit.memory=2 GiB" && same enough other || return
    exits 78 less "$work/little.yaml" --cache "$work/cache-less" --set "vit.memory=$((n - 1)) MiB" &&
        [ "$(least less)" -eq "$n" ]
}
too_little_in_all() {
    graph "embedding: 64" "layers: 2" >"$work/all.yaml"
    exits 78 all "$work/all.yaml" --cache "$work/cache-all" --memory 900K && says all "or --memory $(least little)MiB" &&
        exits 0 all "$work/all.yaml" --cache "$work/cache-all" --memory "$(least little)MiB"
}
predicting() {
    graph "epochs: 0" "init: good.safetensors" "memory: 100 KiB" | refuses 78 predicting "vit: predicting needs "
}
check "too little memory for the node: 78, the least that works, and it does" too_little
check "too little memory for the run: 78, the least that works, and it does" too_little_in_all
check "too little memory to predict: 78" predicting

# ---- divergence -----------------------------------------------------------------------------------------------------
# One batch an epoch; with such a rate weights grow until they overflow. Sets $good, the last good epoch.
diverges() {
    graph "epochs: 12" "batch: 12" "lr: 4e8" "schedule: cosine" | refuses 1 diverges "training diverged: the loss is not finite in epoch" \
        ", batch 1 of 1" "in node vit" || return
    good=$(sed -n 's/.*`until: \([0-9]*\)`.*/\1/p' "$work/diverges.err")
    [ "$good" -ge 2 ] || { fail "diverged too early for this test"; return; }
    says diverges "epoch $((good + 1)), batch" "hint: a lower lr; epoch $good was the last good one: \`until: $good\` gives the best" \
        "weights up to there and trains nothing again"
}
# The way that the hint names, for a schedule that knows the number of epochs: no epoch is trained, so none is stored.
last_good() {
    exits 0 last "$work/diverges.yaml" --cache "$work/cache" --set "vit.until=$good" || return
    exits 0 anew "$work/diverges.yaml" --cache "$work/cache-anew" --set "vit.until=$good" && same last anew || return
    [ "$(wc -l <"$work/out-last/curve.csv")" -eq $((good + 1)) ] || return
    local first again
    first=$(stored anew) again=$(stored last)
    [ $((first - again)) -ge $((good * $(stat -c %s "$work/out-last/model.safetensors"))) ] || fail "stored $again, anew $first"
}
stored() {
    python3 -c 'import json, sys
print(sum(i["stored_bytes"] for i in json.load(open(sys.argv[1]))["instances"] if i["node"] == "vit"))' "$work/$1.json"
}
at_once() {
    graph "batch: 4" "lr: 1e20" | refuses 1 at_once "training diverged: the loss is not finite in epoch 1, batch 2 of 3" \
        "hint: a lower lr"
}
check "divergence: 1, epoch, batch and the last good epoch" diverges
check "divergence: the weights of the last good epoch, without training" last_good
check "divergence in the first epoch: 1" at_once

finish

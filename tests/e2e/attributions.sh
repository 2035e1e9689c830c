#!/usr/bin/env bash
# Attributions of atoms from a trained network to a file for OVITO: what a user of ig types, and what can go wrong.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

# graph [LINE]...: a small network on the conformance glass; lines are added to the nodes.
graph() {
    cat <<YAML
rise: 1
nodes:
  glass: {type: reader, paths: [$PWD/tests/conform/data/glass.extxyz], labels: {energy: energy}}
  parts: {type: split, input: glass, ratio: [3, 1, 1], seed: 2}
  voxels: {type: voxelizer, input: glass, grid: 8}
  vit: {type: vit, input: voxels, target: glass.energy, split: parts, comm_length: 5, embedding: 8, epochs: 2, batch: 4, seed: 3}
YAML
    printf '  %s\n' "$@"
}

# Every test frame is there with a column for each atom, and the column adds up to what the network says.
atoms() {
    graph "ig: {type: ig, input: voxels, model: vit.model, structure: glass, steps: 20}" \
        "file: {type: export, input: [glass, ig.atoms, ig.delta], path: atoms.extxyz}" \
        "all: {type: export, input: ig.attribution, path: voxels.npy}" >"$work/atoms.yaml"
    exits 0 atoms "$work/atoms.yaml" --cache "$work/cache" || return
    says atoms "frames left out, which not every input has" || return
    printf 'rise: 1\nnodes:\n  again: {type: reader, paths: [%s], labels: {delta: delta}}\n' \
        "$work/out-atoms/atoms.extxyz" >"$work/again.yaml"
    exits 0 again "$work/again.yaml" --cache "$work/cache" || return
    python3 - "$work/out-atoms" <<'PYTHON'
import ast, struct, sys
frames = []
with open(sys.argv[1] + "/atoms.extxyz") as f:
    while line := f.readline():
        n, comment = int(line), f.readline()
        assert "Properties=species:S:1:pos:R:3:atoms:R:1" in comment and " delta=" in comment, comment
        frames.append(sum(float(f.readline().split()[4]) for _ in range(n)))
with open(sys.argv[1] + "/voxels.npy", "rb") as f:
    raw = f.read()
head = struct.unpack("<H", raw[8:10])[0]
shape = ast.literal_eval(raw[10:10 + head].decode())["shape"]
size = shape[1] * shape[2] * shape[3] * shape[4]
x = struct.unpack("<%df" % (shape[0] * size), raw[10 + head:])
assert shape[0] == len(frames) > 0, (shape, len(frames))
for i, found in enumerate(frames):
    expected = sum(x[i * size:(i + 1) * size])
    assert abs(found - expected) < 1e-5 * max(map(abs, x)) * size ** 0.5, (found, expected)
    assert found != 0
PYTHON
}
without_frames() {
    graph "ig: {type: ig, input: voxels, model: vit.model, steps: 2}" \
        "file: {type: export, input: [glass, ig.atoms], path: atoms.extxyz}" >"$work/without.yaml"
    exits 78 without "$work/without.yaml" --cache "$work/cache" &&
        says without "\`atoms\` is read, but no atoms are connected" "in node ig" "hint: structure: NODE"
}
# Atoms displaced after they were counted.
other_frames() {
    graph "moved: {type: rattle, input: glass, stdev: 0.5}" \
        "moved_voxels: {type: voxelizer, input: moved, grid: 8}" \
        "ig: {type: ig, input: voxels, model: vit.model, structure: moved, part: all, steps: 2}" \
        "file: {type: export, input: [glass, ig.atoms], path: atoms.extxyz}" >"$work/other.yaml"
    exits 65 other "$work/other.yaml" --cache "$work/cache" && says other "ig"
}
check "attributions of atoms in a file that reads back, complete" atoms
check "atoms without frames: 78" without_frames
check "frames that are not those of the voxels" other_frames
finish

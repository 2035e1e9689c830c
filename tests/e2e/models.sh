#!/usr/bin/env bash
# Model files of vit: names and shapes are those that other programs load, and what is written can be used again, bit by
# bit, with and without metadata.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash

graph=examples/torch/torch.yaml
export RISE_CACHE=$work/cache

# python_on_models CODE FILES...: CODE sees read(path) -> metadata, {name: (shape, bytes)}, and write(path, tensors).
python_on_models() {
    local code=$1
    shift
    python3 - "$code" "$@" <<'PYTHON'
import csv, json, struct, sys
def read(path):
    whole = open(path, "rb").read()
    size = struct.unpack("<Q", whole[:8])[0]
    header, data = json.loads(whole[8:8 + size]), whole[8 + size:]
    metadata = header.pop("__metadata__", {})
    assert all(t["dtype"] == "F32" for t in header.values())
    return metadata, {n: (t["shape"], data[slice(*t["data_offsets"])]) for n, t in header.items()}
def write(path, tensors):
    header, data = {}, b""
    for name, (shape, block) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(block)]}
        data += block
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)
def predicted(path):
    return [float(row["predicted"]) for row in csv.DictReader(open(path))]
files = sys.argv[2:]
exec(sys.argv[1])
PYTHON
}

names_and_shapes() {
    exits 0 trained $graph && python_on_models '
metadata, tensors = read(files[0])
E, N = 32, 8 ** 3
expected = {"patch_embedding.conv.weight": [E, 2, 2, 2, 2], "patch_embedding.conv.bias": [E], "cls_token": [1, 1, E],
            "pos_embedding": [1, N + 1, E], "norm.weight": [E], "norm.bias": [E], "head.weight": [1, E], "head.bias": [1]}
for layer in "01":
    for name, shape in {"ln1.weight": [E], "ln1.bias": [E], "ln2.weight": [E], "ln2.bias": [E],
                        "mha.in_proj_weight": [3 * E, E], "mha.in_proj_bias": [3 * E],
                        "mha.out_proj.weight": [E, E], "mha.out_proj.bias": [E],
                        "ff.0.weight": [4 * E, E], "ff.0.bias": [4 * E], "ff.2.weight": [E, 4 * E], "ff.2.bias": [E]}.items():
        expected["encoder_layers." + layer + "." + name] = shape
found = {name: shape for name, (shape, _) in tensors.items()}
assert found == expected, (set(found) ^ set(expected), found)
sizes = {key: metadata[key] for key in ("channels", "grid_x", "grid_y", "grid_z", "patch", "embedding", "heads", "layers", "r")}
assert list(sizes.values()) == "2 16 16 16 2 32 2 2 2".split(), sizes
assert metadata["species"] == "Cu Zr" and float(metadata["target_min"]) < float(metadata["target_max"])
' "$work/out-trained/model.safetensors"
}
check "a model file: names, shapes, metadata" names_and_shapes

used_again() {
    exits 0 again $graph --set "vit.init=$work/out-trained/model.safetensors" --set vit.epochs=0 &&
        summary again '"vit" in ran' &&
        cmp "$work/out-trained/predictions.csv" "$work/out-again/predictions.csv" && python_on_models '
(metadata, tensors), (metadata_again, tensors_again) = map(read, files)
assert tensors == tensors_again
changed = {key for key in metadata if metadata[key] != metadata_again.get(key)}
assert changed <= {"epochs", "best_epoch"}, changed
' "$work/out-trained/model.safetensors" "$work/out-again/model.safetensors"
}
check "init with epochs 0: the same predictions and the same weights, bit by bit" used_again

used_otherwise() {
    exits 78 blocks $graph --set "vit.init=$work/out-trained/model.safetensors" --set vit.epochs=0 --set vit.comm_length=16 &&
        says blocks "blocks of 4 patches, but the weights were trained with 2" &&
        exits 65 binary $graph --set "vit.init=$work/out-trained/model.safetensors" --set vit.epochs=0 --set voxels.mode=binary &&
        says binary 'made with voxelizer mode "binary", but the weights with "count"' &&
        exits 0 tuned $graph --set "vit.init=$work/out-trained/model.safetensors" --set vit.epochs=1 --set voxels.mode=binary
}
check "init with epochs 0: other blocks, other voxels are refused; training may go on with them" used_otherwise

without_metadata() {
    python_on_models 'write(files[1], read(files[0])[1])' "$work/out-trained/model.safetensors" "$work/bare.safetensors" &&
        exits 0 bare $graph --set "vit.init=$work/bare.safetensors" --set vit.epochs=0 &&
        says bare "init carries no scaling of its target" && python_on_models '
metadata, tensors = read(files[0])
low, high = float(metadata["target_min"]), float(metadata["target_max"])
assert [low + y * (high - low) for y in predicted(files[1])] == predicted(files[2])
' "$work/out-trained/model.safetensors" "$work/out-bare/predictions.csv" "$work/out-trained/predictions.csv"
}
check "weights without metadata: outputs as they are" without_metadata

one_tensor_short() {
    python_on_models '
tensors = read(files[0])[1]
del tensors["encoder_layers.1.ff.2.bias"]
write(files[1], tensors)' "$work/out-trained/model.safetensors" "$work/short.safetensors" &&
        exits 65 short $graph --set "vit.init=$work/short.safetensors" --set vit.epochs=0 &&
        says short "encoder_layers.1.ff.2.bias" "missing"
}
check "a file without one of the tensors is refused by its name" one_tensor_short

finish

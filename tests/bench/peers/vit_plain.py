"""The network of examples/torch/vit.py, under a name that no script here has."""

import importlib.util
import pathlib

_path = pathlib.Path(__file__).resolve().parents[3] / "examples" / "torch" / "vit.py"
_spec = importlib.util.spec_from_file_location("examples_torch_vit", _path)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

BlockTransformer = _module.BlockTransformer
load = _module.load

"""rise from Python: graphs are loaded and run in this process, values are NumPy arrays that look at the engine's memory.

    graph = rise.Graph("graphs/quick.yaml")
    run = graph.run()
    run["energy_r.metrics[r_cut=5]"]["rmse"]
"""
from .library import Error
from .runs import Graph, GraphError, Host, Instance, Run
from .values import Blob, Frame, Frames, Table, Tensor, Value

__all__ = ["Blob", "Error", "Frame", "Frames", "Graph", "GraphError", "Host", "Instance", "Run", "Table", "Tensor", "Value"]

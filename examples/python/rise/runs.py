"""Hosts, graphs and runs. A run borrows its graph and a graph its host: each holds what it borrows, and is freed before
it, in whatever order Python lets go of them."""
import json
import os
import threading
import weakref
from collections import namedtuple

from . import values
from .library import Error, call, ffi, lib, nodes, text

Instance = namedtuple("Instance", "node name type at status reason wall_s cpu_s frames_ran frames_cached frames_total "
                                  "done total message error")


class GraphError(Error):
    """All that is wrong with a graph is in `errors`; the first of them is what is told."""

    def __init__(self, errors):
        super().__init__(errors[0])
        self.errors = [Error(e) for e in errors]


class _Owned:
    def __init__(self, pointer, free, *borrowed):
        self.pointer = pointer
        weakref.finalize(self, lambda free, pointer, borrowed: free(pointer), free, pointer, borrowed)


class Host:
    """Knows node types: those that come with rise, and those of plug-ins."""

    def __init__(self, plugins=()):
        out = ffi.new("rise_host **")
        call(lib.rise_host_new, out)
        self._owned = _Owned(out[0], lib.rise_host_free)
        self._lock = threading.Lock()
        call(lib.rise_host_add, out[0], nodes.rise_builtin_nodes, nodes.rise_builtin_count)
        for path in plugins:
            call(lib.rise_host_add_plugin, out[0], os.fsencode(path))

    def types(self):
        return [text(lib.rise_host_type(self._owned.pointer, i).name)
                for i in range(lib.rise_host_count(self._owned.pointer))]


_default = None
_default_lock = threading.Lock()


def _default_host():
    global _default
    with _default_lock:
        _default = _default or Host()
        return _default


def _assignment(name, value):
    return f"{name}={json.dumps(value, ensure_ascii=False, default=lambda it: it.tolist())}"


class Graph:
    """A checked graph. `set` has parameters that differ from the file: {"vit.epochs": 6, "axes.r_cut": [3, 5]}."""

    def __init__(self, path, set=None, host=None):
        self.path, self.set, self._host = path, dict(set or {}), host or _default_host()
        assignments = [ffi.new("char[]", _assignment(*it).encode()) for it in self.set.items()]
        out, errors, n = ffi.new("rise_graph **"), ffi.new("rise_error[32]"), ffi.new("size_t *")
        with self._host._lock:
            status = lib.rise_graph_load(self._host._owned.pointer, os.fsencode(path),
                                         ffi.new("const char *[]", assignments), len(assignments),
                                         out, errors, len(errors), n)
        if status != lib.RISE_OK:
            raise GraphError(errors[0:min(n[0], len(errors))])
        self._owned = _Owned(out[0], lib.rise_graph_free, self._host._owned)

    def changed(self, set):
        """The same graph with other parameters: its run computes what depends on them."""
        return Graph(self.path, {**self.set, **set}, self._host)

    def start(self, **options):
        """A run, at work on threads of its own from here on; its options are those of Run."""
        return Run(self, **options)

    def run(self, **options):
        """A run that is over."""
        run = self.start(**options)
        run.wait()
        return run


class Run:
    """`ended(run, instance)` is called when a node has ended and its values can be taken, `ticked(run)` about ten times a
    second, `warned(text)` once for each warning; an exception in one of them stops the run, and wait() raises it. Until
    its end a run belongs to the thread that started it; afterwards any may use it."""

    def __init__(self, graph, *, out=None, cache=None, only=None, jobs=0, memory=0, keep_going=False, plan_only=False,
                 ended=None, ticked=None, warned=None):
        self._lock, self._thread, self._raised, self._over = threading.RLock(), threading.get_ident(), None, False
        self._ended, self._ticked, self._warned = ended, ticked, warned
        names = [ffi.NULL if it is None else ffi.new("char[]", os.fsencode(it)) for it in (cache, out, only)]
        options = ffi.new("rise_run_options *", {
            "cache": names[0], "out": names[1], "only": names[2], "jobs": jobs, "memory": memory,
            "keep_going": keep_going, "plan_only": plan_only, "events": self._events()})
        pointer = ffi.new("rise_run **")
        call(lib.rise_run_start, graph._host._owned.pointer, graph._owned.pointer, options, pointer)
        self._owned = _Owned(pointer[0], lib.rise_run_free, graph._owned, self._calls)

    def _events(self):
        """Functions for C to call. They hold this run weakly, lest it could never be freed; while it is freed it is gone."""
        weak = weakref.ref(self)

        def failed(_type, exception, _traceback):
            run = weak()
            if run:
                run._raised = run._raised or exception
                run.cancel()

        def on_ended(_user, instance):
            run = weak()
            if run and run._ended and not run._raised:
                run._ended(run, _instance(instance))

        def on_ticked(_user, _run):  # without anything to do, it is here that Python sees a Ctrl-C
            run = weak()
            if run and run._ticked and not run._raised:
                run._ticked(run)

        def on_warned(_user, told):
            run = weak()
            if run and run._warned and not run._raised:
                run._warned(text(told))

        functions = {"ended": on_ended, "ticked": on_ticked, "warned": on_warned}
        field = dict(ffi.typeof("rise_events").fields)
        self._calls = {name: ffi.callback(field[name].type, function, onerror=failed)
                       for name, function in functions.items()}
        return self._calls

    def wait(self):
        """Until the run is over. A node that failed is an exception, whose `run` has what was finished."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("a run is waited for by the thread that started it")
        error = ffi.new("rise_error *")
        with self._lock:
            try:
                status = lib.rise_run_wait(self._owned.pointer, error)
            finally:
                self._over = True
        if self._raised:
            raised, self._raised = self._raised, None
            raise raised
        if status != lib.RISE_OK:
            failure = Error(error[0])
            failure.run = self
            raise failure

    def cancel(self):
        """Asks it to stop, from any thread; what is finished is kept."""
        lib.rise_run_cancel(self._owned.pointer, lib.RISE_E_INTERRUPTED)

    def __getitem__(self, reference):
        """The value of "node", "node.output" or "node.output[axis=value]"."""
        out = ffi.new("rise_value **")
        with self._mine():
            call(lib.rise_run_value, self._owned.pointer, reference.encode(), out)
        return values.take(out[0])

    def instances(self):
        pointer, room = self._owned.pointer, ffi.new("rise_instance *")
        with self._mine():
            found = []
            for i in range(lib.rise_run_instances(pointer)):
                lib.rise_run_instance(pointer, i, room)
                found.append(_instance(room))
            return found

    def files(self):
        """Paths of the files it wrote."""
        with self._mine():
            room, found = ffi.new("rise_output_file *"), []
            for i in range(lib.rise_run_files(self._owned.pointer)):
                lib.rise_run_file(self._owned.pointer, i, room)
                found.append(os.fsdecode(ffi.string(room.path)))
            return found

    def _mine(self):
        if not self._over and threading.get_ident() != self._thread:
            raise RuntimeError("until its end a run belongs to the thread that started it")
        return self._lock


def _instance(it):
    at = {text(it.axis[i]): text(it.value[i]) for i in range(it.n_axes)}
    error = None if it.error == ffi.NULL else Error(it.error[0])
    return Instance(text(it.node), text(it.name), text(it.type), at, text(lib.rise_instance_status_text(it.status)),
                    text(it.reason), it.wall_s, it.cpu_s, it.frames_ran, it.frames_cached, it.frames_total,
                    it.done, it.total, text(it.message), error)

"""Values as NumPy arrays that look at the engine's memory: nothing is copied, nothing can be written to, and the value
lives as long as any array that looks at it."""
from collections.abc import Mapping, Sequence

import numpy as np

from .library import ffi, lib, text

_numbers = {lib.RISE_F32: "<f4", lib.RISE_F64: "<f8", lib.RISE_I32: "<i4", lib.RISE_I64: "<i8", lib.RISE_U8: "|u1"}
_cell = np.dtype({"names": ["vector", "periodic"], "formats": [("<f8", (3, 3)), ("?", 3)],
                  "offsets": [ffi.offsetof("rise_cell", "vector"), ffi.offsetof("rise_cell", "periodic")],
                  "itemsize": ffi.sizeof("rise_cell")})


class _Memory:
    """What NumPy keeps as the base of an array: where the numbers are, and the value that holds them."""

    def __init__(self, value, pointer, shape, dtype):
        self.value = value
        address = int(ffi.cast("uintptr_t", pointer))
        self.__array_interface__ = {"version": 3, "shape": shape, "typestr": dtype.str, "descr": dtype.descr,
                                    "data": (address, True)}


def _look(value, pointer, shape, dtype):
    dtype = np.dtype(dtype)
    if pointer == ffi.NULL or 0 in shape:
        empty = np.empty(shape, dtype)
        empty.flags.writeable = False
        return empty
    if dtype.names:  # NumPy asks for bytes where fields have gaps between them
        plain = np.asarray(_Memory(value, pointer, (*shape, dtype.itemsize), np.dtype("u1")))
        return plain.view(dtype)[..., 0]
    return np.asarray(_Memory(value, pointer, shape, dtype))


class Value:
    def __init__(self, value):
        self._value = value

    @property
    def digest(self):
        """SHA-256 of its content, in hexadecimal: what it is known by."""
        return bytes(lib.rise_value_digest(self._value).byte).hex()

    @property
    def nbytes(self):
        return lib.rise_value_bytes(self._value)


class Tensor(Value):
    """`array` has all numbers. Where frames differ in their number of atoms it has the rows of all frames, one after the
    other, and tensor[f] those of frame f."""

    def __init__(self, value):
        super().__init__(value)
        t = lib.rise_value_tensor(value)
        dims = [t.dim[i] for i in range(t.rank)]
        self.names = tuple(text(d.name) for d in dims)
        self.unit = text(t.unit)
        self.coords = {text(d.name): _look(value, d.coords, (d.size,), "<f8") for d in dims if d.coords != ffi.NULL}
        shape = tuple(d.size for d in dims)
        self.offsets = None
        if t.offsets != ffi.NULL:
            self.offsets = _look(value, t.offsets, (shape[0] + 1,), "<i8")
            shape = (int(self.offsets[-1]), *shape[2:])
        self.array = _look(value, t.data, shape, _numbers[t.dtype])
        self.cells = _look(value, t.cell, (t.n_cells,), _cell)

    def __array__(self, dtype=None, copy=None):
        return self.array.astype(dtype) if copy else np.asarray(self.array, dtype)

    def __len__(self):
        return len(self.array) if self.offsets is None else len(self.offsets) - 1

    def __getitem__(self, at):
        if self.offsets is None:
            return self.array[at]
        at = range(len(self))[at]
        return self.array[self.offsets[at]:self.offsets[at + 1]]


class Table(Value, Mapping):
    """Columns by name: arrays of numbers, or of texts, which alone are copied, when they are first asked for."""

    def __init__(self, value):
        super().__init__(value)
        table = lib.rise_value_table(value)
        self._column = {text(table.column[i].name): table.column[i] for i in range(table.n_columns)}
        self._array = {}
        self.n_rows = table.n_rows
        self.units = {name: text(c.unit) for name, c in self._column.items()}

    def __getitem__(self, name):
        if name not in self._array:
            self._array[name] = self._make(self._column[name])
        return self._array[name]

    def _make(self, column):
        if column.dtype == lib.RISE_TEXT:
            texts = np.array([text(column.text[row]) for row in range(self.n_rows)], dtype=str)
            texts.flags.writeable = False
            return texts
        pointer = column.f64 if column.dtype == lib.RISE_F64 else column.i64
        return _look(self._value, pointer, (self.n_rows,), _numbers[column.dtype])

    def __iter__(self):
        return iter(self._column)

    def __len__(self):
        return len(self._column)


class Frame:
    """One sample: cell vectors as rows and positions in Å, species as atomic numbers."""

    def __init__(self, value, frame):
        cell = _look(value, ffi.addressof(frame.cell), (), _cell)
        self.id = bytes(frame.id.byte).hex()
        self.cell, self.periodic = cell["vector"], cell["periodic"]
        self.positions = _look(value, frame.positions, (frame.n_atoms, 3), "<f8")
        self.species = _look(value, frame.species, (frame.n_atoms,), "|u1")


class Frames(Value, Sequence):
    def __init__(self, value):
        super().__init__(value)
        self._frames = lib.rise_value_frames(value)

    def __len__(self):
        return self._frames.n_frames

    def __getitem__(self, at):
        if isinstance(at, slice):
            return [self[i] for i in range(len(self))[at]]
        return Frame(self._value, self._frames.frame[range(len(self))[at]])


class Blob(Value):
    """A model or a document: bytes(blob), in `format`."""

    def __init__(self, value):
        super().__init__(value)
        blob = lib.rise_value_blob(value)
        self.format = text(blob.format)
        self.array = _look(value, blob.bytes, (blob.size,), "|u1")

    def __bytes__(self):
        return self.array.tobytes()


_kinds = {lib.RISE_FRAMES: Frames, lib.RISE_TENSOR: Tensor, lib.RISE_TABLE: Table, lib.RISE_MODEL: Blob,
          lib.RISE_DOCUMENT: Blob}


def take(pointer):
    """Of a value that is ours to release, which happens when nothing looks at it any more."""
    value = ffi.gc(pointer, lib.rise_value_release)
    return _kinds[lib.rise_value_kind(value)](value)

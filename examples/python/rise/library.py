"""The C library: where it is, what its headers declare, and how it tells errors. Knows nothing of graphs and values."""
import os
import re
from pathlib import Path

from cffi import FFI

HEADERS = "error.h", "value.h", "node.h", "graph.h", "run.h", "rise.h"


def prefix():
    """Of the tree that rise is installed in: $RISE_PREFIX, the tree this file is part of, or where systems look."""
    if "RISE_PREFIX" in os.environ:
        return Path(os.environ["RISE_PREFIX"])
    around = list(Path(__file__).resolve().parents)[3:6]  # a checkout, or the DIR of DIR/share/rise
    for folder in *(it / "zig-out" for it in around), *around, Path("/usr/local"), Path("/usr"):
        if (folder / "include/rise/rise.h").exists():
            return folder
    raise ImportError("rise is not installed: RISE_PREFIX=DIR is the folder given to `zig build --prefix DIR`")


def declarations(folder):
    """What the public headers declare, without what a preprocessor is for."""
    text = "".join((folder / name).read_text(encoding="utf-8") for name in HEADERS)
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S).replace("\\\n", " ")
    # a list of rows X(name, value, ...), of which an enum is made
    rows = re.findall(r"X\((\w+), (-?\d+),", re.search(r"#define RISE_STATUS_MAP\(X\)(.*)", text)[1])
    text = text.replace("RISE_STATUS_MAP(X)\n", "".join(f"RISE_{name} = {value},\n" for name, value in rows))
    sizes = re.findall(r"^ *#define +(\w+) +(\d+)\s*$", text, flags=re.M)
    text = re.sub(r"^ *#.*$", "", text, flags=re.M)
    text = re.sub(r'extern "C" \{', "", text)
    text = re.sub(r"^\}\s*$", "", text, flags=re.M)
    text = re.sub(r"^extern const size_t", "extern size_t", text, flags=re.M)  # cffi takes a constant for a macro
    text = re.sub(r"RISE_PRINTF\(\d+, \d+\)|RISE_MUST_USE", "", text)
    return "".join(f"#define {name} {value}\n" for name, value in sizes) + text


def shared_library(folder, name):
    found = sorted(folder.glob(f"lib/{name}.so.0")) + sorted(folder.glob(f"lib/*-linux-gnu/{name}.so.0"))
    if not found:
        raise ImportError(f"{folder} has no {name}.so.0")
    return str(found[0])


ffi = FFI()
_folder = prefix()
ffi.cdef(declarations(_folder / "include/rise"))
# Plug-ins find the functions of node.h in what is loaded globally.
lib = ffi.dlopen(shared_library(_folder, "librise"), ffi.RTLD_NOW | ffi.RTLD_GLOBAL)
nodes = ffi.dlopen(shared_library(_folder, "librise_nodes"), ffi.RTLD_NOW)


def text(pointer):
    return ffi.string(pointer).decode("utf-8", "replace")


class Error(Exception):
    """What rise found, where, and how to mend it. `status` is a name such as "E_DATA"."""

    def __init__(self, error):
        room = ffi.new("char[1200]")
        lib.rise_error_format(ffi.addressof(error), room, len(room))
        super().__init__(text(room))
        self.status = ffi.typeof("rise_status").elements.get(int(error.status), "?").removeprefix("RISE_")
        self.file, self.line, self.col = text(error.file), error.line, error.col
        self.message, self.hint = text(error.message), text(error.hint)


def call(function, *arguments):
    """A function that takes `rise_error *err` last. Its failure becomes an exception."""
    error = ffi.new("rise_error *")
    if function(*arguments, error) != lib.RISE_OK:
        raise Error(error[0])

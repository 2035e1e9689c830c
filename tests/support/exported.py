"""Names that an ELF file of this machine exports, with versions: `name` or `name@@version`, one a line."""

import struct
import sys

data = open(sys.argv[1], "rb").read()
offset, size, count = struct.unpack_from("<Q10xHH", data, 40)[0], *struct.unpack_from("<HH", data, 58)
sections = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]


def text(table, at):
    start = sections[table][4] + at
    return data[start : data.index(b"\0", start)].decode()


versions, names = {}, {}
for s in sections:
    if s[1] == 0x6FFFFFFD:  # SHT_GNU_verdef
        at = s[4]
        for _ in range(s[7]):
            _, _, index, _, _, aux, step = struct.unpack_from("<HHHHIII", data, at)
            names[index] = text(s[6], struct.unpack_from("<I", data, at + aux)[0])
            at += step
    if s[1] == 0x6FFFFFFF:  # SHT_GNU_versym
        versions = dict(enumerate(struct.unpack_from("<%dH" % (s[5] // 2), data, s[4])))
for s in sections:
    if s[1] == 11:  # SHT_DYNSYM
        for i in range(s[5] // 24):
            name, info, _, section, _, _ = struct.unpack_from("<IBBHQQ", data, s[4] + i * 24)
            if section not in (0, 0xFFF1) and info >> 4 in (1, 2):
                version = names.get(versions.get(i, 1) & 0x7FFF) if versions.get(i, 1) > 1 else None
                print(text(s[6], name) + ("@@" + version if version else ""))

"""frames.py FOLDER: from glass.extxyz there, the same atoms as a LAMMPS dump, a LAMMPS data file and an XDATCAR, and 10,000
small files in many/."""

import itertools, os, sys

os.chdir(sys.argv[1])
SIDE = 32.43


def frames():
    with open("glass.extxyz") as f:
        while line := f.readline():
            yield f.readline(), [row.split() for row in itertools.islice(f, int(line))]


def kind(row):
    return 1 if row[0] == "Zr" else 2


with open("glass.dump", "w") as dump, open("XDATCAR", "w") as vasp:
    for i, (comment, rows) in enumerate(frames()):
        dump.write(f"ITEM: TIMESTEP\n{i}\nITEM: NUMBER OF ATOMS\n{len(rows)}\nITEM: BOX BOUNDS pp pp pp\n" + f"0 {SIDE}\n" * 3)
        dump.write("ITEM: ATOMS id type x y z\n")
        dump.writelines(f"{a + 1} {kind(r)} {r[1]} {r[2]} {r[3]}\n" for a, r in enumerate(rows))
        rows.sort(key=kind)
        if i == 0:
            n_zr = sum(kind(r) == 1 for r in rows)
            vasp.write(f"glass\n1\n{SIDE} 0 0\n0 {SIDE} 0\n0 0 {SIDE}\nZr Cu\n{n_zr} {len(rows) - n_zr}\n")
        vasp.write(f"Direct configuration={i + 1:6d}\n")
        vasp.writelines("".join(f"{float(x) / SIDE:12.8f}" for x in r[1:4]) + "\n" for r in rows)

ALONG = 100  # frames side by side, as one large cell
with open("glass.data", "w") as data:
    data.write(f"glass\n\n{ALONG * 2000} atoms\n2 atom types\n\n0 {ALONG * SIDE} xlo xhi\n0 {SIDE} ylo yhi\n0 {SIDE} zlo zhi\n\n")
    data.write("Masses\n\n1 91.224\n2 63.546\n\nAtoms # atomic\n\n")
    rows = itertools.chain.from_iterable(((i, r) for r in rows) for i, (_, rows) in enumerate(itertools.islice(frames(), ALONG)))
    data.writelines(f"{a + 1} {kind(r)} {float(r[1]) + i * SIDE:.6f} {r[2]} {r[3]}\n" for a, (i, r) in enumerate(rows))

os.mkdir("many")
every = list(frames())
for i in range(10000):
    comment, rows = every[i % len(every)]
    with open(f"many/{i:05d}.extxyz", "w") as f:
        f.write(f"100\n{comment}" + "".join(" ".join(r) + "\n" for r in rows[i // 8 : i // 8 + 100]))

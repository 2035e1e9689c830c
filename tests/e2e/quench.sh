#!/usr/bin/env bash
# Samples made by LAMMPS: each is kept by itself, whatever ends a run; nothing of a run stays; what goes wrong in one sample
# is told with the last lines of its log; energies are those of the structures; the graphs that make samples run.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/e2e.bash
potentials=/usr/share/lammps/potentials
mkdir "$work/tmp" "$work/bin" "$work/empty"
export TMPDIR=$work/tmp # where LAMMPS works

# 20 samples of silicon. `lmp` notes each start in $work/starts; what is in $work/fault comes before LAMMPS.
cat >"$work/si.yaml" <<YAML
rise: 1
nodes:
  glass:
    type: quench
    composition: Si
    atoms: 64
    potential: $potentials/Si.sw
    pair_style: sw
    density: 2.3
    melt: 3000
    melt_time: 1
    rate: [2000, 8000]
    timestep: 0.001
    samples: 20
    lmp: $work/bin/lmp
  energies: {type: export, input: [glass.frames, glass.energy, glass.quench], path: si.extxyz}
  table: {type: export, input: glass.samples, path: samples.csv}
YAML
cat >"$work/bin/lmp" <<SH
#!/bin/sh
grep -o 'sample [0-9]*' in.quench >>$work/starts
[ ! -e $work/fault ] || . $work/fault
exec lmp "\$@"
SH
chmod +x "$work/bin/lmp"

starts() { # how many there were since the last call
    local n=0
    [ ! -e "$work/starts" ] || n=$(wc -l <"$work/starts")
    rm -f "$work/starts"
    echo "$n"
}
nobody_works() { # no process has its folder in ours, no folder is left
    local i link
    for i in $(seq 40); do
        link=$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$work/tmp/*" 2>/dev/null)
        [ -n "$link" ] || break
        sleep 0.05
    done
    [ -z "$link" ] || fail "at work: $link"
}
nothing_stays() {
    nobody_works && { [ -z "$(ls "$work/tmp")" ] || fail "left: $(ls "$work/tmp")"; }
}

whole() {
    exits 0 whole "$work/si.yaml" --cache "$work/cache-whole" --jobs 2 && nothing_stays || return
    [ "$(starts)" -eq 20 ] || { fail "not 20 starts"; return; }
    summary whole 'of("glass")[0]["cpu_s"] > 0.5' &&
        [ "$(wc -l <"$work/out-whole/samples.csv")" -eq 21 ]
}
one_thread() {
    exits 0 one "$work/si.yaml" --cache "$work/cache-one" --jobs 1 && same one whole && starts >/dev/null
}

# Killed as soon as some more samples were begun.
kill_after() { # STARTS
    local pid i
    "$rise_run" "$work/si.yaml" --cache "$work/cache-killed" --out "$work/out-killed" --jobs 2 --progress none &
    pid=$!
    for i in $(seq 1200); do
        [ ! -e "$work/starts" ] || [ "$(wc -l <"$work/starts")" -lt "$1" ] || break
        sleep 0.05
    done
    kill -9 $pid || { fail "the run was over"; return; }
    wait $pid 2>/dev/null
    nobody_works || return
    [ ! -e "$work/out-killed/si.extxyz" ] || fail "it came to its end"
}
killed_twice() {
    kill_after 7 && kill_after 14 || return
    [ -n "$(ls "$work/tmp")" ] || { fail "a killed run leaves its folders: that is what is swept"; return; }
    exits 0 killed "$work/si.yaml" --cache "$work/cache-killed" --jobs 2 && same killed whole && nothing_stays || return
    local n
    n=$(starts) # each kill loses no more than the two at work
    [ "$n" -ge 20 ] && [ "$n" -le 24 ] || fail "$n starts for 20 samples and two kills"
}
needs_no_lammps() {
    exits 0 absent "$work/si.yaml" --cache "$work/cache-whole" --set glass.lmp=no-such-lmp && summary absent 'ran == set()' &&
        same absent whole && [ "$(starts)" -eq 0 ]
}
more_samples() {
    exits 0 more "$work/si.yaml" --cache "$work/cache-whole" --set glass.samples=23 --set 'glass.leave_out=[5, 21]' || return
    [ "$(starts)" -eq 2 ] || { fail "2 are new, others were made again"; return; }
    diff <(grep -v '^5,' "$work/out-whole/samples.csv") <(head -n 20 "$work/out-more/samples.csv") &&
        tail -n 2 "$work/out-more/samples.csv" | cut -d, -f1 | tr '\n' ' ' | grep -qx '20 22 '
}
interrupted() {
    local pid code=0 i
    "$rise_run" "$work/si.yaml" --cache "$work/cache-int" --out "$work/out-int" --jobs 2 --progress none \
        2>"$work/int.err" &
    pid=$!
    for i in $(seq 1200); do
        [ ! -e "$work/starts" ] || [ "$(wc -l <"$work/starts")" -lt 5 ] || break
        sleep 0.05
    done
    kill -INT $pid
    wait $pid || code=$?
    [ $code -eq 130 ] || { fail "exit status $code"; return; }
    nothing_stays && starts >/dev/null || return
    exits 0 int "$work/si.yaml" --cache "$work/cache-int" && same int whole || return
    [ "$(starts)" -le 17 ] || fail "samples that were done were made again"
}

# ---- what goes wrong
loses_atoms() {
    exits 1 lost "$work/si.yaml" --cache "$work/cache-lost" --set glass.timestep=0.08 --set glass.samples=2 || return
    says lost "sample 0" "ERROR: Lost atoms" "Last command: run" 'timestep' 'leave_out: [0]' && nothing_stays &&
        starts >/dev/null
}
crashes() { # one of them: the others are kept
    echo 'if grep -q "sample 3 " in.quench; then echo "it shook"; echo "rise: melt"; kill -SEGV $$; fi' >"$work/fault"
    exits 1 crash "$work/si.yaml" --cache "$work/cache-crash" || return
    says crash "sample 3" "was ended by signal 11" "it shook | rise: melt" && nothing_stays || return
    rm "$work/fault"
    [ "$(starts)" -eq 20 ] || { fail "the others were not made"; return; }
    exits 0 crash "$work/si.yaml" --cache "$work/cache-crash" && same crash whole && [ "$(starts)" -eq 1 ]
}
is_absent() {
    exits 71 none "$work/si.yaml" --cache "$work/cache-none" --set glass.lmp=no-such-lmp &&
        says none '`no-such-lmp` is not found on PATH' 'apt-get install lammps' && nothing_stays || return
    (PATH=$work/empty exits 71 none2 "$work/si.yaml" --cache "$work/cache-none" --set glass.lmp=lmp) 2>/dev/null
    grep -qF '`lmp` is not found on PATH' "$work/none2.err"
}
says_what_lammps_says() { # and does not try all samples
    exits 1 style "$work/si.yaml" --cache "$work/cache-style" --set glass.pair_style=sw/none &&
        says style "ERROR: Unrecognized pair style 'sw/none'" || return
    [ "$(starts)" -le 4 ] || { fail "all samples were tried"; return; }
    printf 'no potential\n' >"$work/bad.sw"
    exits 1 bad "$work/si.yaml" --cache "$work/cache-style" --set "glass.potential=$work/bad.sw" && says bad "ERROR" &&
        starts >/dev/null
}
is_refused() {
    exits 65 element "$work/si.yaml" --cache "$work/cache-r" --set glass.composition=Zr44Ni56 --set glass.pair_style=eam/fs \
        --set "glass.potential=$potentials/CuZr_mm.eam.fs" &&
        says element "CuZr_mm.eam.fs:4" "Ni is not in this potential: it has  Cu  Zr" || return
    exits 78 twice "$work/si.yaml" --set glass.box=11 && says twice 'either `box` or `density`, not both' || return
    exits 78 other "$work/si.yaml" --set glass.pair_style=tersoff && says other 'a file for sw by its name' || return
    exits 78 unknown "$work/si.yaml" --set glass.composition=Sj && says unknown '`Sj` is no element' || return
    [ "$(starts)" -eq 0 ]
}

# ---- energies: LAMMPS, asked again about the structures that rise wrote, in another format and from another file
energies_are_those_of_the_structures() { # NAME EXTXYZ STYLE POTENTIAL ELEMENT...
    python3 - "$@" <<'PYTHON'
import os, re, subprocess, sys
name, path, style, potential, *elements = sys.argv[1:]
lines = open(path).read().split("\n")
folder = os.path.join(os.environ["TMPDIR"], "again")
os.makedirs(folder, exist_ok=True)
at = n = 0
while at < len(lines) and lines[at]:
    atoms, head = int(lines[at]), lines[at + 1]
    cell = [float(x) for x in re.search('Lattice="([^"]*)"', head)[1].split()]
    told = float(re.search(r"\benergy=(\S+)", head)[1])
    rows = [line.split() for line in lines[at + 2:at + 2 + atoms]]
    with open(folder + "/atoms.data", "w") as out:
        out.write(f"again\n\n{atoms} atoms\n{len(elements)} atom types\n0 {cell[0]!r} xlo xhi\n0 {cell[4]!r} ylo yhi\n"
                  f"0 {cell[8]!r} zlo zhi\n\nMasses\n\n" + "".join(f"{i + 1} 1.0\n" for i in range(len(elements))) +
                  "\nAtoms # atomic\n\n")
        for i, row in enumerate(rows):
            out.write(f"{i + 1} {elements.index(row[0]) + 1} {' '.join(row[1:4])}\n")
    script = (f"units metal\nboundary p p p\nread_data atoms.data\npair_style {style}\n"
              f"pair_coeff * * {potential} {' '.join(elements)}\nthermo_modify format float %.15g\nrun 0\n"
              'print "again $(pe:%.15g)"\n')
    done = subprocess.run(["lmp", "-log", "none", "-in", "/dev/stdin"], input=script, cwd=folder, text=True,
                          capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1",
                                                    "OMPI_MCA_ess_singleton_isolated": "1"})
    again = float(re.search("^again (.*)$", done.stdout, re.M)[1])
    assert abs(again - told) < 1e-10 * abs(told), f"frame {n}: {told!r} and {again!r}"
    at += 2 + atoms
    n += 1
assert n > 1, "no frames"
print(f"{name}: {n} energies agree")
subprocess.run(["rm", "-r", folder])
PYTHON
}
silicon_agrees() {
    energies_are_those_of_the_structures si "$work/out-whole/si.extxyz" sw "$potentials/Si.sw" Si
}

# ---- the graphs that make samples, at small settings
small=(--set glass.melt_time=0.2 --set glass.rate=10000 --cache "$work/cache-graphs")
makes() { # NAME FRAMES FIGURE SETTING...
    local name=$1 frames=$2 figure=$3
    shift 3
    exits 0 "$name" "graphs/$name.yaml" "${small[@]}" "$@" && nothing_stays || return
    [ "$(grep -c Lattice= "$work/out-$name"/*.extxyz)" -eq "$frames" ] || { fail "not $frames frames"; return; }
    [ -s "$work/out-$name/figures/$figure.png" ] && [ "$(wc -l <"$work/out-$name/samples.csv")" -eq $((frames + 1)) ] &&
        exits 0 "$name-again" "graphs/$name.yaml" "${small[@]}" "$@" && summary "$name-again" 'ran == set()'
}
zrcu() {
    makes make_zrcu 4 energy --set glass.atoms=108 --set glass.box=12.26 --set glass.samples=4 &&
        energies_are_those_of_the_structures zrcu "$work/out-make_zrcu/zrcu.extxyz" eam/fs "$potentials/CuZr_mm.eam.fs" Cu Zr
}
ternary() { # the cube gives way to the pressure
    makes make_ternary 2 rdf --set glass.atoms=108 --set glass.samples=2 || return
    energies_are_those_of_the_structures ternary "$work/out-make_ternary/ternary.extxyz" eam/alloy \
        "$potentials/NiAlH_jea.eam.alloy" Ni Al H &&
        [ "$(cut -d, -f7 "$work/out-make_ternary/samples.csv" | sort -u | wc -l)" -eq 3 ]
}
learns() { # NAME "FILE..." SETTING...: samples are made and learned, whatever comes of so few
    local name=$1 files=$2 file
    shift 2
    exits 0 "$name" "graphs/$name.yaml" "${small[@]}" --set soap.n_max=4 --set soap.l_max=3 --set 'axes.r_cut=[3,4]' \
        --set 'axes.comm=[4,6]' --set vit.epochs=1 --set voxels.grid=16 "$@" && nothing_stays || return
    for file in $files; do
        [ -s "$work/out-$name/$file" ] || { fail "no $file"; return; }
    done
}

check "20 samples" whole
check "one thread: the same bytes" one_thread
check "killed twice with -9 and resumed: the same bytes, no sample made twice, nobody left at work" killed_twice
check "nothing to do: LAMMPS need not be there" needs_no_lammps
check "more samples cost the new ones; some can be left out" more_samples
check "Ctrl-C: exit 130, and what was done is kept" interrupted
check "lost atoms fail a sample, with the last lines" loses_atoms
check "a crash fails one sample; the others are kept" crashes
check "LAMMPS is absent: exit 71, and how to get it" is_absent
check "what fails all samples is told at once" says_what_lammps_says
check "what can be seen before is refused before" is_refused
check "energies of silicon are those of the structures" silicon_agrees
check "make_zrcu.yaml, energies again" zrcu
check "make_si.yaml" makes make_si 4 rdf --set glass.atoms=64 --set glass.samples=4
check "make_ternary.yaml, energies again" ternary
check "from_potential_to_rise.yaml" learns from_potential_to_rise "report.html figures/curve_r.png" --set glass.atoms=108 \
    --set glass.box=12.26 --set glass.samples=10 --set 'fig_parity_r.input=energy_r.predictions[r_cut=4]' \
    --set 'fig_parity_v.input=vit.predictions[comm=6]'
check "fig5bc.yaml" learns fig5bc "figures/fig5b.png figures/fig5c.png tables/verdicts.csv" --set glass.samples=10 \
    --set 'axes.size=[{name: small, atoms: 108, box: 12.26}, {name: large, atoms: 144, box: 13.5}]'
check "fig6.yaml" learns fig6 "figures/fig6a.png figures/fig6b.png tables/verdicts.csv" --set glass.samples=10 \
    --set glass.atoms=108
finish

"""SOAP: rise, DScribe and featomic on all atoms of one frame, one thread each, in turn.

    soap.py BENCH_SOAP FRAME.extxyz [--cutoffs 3,5,9] [--repeats 5] [--no-featomic]

n_max 11, l_max 12, sigma 0.5, two species. Medians of processor seconds over the repeats, as microseconds per atom.
DScribe computes in float64 and is compared with rise in float and in double; that both give the same numbers is what
tests/golden/test_soap.c checks.

What is not the same in featomic: its radial functions are orthonormalised on its own terms (11 GTOs for every l, with
widths of its own) and nothing is padded, so it gets the padded radius as its cutoff, without smoothing. Degrees, width
of the density and neighbours are the same; it keeps 11 x 11 numbers for two equal species where we keep 66. It computes
in float64. Its vectors are not ours.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time

SIGMA, N_MAX, L_MAX = 0.5, 11, 12


def rise(program, frame, r_cut, precision):
    out = subprocess.run([program, frame, str(r_cut), precision, "1", "--bare"], check=True, capture_output=True, text=True)
    return float(out.stdout)


def timed(function, n_atoms):
    start = time.process_time()
    function()
    return 1e6 * (time.process_time() - start) / n_atoms


def dscribe_call(system, r_cut):
    from dscribe.descriptors import SOAP

    soap = SOAP(species=["Cu", "Zr"], r_cut=r_cut, n_max=N_MAX, l_max=L_MAX, sigma=SIGMA, rbf="gto", periodic=True)
    return lambda: soap.create(system)


def featomic_call(system, r_cut):
    import featomic

    calculator = featomic.SoapPowerSpectrum(
        cutoff={"radius": r_cut + SIGMA * math.sqrt(-2 * math.log(1e-3)), "smoothing": {"type": "Step"}},
        density={"type": "Gaussian", "width": SIGMA},
        basis={
            "type": "TensorProduct",
            "max_angular": L_MAX,
            "radial": {"type": "Gto", "max_radial": N_MAX - 1},
        },
    )
    return lambda: calculator.compute(system)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("frame")
    parser.add_argument("--cutoffs", default="3,5,9")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-featomic", action="store_true")
    options = parser.parse_args()

    from importlib.metadata import version

    import ase.io

    system = ase.io.read(options.frame)
    n_atoms = len(system)
    print(f"{n_atoms} atoms, n_max {N_MAX}, l_max {L_MAX}, one thread, medians of {options.repeats} in turn; us per atom")
    print(f"DScribe {version('dscribe')}" + ("" if options.no_featomic else f", featomic {version('featomic')}"))
    print(f"{'r_cut':>5} {'rise float':>11} {'rise double':>12} {'DScribe':>9} {'featomic':>9} {'D/float':>8} {'D/double':>9} {'f/double':>9}")
    for r_cut in [float(c) for c in options.cutoffs.split(",")]:
        calls = {
            "float": lambda: rise(options.program, options.frame, r_cut, "float"),
            "double": lambda: rise(options.program, options.frame, r_cut, "double"),
        }
        others = {"dscribe": dscribe_call(system, r_cut)}
        if not options.no_featomic:
            others["featomic"] = featomic_call(system, r_cut)
        for name, call in others.items():
            call()  # not counted
            calls[name] = lambda call=call: timed(call, n_atoms)
        seen = {name: [] for name in calls}
        for _ in range(options.repeats):
            for name, call in calls.items():
                seen[name].append(call())
        us = {name: statistics.median(values) for name, values in seen.items()}
        featomic = us.get("featomic", math.nan)
        print(
            f"{r_cut:5.1f} {us['float']:11.2f} {us['double']:12.2f} {us['dscribe']:9.1f} {featomic:9.1f} "
            f"{us['dscribe'] / us['float']:8.1f} {us['dscribe'] / us['double']:9.1f} {featomic / us['double']:9.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

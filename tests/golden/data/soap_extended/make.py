"""SOAP vectors of a dozen atoms by the formulas themselves, in 60 decimal digits.

    python make.py [FRAME.extxyz]        needs numpy and mpmath (1.3); a few minutes

No table, no recurrence and nothing of rise: every Gaussian is exponentiated, every harmonic is its polynomial with
rational coefficients, the overlap of the radial functions is diagonalised by mpmath. Conventions are those of DScribe
(rbf = gto), as documented in nodes/soap/soap.h. sigma 0.5, n_max 11, l_max 12, species Cu and Zr.

Written beside this file:
  similarities.csv    r_cut, atom, atom, dot of their unit vectors (equal atoms: the norm of the vector), 17 digits
  vector_rR_aN.npy    the whole vector of atom N at r_cut R, float64
"""

import os
import sys

import mpmath
import numpy as np
from mpmath import mpf

mpmath.mp.dps = 60
HERE = os.path.dirname(os.path.abspath(__file__))
CUTOFFS = ["3", "3.5", "4", "4.5", "5", "6", "7", "8", "9"]
ATOMS = [0, 1, 7, 333, 500, 900, 1119, 1120, 1400, 1500, 1777, 1999]
WHOLE = [("3", 7), ("9", 1500)]
N_MAX, L_MAX, SIGMA = 11, 12, mpf("0.5")
SPECIES = ["Cu", "Zr"]


def read(path):
    with open(path) as file:
        n = int(file.readline())
        comment = file.readline()
        cell = np.array(comment.split('Lattice="')[1].split('"')[0].split(), float).reshape(3, 3)
        lines = [file.readline().split() for _ in range(n)]
    return cell, np.array([line[1:4] for line in lines], float), [line[0] for line in lines]


def basis(r_cut):
    """beta[l] = S^(-1/2), alpha[l][k]"""
    betas, alphas = [], []
    for l in range(L_MAX + 1):
        a = [1 + (r_cut - 1) * k / mpf(N_MAX - 1) for k in range(N_MAX)]
        alpha = [(mpmath.log(1000) + l * mpmath.log(x)) / x**2 for x in a]
        power = l + mpf(3) / 2
        overlap = mpmath.matrix(N_MAX, N_MAX)
        for i in range(N_MAX):
            for j in range(N_MAX):
                overlap[i, j] = mpmath.gamma(power) / 2 / (alpha[i] + alpha[j]) ** power
        value, vector = mpmath.eigsy(overlap)
        root = mpmath.diag([1 / mpmath.sqrt(x) for x in value])
        betas.append(vector * root * vector.T)
        alphas.append(alpha)
    return betas, alphas


def radial_weights(r_cut):
    """R_nl(r) = r^l sum_k weight[l][n][k] exp(-exponent[l][k] r^2)"""
    betas, alphas = basis(r_cut)
    eta = 1 / (2 * SIGMA**2)
    weights, exponents = [], []
    for l in range(L_MAX + 1):
        widened = [1 + x / eta for x in alphas[l]]
        factor = [(mpmath.pi / eta) ** mpf("1.5") * w ** (-(l + mpf(3) / 2)) for w in widened]
        weights.append([[betas[l][n, k] * factor[k] for k in range(N_MAX)] for n in range(N_MAX)])
        exponents.append([a / w for a, w in zip(alphas[l], widened)])
    return weights, exponents


def legendre_polynomials():
    """(l, m) -> normalisation of the real harmonic, coefficients of d^m P_l / dz^m by falling powers"""
    table = {}
    for l in range(L_MAX + 1):
        falling = [mpf(0)] * (l + 1)  # P_l = 2^-l sum_k (-1)^k C(l,k) C(2l-2k,l) z^(l-2k)
        for k in range(l // 2 + 1):
            falling[2 * k] = (-1) ** k * mpmath.binomial(l, k) * mpmath.binomial(2 * l - 2 * k, l) / mpf(2) ** l
        for m in range(l + 1):
            norm = (2 * l + 1) / (4 * mpmath.pi) * mpmath.factorial(l - m) / mpmath.factorial(l + m)
            table[l, m] = mpmath.sqrt(norm * (2 if m else 1)), list(falling)
            degree = len(falling) - 1
            falling = [c * (degree - i) for i, c in enumerate(falling[:-1])]
    return table


def harmonics(table, x, y, z):
    """real orthonormal Y_lm of a unit vector: [l] -> m = -l .. l"""
    rows = []
    re, im = [mpf(1)], [mpf(0)]
    for m in range(L_MAX):
        re, im = re + [re[m] * x - im[m] * y], im + [re[m] * y + im[m] * x]
    for l in range(L_MAX + 1):
        row = [None] * (2 * l + 1)
        for m in range(l + 1):
            norm, falling = table[l, m]
            q = norm * mpmath.polyval(falling, z)
            row[l + m] = q * re[m]
            if m:
                row[l - m] = q * im[m]
        rows.append(row)
    return rows


def neighbours(cell, positions, centre, limit):
    """exact vectors to all atoms and images within the limit, the centre among them"""
    images = [range(-n, n + 1) for n in [int(np.ceil(float(limit) / min(np.linalg.norm(cell, axis=1)))) + 1] * 3]
    for a in images[0]:
        for b in images[1]:
            for c in images[2]:
                shift = np.array([a, b, c], float) @ cell
                distance = np.linalg.norm(positions + shift - positions[centre], axis=1)
                for atom in np.nonzero(distance < float(limit) + 1e-6)[0]:
                    d = []
                    for k in range(3):
                        exact = sum(i * mpf(float(cell[j, k])) for j, i in enumerate((a, b, c)))
                        d.append(mpf(float(positions[atom, k])) - mpf(float(positions[centre, k])) + exact)
                    r = mpmath.sqrt(sum(x * x for x in d))
                    if r <= limit:
                        yield atom, d, r


def coefficients(frame, centre, limit, weights, exponents, table):
    cell, positions, symbols = frame
    c = {z: [[[mpf(0)] * (2 * l + 1) for _ in range(N_MAX)] for l in range(L_MAX + 1)] for z in SPECIES}
    for atom, d, r in neighbours(cell, positions, centre, limit):
        y = harmonics(table, *[x / r for x in d]) if r else harmonics(table, mpf(0), mpf(0), mpf(1))
        for l in range(L_MAX + 1):
            if not r and l:
                break  # r^l is zero
            gauss = [mpmath.exp(-e * r * r) for e in exponents[l]]
            for n in range(N_MAX):
                value = r**l * mpmath.fdot(weights[l][n], gauss)
                row = c[symbols[atom]][l][n]
                for m in range(2 * l + 1):
                    row[m] += value * y[l][m]
    return c


def power_spectrum(c):
    p = []
    for i, z in enumerate(SPECIES):
        for z2 in SPECIES[i:]:
            for l in range(L_MAX + 1):
                scale = mpmath.pi * mpmath.sqrt(mpf(8) / (2 * l + 1))
                for n in range(N_MAX):
                    for n2 in range(n if z == z2 else 0, N_MAX):
                        p.append(scale * mpmath.fdot(c[z][l][n], c[z2][l][n2]))
    return p


def main():
    frame = read(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "soap", "zrcu_r5_n11_l12.extxyz"))
    table = legendre_polynomials()
    rows = []
    for cutoff in CUTOFFS:
        weights, exponents = radial_weights(mpf(cutoff))
        limit = mpf(cutoff) + SIGMA * mpmath.sqrt(-2 * mpmath.log(mpf("0.001")))
        vectors = []
        for atom in ATOMS:
            p = power_spectrum(coefficients(frame, atom, limit, weights, exponents, table))
            norm = mpmath.sqrt(mpmath.fdot(p, p))
            vectors.append((atom, norm, [x / norm for x in p]))
            if (cutoff, atom) in WHOLE:
                np.save(os.path.join(HERE, f"vector_r{cutoff}_a{atom}.npy"), np.array([float(x) for x in p]))
        for i, (a, norm, u) in enumerate(vectors):
            rows.append(f"{cutoff},{a},{a},{mpmath.nstr(norm, 17)}")
            for b, _, v in vectors[i + 1 :]:
                rows.append(f"{cutoff},{a},{b},{mpmath.nstr(mpmath.fdot(u, v), 17)}")
        print(cutoff, "done", flush=True)
    with open(os.path.join(HERE, "similarities.csv"), "w") as file:
        file.write("r_cut,atom,other,value\n" + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

"""Ridge regression of the energy on features of the voxels that do not change when a sample is moved: how much of the
energy is in them, and how far apart voxels must be looked at together.

    voxels.py FILE.npz

Penalties are chosen on validation; RMSE and R2 of the test part."""

import sys

import numpy as np


def ridge(name, x, y, part):
    train, validation, test = (part == i for i in range(3))
    mean, spread = x[train].mean(0), x[train].std(0)
    z = (x[:, spread > 0] - mean[spread > 0]) / spread[spread > 0]
    t = y - y[train].mean()
    best = None
    for penalty in 10.0 ** np.arange(-2, 6, 0.5):
        w = np.linalg.solve(z[train].T @ z[train] + penalty * np.eye(z.shape[1]), z[train].T @ t[train])
        error = [np.sqrt(np.mean((z[p] @ w - t[p]) ** 2)) for p in (validation, test)]
        best = min(best or (np.inf, 0), tuple(error))
    r2 = 1 - best[1] ** 2 / y[test].var()
    print(f"{name:44} {z.shape[1]:5} {best[1]:8.2f} {r2:8.3f}")


def occupancies(voxels):
    """How many patches of 2 x 2 x 2 voxels hold so many atoms of each species, up to 3."""
    counts = voxels.reshape(len(voxels), 2, 16, 2, 16, 2, 16, 2).sum((3, 5, 7)).clip(0, 3)
    kind = counts[:, 0] * 4 + counts[:, 1]
    return np.stack([(kind == k).sum((1, 2, 3)) for k in range(16)], 1).astype(float)


def pairs(voxels, reach):
    """Pairs of atoms of each two species by the distance of their voxels, up to `reach` voxels."""
    n = voxels.shape[-1]
    f = np.fft.fftn(voxels, axes=(2, 3, 4))
    g = np.minimum(np.arange(n), n - np.arange(n)) ** 2
    square = g[:, None, None] + g[None, :, None] + g[None, None, :]
    shells = [square == q for q in np.unique(square[(square > 0) & (square <= reach**2)])]
    columns = []
    for a, b in ((0, 0), (0, 1), (1, 1)):
        together = np.fft.ifftn(f[:, a].conj() * f[:, b], axes=(1, 2, 3)).real
        columns += [together[:, shell].sum(1) for shell in shells]
    return np.stack(columns, 1)


data = np.load(sys.argv[1])
voxels, energy, part = data["voxels"].astype(np.int32), data["glass.energy"], data["parts"]
print(f"{'ridge on':44} {'n':>5} {'RMSE/eV':>8} {'R2':>8}")
ridge("atoms in patches of two voxels", occupancies(voxels), energy, part)
for reach in (2, 3, 4, 5, 6, 8):
    ridge(f"pair correlations up to {reach} voxels of 1.01 Å", pairs(voxels, reach), energy, part)

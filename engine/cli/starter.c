/* cli/starter: graphs to begin with. Settings are small: they run in seconds on a few dozen
 * samples; the comments say what to raise. */
#include "starter.h"

static const char environments[] =
    "\n"
    "  # ---- local environments: how far must one look to know the energy?\n"
    "  # All that has r_cut, or reads from what has it, is done once for each value.\n"
    "  soap: {type: soap, input: samples, r_cut: $r_cut, n_max: 6, l_max: 6, sigma: 0.5}\n"
    "  # Unique environments of the training samples; a higher threshold tells more of them "
    "apart.\n"
    "  ule: {type: ule-cluster, input: soap, split: parts, threshold: 0.83, fraction: 0.4}\n"
    "  spectrum: {type: histogram, input: soap, leaders: ule}    # how often each is in a sample\n"
    "  trees:\n"
    "    type: xgboost\n"
    "    input: spectrum\n"
    "    target: samples.energy\n"
    "    split: parts\n"
    "    max_depth: 3\n"
    "    max_rounds: 1000\n"
    "    early_stopping: 50          # rounds without a better validation error\n"
    "  curve_r: {type: collect, input: trees.metrics, over: r_cut}\n"
    "  fig_curve_r:\n"
    "    type: plot\n"
    "    input: curve_r\n"
    "    kind: curve\n"
    "    x: r_cut\n"
    "    y: rmse\n"
    "    where: part!=train\n"
    "    path: figures/curve_r       # .svg and .png\n"
    "    x_label: Cutoff r_{cut} (Å)\n"
    "    y_label: RMSE\n"
    "  fig_parity_r:\n"
    "    type: plot\n"
    "    input: trees.predictions\n"
    "    kind: parity\n"
    "    where: part!=train\n"
    "    path: \"figures/parity_r_{r_cut}\"\n"
    "    x_label: Energy, given\n"
    "    y_label: Energy, predicted\n"
    "  table_r: {type: export, input: curve_r, path: errors_r.csv}\n";

static const char transformer[] =
    "\n"
    "  # ---- a transformer on voxels: over what distance must it relate what it sees?\n"
    "  # grid: voxels along a side of the box; 32 sees more and takes about 8 times as long.\n"
    "  voxels: {type: voxelizer, input: samples, grid: 16}\n"
    "  vit:\n"
    "    type: vit\n"
    "    input: voxels\n"
    "    target: samples.energy\n"
    "    split: parts\n"
    "    comm_length: $comm          # side of the blocks that attention is confined to\n"
    "    embedding: 32\n"
    "    epochs: 10                  # raise it while the validation loss still falls\n"
    "    batch: 8\n"
    "    augment: all                # shifts and symmetries of the box: the energy knows neither\n"
    "    seed: 1\n"
    "  losses: {type: collect, input: vit.curve, over: comm}\n"
    "  curve_v: {type: collect, input: vit.metrics, over: comm}\n"
    "  fig_losses:\n"
    "    type: plot\n"
    "    input: losses\n"
    "    kind: curve\n"
    "    x: epoch\n"
    "    y: validation_loss\n"
    "    by: comm\n"
    "    log_y: true\n"
    "    path: figures/losses\n"
    "    x_label: Epoch\n"
    "    y_label: Validation loss\n"
    "  fig_curve_v:\n"
    "    type: plot\n"
    "    input: curve_v\n"
    "    kind: curve\n"
    "    x: length\n"
    "    y: rmse\n"
    "    where: part!=train\n"
    "    path: figures/curve_v\n"
    "    x_label: Block side l (Å)\n"
    "    y_label: RMSE\n"
    "  table_v: {type: export, input: curve_v, path: errors_v.csv}\n";

static const char verdict[] =
    "\n"
    "  # ---- where both agree, with bootstrap intervals\n"
    "  verdict: {type: rise, reductionist: trees.predictions, emergentist: vit.predictions,\n"
    "            leaders: ule}\n"
    "  report:\n"
    "    type: report\n"
    "    title: How far must one look?\n"
    "    path: report.html\n"
    "    input: [verdict.verdict, verdict.text, fig_curve_r, fig_curve_v, fig_losses, curve_r, "
    "curve_v]\n";

static const char *const titles[] = {"Energies from local environments",
                                     "Energies from voxels by a transformer",
                                     "Energies from environments and from voxels"};

static void write_head(FILE *f, starter_kind kind, const char *path) {
    fprintf(f, "# %s. Edit it: every result is kept, and a run computes what an edit changed.\n#\n",
            titles[kind]);
    fprintf(f, "#   rise-run check %s        the errors of this file\n", path);
    fprintf(f, "#   rise-run %s              run it\n", path);
    fprintf(f, "#   rise-run plan %s         what would run, and why\n", path);
    fputs("#   rise-run nodes soap          what a node takes, and its defaults\n", f);
    fprintf(f, "rise: 1\ntitle: %s\n\naxes:\n", titles[kind]);
    if (kind != STARTER_VIT)
        fputs("  r_cut: [3, 4, 5]              # Å, how far SOAP looks\n", f);
    if (kind != STARTER_SOAP)
        fputs("  comm: [4, 8, 16]              # Å, side of the blocks of attention\n", f);
}

static void write_samples(FILE *f, const char *paths, const char *label) {
    fputs("\nnodes:\n"
          "  # ---- your samples: (extended) XYZ, LAMMPS, POSCAR, XDATCAR; also .gz, .zst and .xz\n"
          "  samples:\n"
          "    type: reader\n",
          f);
    fprintf(f, "    paths: %s%s# your files, as [\"data/*.extxyz\"]; seen from this file\n", paths,
            paths[0] ? "  " : "");
    fprintf(
        f,
        "    labels: {energy: %s}  # what the energy is called in your files; or from a table:\n"
        "                          # {energy: {file: energies.csv, column: energy}}\n",
        label);
    fputs("  parts:                        # training, validation and test samples\n"
          "    {type: split, input: samples, ratio: [3, 1, 1], seed: 1}\n",
          f);
}

void starter_write(FILE *f, starter_kind kind, const char *path, const char *paths,
                   const char *label) {
    write_head(f, kind, path);
    write_samples(f, paths, label);
    if (kind != STARTER_VIT)
        fputs(environments, f);
    if (kind != STARTER_SOAP)
        fputs(transformer, f);
    if (kind == STARTER_DUAL)
        fputs(verdict, f);
}

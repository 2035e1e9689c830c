/* rise: the verdict. The glue: reads both curves, has them judged, writes one row and a few honest
 * sentences. */
#include <rise/node.h>

#include "curves.h"
#include "kit/bytes.h"
#include "kit/draw/number.h"
#include "verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const rise_port inputs[] = {
    {.name = "reductionist",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_OVER,
     .help = "predictions over r_cut: the RMSE has a minimum at r1. First numeric axis with "
             "several values: lengths; all others: seeds"},
    {.name = "emergentist",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_OVER,
     .help = "predictions over the communication length l: the RMSE saturates at r2 = 0.6204 l"},
    {.name = "leaders",
     .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_OVER | RISE_PORT_OPTIONAL,
     .help = "unique local environments over r_cut, or their origins: where are there most?"},
    {.name = "s2",
     .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_OVER | RISE_PORT_OPTIONAL,
     .help = "S2 of each environment over r_cut: where is its range widest?"},
    {0}};

static const rise_port outputs[] = {
    {.name = "verdict",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_WHOLE,
     .help = "one row: r1 and r2 with 95 % intervals, agreement, reason, n_test and more"},
    {.name = "text",
     .kinds = RISE_KINDS(RISE_DOCUMENT),
     .mode = RISE_WHOLE,
     .help = "the same in sentences"},
    {0}};

static const rise_param params[] = {
    {.name = "resamples",
     .type = RISE_P_INT,
     .def = "2000",
     .min = 200,
     .max = 1000000,
     .help = "paired bootstrap resamples"},
    {.name = "criterion",
     .type = RISE_P_CHOICE,
     .def = "se",
     .choices = "se|percent",
     .help = "r2: the smallest l within one standard error, or within `percent`, of the best"},
    {.name = "percent",
     .type = RISE_P_REAL,
     .def = "5",
     .min = 0,
     .max = 1000,
     .unit = "%",
     .help = "of the best RMSE, with criterion percent"},
    {.name = "seed", .type = RISE_P_INT, .def = "0", .help = "of the resamples"},
    {0}};

/* A peak over r_cut of the number of leaders or of the range of S2. */
typedef struct peak {
    bool known;
    double length, value;
} peak;

typedef struct job {
    rise_ctx *ctx;
    curves_grid grid[2];
    verdict_curve curve[2];
    size_t n_samples;
    verdict_settings settings;
    verdict v;
    peak leaders, s2;
} job;

static rise_status read_peak(rise_ctx *ctx, const char *port,
                             rise_status (*read)(rise_ctx *, const curves_grid *, double *,
                                                 rise_error *),
                             peak *p, rise_error *err) {
    curves_grid grid;
    if (!rise_connected(ctx, port)) {
        return RISE_OK;
    }
    rise_status status = curves_grid_read(ctx, port, &grid, err);
    double *series = status == RISE_OK ? rise_scratch(ctx, grid.n_lengths * sizeof *series) : NULL;
    if (status == RISE_OK && !series) {
        status = rise_fail_nomem(err, port);
    }
    if (status == RISE_OK) {
        status = read(ctx, &grid, series, err);
    }
    for (size_t l = 0; status == RISE_OK && l < grid.n_lengths; l++) {
        if (!p->known || series[l] > p->value) {
            *p = (peak){true, grid.length[l], series[l]};
        }
    }
    return status;
}

static bool poll_resample(void *user, size_t done, size_t total) {
    job *j = user;
    if (done % 100 == 0) {
        rise_progress(j->ctx, (double)done, (double)total, "bootstrap");
    }
    return !rise_cancelled(j->ctx);
}

/* ---- one row --------------------------------------------------------------------------------- */

typedef struct cell {
    const char *name, *unit;
    rise_dtype dtype;
    double number; /* f64 and i64 */
    const char *text;
} cell;

enum { MAX_CELLS = 20 };

static size_t list_cells(const job *j, cell *cells) {
    const verdict_radius *r1 = &j->v.r1, *r2 = &j->v.r2;
    const double *r_cut = j->curve[0].length, *l = j->curve[1].length;
    const cell fixed[] = {
        {"r1", "Å", RISE_F64, r_cut[r1->at], NULL},
        {"r1_low", "Å", RISE_F64, r_cut[r1->low_at], NULL},
        {"r1_high", "Å", RISE_F64, r_cut[r1->high_at], NULL},
        {"r2", "Å", RISE_F64, verdict_sphere(l[r2->at]), NULL},
        {"r2_low", "Å", RISE_F64, verdict_sphere(l[r2->low_at]), NULL},
        {"r2_high", "Å", RISE_F64, verdict_sphere(l[r2->high_at]), NULL},
        {"agreement", "", RISE_TEXT, 0, verdict_name(j->v.word)},
        {"reason", "", RISE_TEXT, 0, j->v.reason},
        {"n_test", "", RISE_I64, (double)j->n_samples, NULL},
        {"rmse1", "eV", RISE_F64, r1->rmse[r1->at], NULL},
        {"se1", "eV", RISE_F64, r1->se, NULL},
        {"l", "Å", RISE_F64, l[r2->at], NULL},
        {"l_best", "Å", RISE_F64, l[r2->best_at], NULL},
        {"rmse2", "eV", RISE_F64, r2->rmse[r2->at], NULL},
        {"rmse2_best", "eV", RISE_F64, r2->rmse[r2->best_at], NULL},
        {"se2", "eV", RISE_F64, r2->se, NULL},
    };
    size_t n = sizeof fixed / sizeof *fixed;
    memcpy(cells, fixed, sizeof fixed);
    if (j->leaders.known) {
        cells[n++] = (cell){"leaders_peak", "Å", RISE_F64, j->leaders.length, NULL};
    }
    if (j->s2.known) {
        cells[n++] = (cell){"s2_peak", "Å", RISE_F64, j->s2.length, NULL};
    }
    return n;
}

static rise_status put_row(const job *j, rise_error *err) {
    cell cells[MAX_CELLS];
    rise_column column[MAX_CELLS] = {{.name = ""}};
    size_t n = list_cells(j, cells);
    for (size_t c = 0; c < n; c++) {
        snprintf(column[c].name, sizeof column[c].name, "%s", cells[c].name);
        snprintf(column[c].unit, sizeof column[c].unit, "%s", cells[c].unit);
        column[c].dtype = cells[c].dtype;
    }
    rise_value *table = NULL;
    rise_status status = rise_table_new(column, n, 1, &table, err);
    for (size_t c = 0; status == RISE_OK && c < n; c++) {
        if (cells[c].dtype == RISE_F64) {
            rise_table_f64(table, c)[0] = cells[c].number;
        } else if (cells[c].dtype == RISE_I64) {
            rise_table_i64(table, c)[0] = (int64_t)cells[c].number;
        } else {
            status = rise_table_set_text(table, c, 0, cells[c].text, err);
        }
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(j->ctx, "verdict", table, err);
}

/* ---- sentences ------------------------------------------------------------------------------- */

static void add_number(byte_buffer *b, double x) {
    char text[DRAW_NUMBER_MAX];
    draw_number_general(text, x, 4);
    bytes_add_text(b, text);
}

/* Text with a number for each '#'. */
static void add_line(byte_buffer *b, const char *pattern, const double *number) {
    for (const char *p = pattern; *p; p++) {
        if (*p == '#') {
            add_number(b, *number++);
        } else {
            bytes_add(b, p, 1);
        }
    }
}

static void add_curves(byte_buffer *b, const job *j) {
    const verdict_radius *r1 = &j->v.r1, *r2 = &j->v.r2;
    const double *r_cut = j->curve[0].length, *l = j->curve[1].length;
    add_line(b,
             "Reductionist: the test RMSE is lowest, # eV, at r1 = # Å (95 % interval # to # Å; "
             "# cutoffs from # to # Å, # seed(s)).\n",
             (const double[]){r1->rmse[r1->at], r_cut[r1->at], r_cut[r1->low_at],
                              r_cut[r1->high_at], (double)j->curve[0].n_lengths, r_cut[0],
                              r_cut[j->curve[0].n_lengths - 1], (double)j->curve[0].n_seeds});
    add_line(b,
             "Emergentist: the test RMSE is lowest, # eV, at l = # Å (standard error # eV); the "
             "smallest l within ",
             (const double[]){r2->rmse[r2->best_at], l[r2->best_at], r2->se});
    if (j->settings.by_percent) {
        add_line(b, "# % of it", &j->settings.percent);
    } else {
        bytes_add_text(b, "one standard error of it");
    }
    add_line(b,
             " is # Å with # eV (95 % interval # to # Å; # lengths, # seed(s)). A sphere of that "
             "volume has r2 = # Å (# to # Å).\n",
             (const double[]){l[r2->at], r2->rmse[r2->at], l[r2->low_at], l[r2->high_at],
                              (double)j->curve[1].n_lengths, (double)j->curve[1].n_seeds,
                              verdict_sphere(l[r2->at]), verdict_sphere(l[r2->low_at]),
                              verdict_sphere(l[r2->high_at])});
}

static void add_verdict(byte_buffer *b, const job *j) {
    static const char *const opening[] = {
        "Verdict: the two radii agree: ", "Verdict: the two radii disagree: ",
        "Verdict: undecided; these data do not settle the radius: "};
    bytes_add_text(b, opening[j->v.word]);
    bytes_add_text(b, j->v.reason);
    add_line(b, ".\nBasis: # test samples, # paired bootstrap resamples.\n",
             (const double[]){(double)j->n_samples, (double)j->settings.resamples});
    if (j->leaders.known) {
        add_line(b, "There are most unique local environments, # on average over seeds, at # Å.\n",
                 (const double[]){j->leaders.value, j->leaders.length});
    }
    if (j->s2.known) {
        add_line(b, "The range of S2 over environments is widest, #, at # Å.\n",
                 (const double[]){j->s2.value, j->s2.length});
    }
}

static rise_status put_text(const job *j, rise_error *err) {
    byte_buffer b = {0};
    rise_value *text = NULL;
    add_curves(&b, j);
    add_verdict(&b, j);
    rise_status status = b.failed
                             ? rise_fail_nomem(err, "text of the verdict")
                             : rise_blob_new(RISE_DOCUMENT, "text", b.data, b.size, &text, err);
    bytes_free(&b);
    return status == RISE_OK ? rise_output(j->ctx, "text", text, err) : status;
}

/* ---- work ------------------------------------------------------------------------------------ */

static rise_status judge(job *j, rise_error *err) {
    rise_status status = curves_grid_read(j->ctx, "reductionist", &j->grid[0], err);
    if (status == RISE_OK) {
        status = curves_grid_read(j->ctx, "emergentist", &j->grid[1], err);
    }
    if (status == RISE_OK) {
        status = curves_read(j->ctx, &j->grid[0], &j->grid[1], j->curve, &j->n_samples, err);
    }
    if (status == RISE_OK) {
        status = read_peak(j->ctx, "leaders", curves_leaders, &j->leaders, err);
    }
    if (status == RISE_OK) {
        status = read_peak(j->ctx, "s2", curves_s2, &j->s2, err);
    }
    return status == RISE_OK ? verdict_find(&j->curve[0], &j->curve[1], j->n_samples, &j->settings,
                                            poll_resample, j, &j->v, err)
                             : status;
}

static rise_status rise_whole(rise_ctx *ctx, rise_error *err) {
    job j = {.ctx = ctx,
             .settings = {.resamples = (size_t)rise_param_int(ctx, "resamples"),
                          .seed = (uint64_t)rise_param_int(ctx, "seed"),
                          .by_percent = strcmp(rise_param_text(ctx, "criterion"), "percent") == 0,
                          .percent = rise_param_real(ctx, "percent")}};
    rise_status status = judge(&j, err);
    if (status == RISE_OK) {
        status = put_row(&j, err);
    }
    if (status == RISE_OK) {
        status = put_text(&j, err);
    }
    verdict_free(&j.v);
    return status;
}

const rise_node_type rise_node_rise = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "rise",
    .brief = "the verdict: do both models find the same informative radius?",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .whole = rise_whole,
};

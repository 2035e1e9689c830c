/* Shapes what models of samples predict into tables. Knows parts and units, no models. */
#include "kit/samples.h"

#include "kit/statistics.h"

#include <math.h>
#include <string.h>

rise_status samples_put_predictions(rise_ctx *ctx, const samples *s,
                                    samples_part (*part)[SAMPLES_PARTS], rise_error *err) {
    rise_column column[] = {{.name = "frame", .dtype = RISE_I64},
                            {.name = "part", .dtype = RISE_TEXT},
                            {.name = "target", .dtype = RISE_F64},
                            {.name = "predicted", .dtype = RISE_F64}};
    strcpy(column[2].unit, s->unit);
    strcpy(column[3].unit, s->unit);
    rise_value *table = NULL;
    rise_status status = rise_table_new(column, 4, s->n_frames, &table, err);
    if (status != RISE_OK) {
        return status;
    }
    for (size_t i = 0; i < s->n_models * SAMPLES_PARTS; i++) {
        const samples_part *from = &part[i / SAMPLES_PARTS][i % SAMPLES_PARTS];
        if (s->folds && i % SAMPLES_PARTS != SAMPLES_TEST) {
            continue;
        }
        for (size_t k = 0; status == RISE_OK && k < from->n; k++) {
            size_t f = from->frame[k];
            rise_table_i64(table, 0)[f] = (int64_t)f;
            rise_table_f64(table, 2)[f] = from->target[k];
            rise_table_f64(table, 3)[f] = from->predicted[k];
            status = rise_table_set_text(table, 1, f, samples_part_name(i % SAMPLES_PARTS), err);
        }
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(ctx, "predictions", table, err);
}

/* One part of all models, one after the other. */
static rise_status pool_part(rise_ctx *ctx, const samples *s, samples_part (*part)[SAMPLES_PARTS],
                             size_t p, samples_part *out, rise_error *err) {
    *out = part[0][p];
    if (s->n_models == 1) {
        return RISE_OK;
    }
    size_t n = 0;
    for (size_t m = 0; m < s->n_models; m++) {
        n += part[m][p].n;
    }
    *out = (samples_part){.target = rise_scratch(ctx, (n + 1) * sizeof *out->target),
                          .predicted = rise_scratch(ctx, (n + 1) * sizeof *out->predicted)};
    if (!out->target || !out->predicted) {
        return rise_fail_nomem(err, "metrics");
    }
    for (size_t m = 0; m < s->n_models; m++) {
        const samples_part *from = &part[m][p];
        memcpy(out->target + out->n, from->target, from->n * sizeof *out->target);
        memcpy(out->predicted + out->n, from->predicted, from->n * sizeof *out->predicted);
        out->n += from->n;
    }
    return RISE_OK;
}

static rise_status fill_metrics(rise_value *table, const samples_part pooled[SAMPLES_PARTS],
                                const double r2[SAMPLES_PARTS], bool whole, double value,
                                rise_error *err) {
    rise_status status = RISE_OK;
    for (size_t p = 0, row = 0; status == RISE_OK && p < SAMPLES_PARTS; p++) {
        const samples_part *s = &pooled[p];
        if (!isfinite(r2[p])) {
            continue;
        }
        rise_table_i64(table, 1)[row] = (int64_t)s->n;
        rise_table_f64(table, 2)[row] = statistics_rmse(s->target, s->predicted, s->n);
        rise_table_f64(table, 3)[row] = statistics_mae(s->target, s->predicted, s->n);
        rise_table_f64(table, 4)[row] = r2[p];
        if (whole) {
            rise_table_i64(table, 5)[row] = (int64_t)value;
        } else {
            rise_table_f64(table, 5)[row] = value;
        }
        status = rise_table_set_text(table, 0, row++, samples_part_name(p), err);
    }
    return status;
}

rise_status samples_put_metrics(rise_ctx *ctx, const samples *s,
                                samples_part (*part)[SAMPLES_PARTS], const rise_column *more,
                                double value, rise_error *err) {
    rise_column column[] = {
        {.name = "part", .dtype = RISE_TEXT}, {.name = "n", .dtype = RISE_I64},
        {.name = "rmse", .dtype = RISE_F64},  {.name = "mae", .dtype = RISE_F64},
        {.name = "r2", .dtype = RISE_F64},    *more};
    samples_part pooled[SAMPLES_PARTS];
    double r2[SAMPLES_PARTS];
    size_t n_rows = 0;
    rise_status status = RISE_OK;
    strcpy(column[2].unit, s->unit);
    strcpy(column[3].unit, s->unit);
    for (size_t p = 0; status == RISE_OK && p < SAMPLES_PARTS; p++) {
        status = pool_part(ctx, s, part, p, &pooled[p], err);
        if (status != RISE_OK) {
            return status;
        }
        r2[p] = statistics_r2(pooled[p].target, pooled[p].predicted, pooled[p].n);
        n_rows += isfinite(r2[p]) ? 1 : 0;
        if (!isfinite(r2[p])) {
            rise_warn(ctx, "metrics: %s left out, its %zu targets do not differ: R2 has no value",
                      samples_part_name(p), pooled[p].n);
        }
    }
    rise_value *table = NULL;
    status = rise_table_new(column, 6, n_rows, &table, err);
    if (status == RISE_OK) {
        status = fill_metrics(table, pooled, r2, more->dtype == RISE_I64, value, err);
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(ctx, "metrics", table, err);
}

double samples_median(double *x, size_t n) {
    statistics_sort(x, n);
    return x[(n - 1) / 2];
}

void samples_mean(const double *x, size_t n_models, size_t n, double *mean) {
    for (size_t i = 0; i < n; i++) {
        statistics_sum sum = {0};
        for (size_t m = 0; m < n_models; m++) {
            statistics_add(&sum, x[m * n + i]);
        }
        mean[i] = statistics_total(&sum) / (double)n_models;
    }
}

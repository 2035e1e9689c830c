/* vit/results.c: what the best weights say, as tables, tensors and a model file. */
#include "run.h"

#include "kit/scan.h"
#include "kit/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Outputs of all frames, in the unit of the target. */
static rise_status predict(vit_run *run, rise_error *err) {
    size_t *frame = rise_scratch(run->ctx, run->n_frames * sizeof *frame);
    float *y = rise_scratch(run->ctx, run->n_frames * sizeof *y);
    if (frame == NULL || y == NULL)
        return rise_fail_nomem(err, "predictions");
    for (size_t f = 0; f < run->n_frames; f++)
        frame[f] = f;
    rise_status status = vit_predict(&run->net, &run->host, &run->samples, run->state.best, frame,
                                     run->n_frames, y, err);
    for (size_t f = 0; f < run->n_frames && status == RISE_OK; f++) {
        run->predicted[f] = run->low + (double)y[f] * (run->high - run->low);
        if (!isfinite(run->predicted[f]))
            status = rise_fail(err, RISE_E_FAILED, "the prediction for frame %s is not finite",
                               rise_frame_name(run->ctx, f));
    }
    return status;
}

static rise_column column(const char *name, rise_dtype dtype, const char *unit) {
    rise_column c = {.dtype = dtype};
    snprintf(c.name, sizeof c.name, "%s", name);
    snprintf(c.unit, sizeof c.unit, "%s", unit);
    return c;
}

static rise_status put_tensor(vit_run *run, rise_error *err) {
    const rise_dim dim = {.name = "frame", .size = run->n_frames};
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status =
        rise_tensor_new(RISE_F64, 1, &dim, run->init_info.target_unit, &value, &data, err);
    if (status != RISE_OK)
        return status;
    memcpy(data, run->predicted, run->n_frames * sizeof *run->predicted);
    return rise_output(run->ctx, "predictions", value, err);
}

static rise_status put_predictions(vit_run *run, rise_error *err) {
    if (!run->has_target)
        return put_tensor(run, err);
    const rise_column columns[] = {column("frame", RISE_I64, ""), column("part", RISE_TEXT, ""),
                                   column("target", RISE_F64, run->unit),
                                   column("predicted", RISE_F64, run->unit),
                                   column("length", RISE_F64, "Å")};
    rise_value *table = NULL;
    rise_status status =
        rise_table_new(columns, run->has_cells ? 5 : 4, run->n_frames, &table, err);
    for (size_t f = 0; f < run->n_frames && status == RISE_OK; f++) {
        rise_table_i64(table, 0)[f] = (int64_t)f;
        status = rise_table_set_text(table, 1, f, run_part_name(run->part[f]), err);
        rise_table_f64(table, 2)[f] = run->target[f];
        rise_table_f64(table, 3)[f] = run->predicted[f];
        if (run->has_cells)
            rise_table_f64(table, 4)[f] = run->length;
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(run->ctx, "predictions", table, err);
}

/* ---- metrics --------------------------------------------------------------------------------- */

typedef struct part_metrics {
    size_t part, n;
    double rmse, mae, r2;
} part_metrics;

static rise_status measure(vit_run *run, part_metrics row[RUN_PARTS], size_t *n_rows,
                           rise_error *err) {
    double *t = rise_scratch(run->ctx, run->n_frames * sizeof *t);
    double *p = rise_scratch(run->ctx, run->n_frames * sizeof *p);
    if (t == NULL || p == NULL)
        return rise_fail_nomem(err, "metrics");
    *n_rows = 0;
    for (size_t part = 0; part < RUN_PARTS && run->has_target; part++) {
        size_t n = run->n_part[part];
        for (size_t i = 0; i < n; i++) {
            t[i] = run->target[run->frame[part][i]];
            p[i] = run->predicted[run->frame[part][i]];
        }
        double r2 = statistics_r2(t, p, n);
        if (n > 0 && !isfinite(r2))
            rise_warn(run->ctx,
                      "metrics: %s left out, its %zu targets do not differ: R2 has no value",
                      run_part_name(part), n);
        if (n > 0 && isfinite(r2))
            row[(*n_rows)++] =
                (part_metrics){part, n, statistics_rmse(t, p, n), statistics_mae(t, p, n), r2};
    }
    return RISE_OK;
}

static rise_status put_metrics(vit_run *run, rise_error *err) {
    part_metrics row[RUN_PARTS];
    size_t n_rows = 0, n_columns = 7;
    rise_status status = measure(run, row, &n_rows, err);
    if (status != RISE_OK)
        return status;
    rise_column columns[8] = {column("part", RISE_TEXT, ""),
                              column("n", RISE_I64, ""),
                              column("rmse", RISE_F64, run->unit),
                              column("mae", RISE_F64, run->unit),
                              column("r2", RISE_F64, ""),
                              column("length", RISE_F64, run->has_cells ? "Å" : "voxels"),
                              column("r", RISE_I64, "patches")};
    bool electronvolts = strcmp(run->unit, "eV") == 0;
    if (run->atoms > 0)
        columns[n_columns++] = column("rmse_per_atom", RISE_F64, electronvolts ? "meV" : run->unit);
    rise_value *table = NULL;
    status = rise_table_new(columns, n_columns, n_rows, &table, err);
    for (size_t i = 0; i < n_rows && status == RISE_OK; i++) {
        status = rise_table_set_text(table, 0, i, run_part_name(row[i].part), err);
        rise_table_i64(table, 1)[i] = (int64_t)row[i].n;
        rise_table_f64(table, 2)[i] = row[i].rmse;
        rise_table_f64(table, 3)[i] = row[i].mae;
        rise_table_f64(table, 4)[i] = row[i].r2;
        rise_table_f64(table, 5)[i] = run->length;
        rise_table_i64(table, 6)[i] = (int64_t)run->net.shape.block;
        if (run->atoms > 0)
            rise_table_f64(table, 7)[i] = row[i].rmse / run->atoms * (electronvolts ? 1e3 : 1);
    }
    if (status != RISE_OK) {
        rise_value_release(table);
        return status;
    }
    return rise_output(run->ctx, "metrics", table, err);
}

static rise_status put_curve(vit_run *run, rise_error *err) {
    const rise_column columns[] = {column("epoch", RISE_I64, ""), column("lr", RISE_F64, ""),
                                   column("train_loss", RISE_F64, ""),
                                   column("validation_loss", RISE_F64, "")};
    rise_value *table = NULL;
    rise_status status = rise_table_new(columns, 4, run->state.epoch, &table, err);
    if (status != RISE_OK)
        return status;
    for (size_t e = 0; e < run->state.epoch; e++) {
        rise_table_i64(table, 0)[e] = (int64_t)e + 1;
        for (size_t k = 0; k < VIT_CURVE; k++)
            rise_table_f64(table, k + 1)[e] = run->state.curve[e * VIT_CURVE + k];
    }
    return rise_output(run->ctx, "curve", table, err);
}

/* ---- the model file -------------------------------------------------------------------------- */

enum { PAIRS = 32, TEXT = SCAN_NUMBER_MAX };

typedef struct notes {
    safetensors_pair pair[PAIRS];
    char text[PAIRS][TEXT];
    size_t n;
} notes;

static void note(notes *list, const char *key, const char *text) {
    list->pair[list->n++] = (safetensors_pair){key, text};
}

static void note_number(notes *list, const char *key, double value) {
    scan_write_f64(list->text[list->n], value);
    note(list, key, list->text[list->n]);
}

static void note_size(notes *list, const char *key, size_t value) {
    snprintf(list->text[list->n], TEXT, "%zu", value);
    note(list, key, list->text[list->n]);
}

/* "Zr Cu", or "" where the channels have no names. */
static void species_text(const rise_tensor *x, char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (size_t c = 0; c < x->dim[1].size && x->dim[1].coords != NULL && used < size; c++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", c > 0 ? " " : "",
                                 rise_element_symbol((int)x->dim[1].coords[c]));
}

static void note_all(vit_run *run, notes *list) {
    const vit_shape *s = &run->net.shape;
    note(list, "format", "pt");
    note_size(list, "channels", s->channels);
    note_size(list, "grid_x", s->grid[0]);
    note_size(list, "grid_y", s->grid[1]);
    note_size(list, "grid_z", s->grid[2]);
    note_size(list, "patch", s->patch);
    note_size(list, "embedding", s->embedding);
    note_size(list, "heads", s->heads);
    note_size(list, "layers", s->layers);
    note_size(list, "r", s->block);
    note_number(list, "comm_length", run->length);
    note(list, "comm_length_unit", run->has_cells ? "Å" : "voxels");
    if (run->scaled) {
        note_number(list, "target_min", run->low);
        note_number(list, "target_max", run->high);
        note_number(list, "target_std", run->std);
    }
    note(list, "target_unit", run->has_target ? run->unit : run->init_info.target_unit);
    if (rise_made(run->ctx, "input")[0] != 0)
        note(list, VIT_KEY_MADE, rise_made(run->ctx, "input"));
    note_size(list, "epochs", run->state.epoch);
    note_size(list, "best_epoch", run->state.best_epoch);
}

static rise_status put_model(vit_run *run, rise_error *err) {
    static const char *const keys[RUN_PARTS] = {VIT_KEY_TRAIN, VIT_KEY_VALIDATION, VIT_KEY_TEST};
    char species[512], *ids[RUN_PARTS] = {NULL};
    notes list = {.n = 0};
    note_all(run, &list);
    species_text(rise_value_tensor(rise_input(run->ctx, "input")), species, sizeof species);
    note(&list, "species", species);
    rise_status status = RISE_OK;
    for (size_t p = 0; p < RUN_PARTS; p++) {
        /* predicting only: the parts are those that the weights were trained with */
        const char *text = run->init != NULL && run->settings.epochs == 0
                               ? safetensors_metadata(run->init, keys[p])
                               : NULL;
        if (text == NULL && run->has_target) {
            text = ids[p] =
                vit_frames_text(rise_frame_ids(run->ctx), run->part, (uint8_t)p, run->n_frames);
            if (text == NULL)
                status = rise_fail_nomem(err, "the frames of a model");
        }
        if (text != NULL)
            note(&list, keys[p], text);
    }
    void *bytes = NULL;
    size_t size;
    rise_value *value = NULL;
    if (status == RISE_OK)
        status = vit_params_save(&run->net, run->state.best, list.pair, list.n, &bytes, &size, err);
    if (status == RISE_OK)
        status = rise_blob_new(RISE_MODEL, "safetensors", bytes, size, &value, err);
    free(bytes);
    for (size_t p = 0; p < RUN_PARTS; p++)
        free(ids[p]);
    return status == RISE_OK ? rise_output(run->ctx, "model", value, err) : status;
}

rise_status run_results(vit_run *run, rise_error *err) {
    rise_status status = predict(run, err);
    if (status == RISE_OK)
        status = put_predictions(run, err);
    if (status == RISE_OK)
        status = put_metrics(run, err);
    if (status == RISE_OK)
        status = put_model(run, err);
    return status == RISE_OK ? put_curve(run, err) : status;
}

/* overview: what a frame is, in one row: to see what was read, and to find what does not belong. */
#include <rise/node.h>

#include "closest.h"
#include "kit/elements.h"
#include "kit/geometry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const rise_port inputs[] = {{.name = "input",
                                    .kinds = RISE_KINDS(RISE_FRAMES),
                                    .mode = RISE_EACH,
                                    .help = "atoms, periodic or not"},
                                   {.name = "labels",
                                    .kinds = RISE_KINDS(RISE_TABLE),
                                    .mode = RISE_EACH,
                                    .flags = RISE_PORT_OPTIONAL,
                                    .help = "a row for each frame, whose columns are added"},
                                   {0}};

static const rise_port outputs[] = {
    {.name = "frames",
     .kinds = RISE_KINDS(RISE_TABLE),
     .mode = RISE_EACH,
     .help = "a row for each frame: composition, atoms, periodic (directions), a, b, c (Å), alpha, "
             "beta, gamma (degrees), volume (Å3), density (g/cm3), closest (Å, up to 20; 0: none) "
             "and closest_pair; 0 where there is no cell"},
    {0}};

static const rise_param params[] = {{0}};

enum { TEXTS = 3, NUMBERS = 9 };
static const char *const texts[TEXTS] = {"composition", "periodic", "closest_pair"};
static const struct {
    const char *name, *unit;
} numbers[NUMBERS] = {{"a", "Å"},          {"b", "Å"},           {"c", "Å"},
                      {"alpha", "degree"}, {"beta", "degree"},   {"gamma", "degree"},
                      {"volume", "Å3"},    {"density", "g/cm3"}, {"closest", "Å"}};

typedef struct row {
    char text[TEXTS][256];
    double number[NUMBERS];
} row;

/* "Cu1120 Zr880", by symbol; what does not fit is "...". */
static void take_composition(const rise_frame *f, char out[256], double *mass) {
    size_t count[119] = {0}, used = 0;
    const char *symbol[119];
    int kind[119], n = 0;
    for (size_t i = 0; i < f->n_atoms; i++)
        count[f->species[i] <= 118 ? f->species[i] : 0]++;
    for (int z = 1; z <= 118; z++) {
        if (!count[z])
            continue;
        int at = n++;
        for (symbol[z] = rise_element_symbol(z); at > 0; at--) {
            if (strcmp(symbol[kind[at - 1]], symbol[z]) < 0)
                break;
            kind[at] = kind[at - 1];
        }
        kind[at] = z;
        *mass += (double)count[z] * elements_weight(z);
    }
    out[0] = '\0';
    for (int k = 0; k < n && used + 32 < 256; k++)
        used += (size_t)snprintf(out + used, 256 - used, "%s%s%zu", k ? " " : "", symbol[kind[k]],
                                 count[kind[k]]);
    if (used + 32 >= 256)
        snprintf(out + used, 256 - used, " ...");
}

static double angle(const double p[3], const double q[3]) {
    double dot = p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
    double size =
        sqrt((p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) * (q[0] * q[0] + q[1] * q[1] + q[2] * q[2]));
    return size > 0 ? acos(fmax(-1, fmin(1, dot / size))) * 180 / M_PI : 0;
}

static void take_cell(const rise_frame *f, double mass, row *out) {
    static const double GRAM_PER_CM3 = 1.66053906892; /* of one u/Å3, CODATA 2022 */
    const double(*v)[3] = f->cell.vector;
    size_t n = 0;
    for (int i = 0; i < 3; i++) {
        out->number[i] = sqrt(v[i][0] * v[i][0] + v[i][1] * v[i][1] + v[i][2] * v[i][2]);
        out->number[3 + i] = angle(v[(i + 1) % 3], v[(i + 2) % 3]);
        if (f->cell.periodic[i])
            out->text[1][n++] = (char)('a' + i);
    }
    out->text[1][n] = '\0';
    out->number[6] = geometry_volume(&f->cell);
    out->number[7] = out->number[6] > 0 ? GRAM_PER_CM3 * mass / out->number[6] : 0;
}

static rise_status take_closest(const rise_frame *f, row *out, rise_error *err) {
    closest near;
    rise_status s = closest_find(f, &near, err);
    if (s != RISE_OK || !near.found)
        return s;
    const char *p = rise_element_symbol(f->species[near.atom]);
    const char *q = rise_element_symbol(f->species[near.other]);
    bool turned = strcmp(p, q) > 0;
    snprintf(out->text[2], sizeof out->text[2], "%s-%s", turned ? q : p, turned ? p : q);
    out->number[8] = near.distance;
    return s;
}

static void name_columns(rise_column *column, const rise_table *labels) {
    for (size_t c = 0; c < TEXTS; c++, column++)
        *column = (rise_column){.dtype = RISE_TEXT}, strcpy(column->name, texts[c]);
    *column = (rise_column){.dtype = RISE_I64};
    strcpy(column++->name, "atoms");
    for (size_t c = 0; c < NUMBERS; c++, column++) {
        *column = (rise_column){.dtype = RISE_F64};
        strcpy(column->name, numbers[c].name);
        strcpy(column->unit, numbers[c].unit);
    }
    for (size_t c = 0; labels && c < labels->n_columns; c++, column++) {
        *column = (rise_column){.dtype = labels->column[c].dtype};
        strcpy(column->name, labels->column[c].name);
        strcpy(column->unit, labels->column[c].unit);
    }
}

static rise_status fill(rise_value *table, const row *r, size_t n_atoms, const rise_table *labels,
                        rise_error *err) {
    rise_status s = RISE_OK;
    size_t at = 0;
    for (size_t c = 0; s == RISE_OK && c < TEXTS; c++, at++)
        s = rise_table_set_text(table, at, 0, r->text[c], err);
    if (s == RISE_OK)
        rise_table_i64(table, at++)[0] = (int64_t)n_atoms;
    for (size_t c = 0; s == RISE_OK && c < NUMBERS; c++, at++)
        rise_table_f64(table, at)[0] = r->number[c];
    for (size_t c = 0; s == RISE_OK && labels && c < labels->n_columns; c++, at++) {
        const rise_column *from = &labels->column[c];
        if (from->dtype == RISE_TEXT)
            s = rise_table_set_text(table, at, 0, from->text[0], err);
        else if (from->dtype == RISE_F64)
            rise_table_f64(table, at)[0] = from->f64[0];
        else
            rise_table_i64(table, at)[0] = from->i64[0];
    }
    return s;
}

static rise_status put(rise_ctx *ctx, const row *r, size_t n_atoms, rise_error *err) {
    const rise_value *input = rise_input(ctx, "labels");
    const rise_table *labels = input ? rise_value_table(input) : NULL;
    size_t n = TEXTS + 1 + NUMBERS + (labels ? labels->n_columns : 0);
    rise_column *column = rise_scratch(ctx, n * sizeof *column);
    rise_value *table = NULL;
    if (!column)
        return rise_fail_nomem(err, "a row");
    if (labels && labels->n_rows != 1)
        return rise_fail(err, RISE_E_DATA, "labels: %zu rows for a frame", labels->n_rows);
    name_columns(column, labels);
    rise_status s = rise_table_new(column, n, 1, &table, err);
    if (s == RISE_OK)
        s = fill(table, r, n_atoms, labels, err);
    if (s != RISE_OK) {
        rise_value_release(table);
        return s;
    }
    return rise_output(ctx, "frames", table, err);
}

static rise_status map_overview(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    const rise_frame *f = &rise_value_frames(rise_input(ctx, "input"))->frame[0];
    row r = {0};
    double mass = 0;
    take_composition(f, r.text[0], &mass);
    take_cell(f, mass, &r);
    rise_status s = take_closest(f, &r, err);
    return s == RISE_OK ? put(ctx, &r, f->n_atoms, err) : s;
}

const rise_node_type rise_node_overview = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "overview",
    .brief = "what each frame is, in a row: composition, cell, density, shortest distance",
    .version = 1,
    .in = inputs,
    .out = outputs,
    .params = params,
    .map = map_overview,
};

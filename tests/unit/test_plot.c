/* The plot node: what it draws from tables and tensors, what it leaves out, what it refuses. */
#include "plot/plot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct built {
    plot_pool pool;
    draw_figure figure;
    size_t left_out;
    rise_error err;
} built;

static rise_status build(const plot_options *o, const rise_value *value, built *b) {
    plot_source source = {value, "curve_r.table"};
    memset(b, 0, sizeof *b);
    return plot_build(o, &source, 1, &b->pool, &b->figure, &b->left_out, &b->err);
}

static void expect(const plot_options *o, const rise_value *value, built *b) {
    if (build(o, value, b))
        fail_msg("%s (%s)", b->err.message, b->err.hint);
    uint8_t *bytes;
    size_t size;
    if (draw_render(&b->figure, DRAW_SVG, &bytes, &size, &b->err))
        fail_msg("%s", b->err.message);
    free(bytes);
}

static void refuse(const plot_options *o, const rise_value *value, const char *message,
                   const char *hint) {
    built b;
    assert_int_equal(build(o, value, &b), RISE_E_DATA);
    if (!strstr(b.err.message, message) || !strstr(b.err.hint, hint))
        fail_msg("'%s' (%s) lacks '%s' (%s)", b.err.message, b.err.hint, message, hint);
    plot_pool_free(&b.pool);
}

static const char *const parts[3] = {"train", "validation", "test"};

/* r_cut 5, 3, 4 (not in order), two seeds, three parts */
static rise_value *metrics(void) {
    const rise_column column[] = {{.name = "r_cut", .unit = "Å", .dtype = RISE_F64},
                                  {.name = "seed", .dtype = RISE_I64},
                                  {.name = "part", .dtype = RISE_TEXT},
                                  {.name = "rmse", .unit = "eV", .dtype = RISE_F64}};
    const double r_cut[3] = {5, 3, 4};
    rise_value *t;
    size_t row = 0;
    assert_int_equal(rise_table_new(column, 4, 18, &t, NULL), RISE_OK);
    for (int seed = 0; seed < 2; seed++)
        for (int i = 0; i < 3; i++)
            for (int p = 2; p >= 0; p--, row++) {
                rise_table_f64(t, 0)[row] = r_cut[i];
                rise_table_i64(t, 1)[row] = seed;
                assert_int_equal(rise_table_set_text(t, 2, row, parts[p], NULL), RISE_OK);
                rise_table_f64(t, 3)[row] = r_cut[i] * 10 + p + 2 * seed;
            }
    return t;
}

static void curve_by_part(void **state) {
    (void)state;
    rise_value *t = metrics();
    plot_options o = {.kind = PLOT_CURVE};
    built b;
    expect(&o, t, &b);
    assert_int_equal(b.figure.n_series, 3);
    for (size_t k = 0; k < 3; k++) { /* train, validation, test, whatever comes first */
        const draw_series *s = &b.figure.series[k];
        assert_string_equal(s->label, parts[k]);
        assert_int_equal(s->n, 3);
        for (size_t i = 0; i < 3; i++) { /* x ascends; the two seeds became their mean */
            assert_true(s->x[i] == 3 + (double)i);
            assert_true(fabs(s->y[i] - (s->x[i] * 10 + (double)k + 1)) < 1e-12);
            assert_true(fabs(s->high[i] - s->y[i] - sqrt(2)) < 1e-12);
        }
    }
    assert_string_equal(b.figure.x.label, "r_{cut} (Å)");
    assert_string_equal(b.figure.y.label, "RMSE (eV)");
    assert_non_null(strstr(b.figure.note, "standard deviation"));
    plot_pool_free(&b.pool);
    rise_value_release(t);
}

/* Points of one node go by their values, where one axis tells them apart; else by the whole name.
 */
static void names_of_points(void **state) {
    (void)state;
    static const char *const name[][4] = {
        {"curve[vector=long]", "curve[vector=short]", "long", "short"},
        {"curve[vector=long]", "other[vector=long]", "curve[vector=long]", "other[vector=long]"},
        {"curve[a=1, b=2]", "curve[a=1, b=3]", "curve[a=1, b=2]", "curve[a=1, b=3]"}};
    const char *where[] = {"part=test"};
    plot_options o = {.kind = PLOT_CURVE, .n_where = 1, .where = where};
    rise_value *t = metrics();
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        const plot_source source[] = {{t, name[i][0]}, {t, name[i][1]}};
        built b = {.left_out = 0};
        if (plot_build(&o, source, 2, &b.pool, &b.figure, &b.left_out, &b.err))
            fail_msg("%s", b.err.message);
        assert_int_equal(b.figure.n_series, 2);
        assert_string_equal(b.figure.series[0].label, name[i][2]);
        assert_string_equal(b.figure.series[1].label, name[i][3]);
        plot_pool_free(&b.pool);
    }
    rise_value_release(t);
}

/* r_cut 3, 4, 5 with n = 100, 200, 150 */
static rise_value *counts(void) {
    const rise_column column[] = {{.name = "r_cut", .unit = "Å", .dtype = RISE_F64},
                                  {.name = "n", .dtype = RISE_I64}};
    const int64_t n[3] = {100, 200, 150};
    rise_value *t;
    assert_int_equal(rise_table_new(column, 2, 3, &t, NULL), RISE_OK);
    for (int i = 0; i < 3; i++) {
        rise_table_f64(t, 0)[i] = 3 + i;
        rise_table_i64(t, 1)[i] = n[i];
    }
    return t;
}

/* The count from one table on the left, the error from another on the right; `where` and `by` are
 * for the table that has the columns. */
static void two_axes_from_two_tables(void **state) {
    (void)state;
    rise_value *t = metrics(), *c = counts();
    const plot_source source[] = {{c, "counts"}, {t, "curve_r"}};
    const char *y[] = {"n"}, *where[] = {"part=test"};
    plot_options o = {.kind = PLOT_CURVE,
                      .x = "r_cut",
                      .n_y = 1,
                      .y = y,
                      .y2 = "rmse",
                      .by = "part",
                      .n_where = 1,
                      .where = where};
    built b = {.left_out = 0};
    if (plot_build(&o, source, 2, &b.pool, &b.figure, &b.left_out, &b.err))
        fail_msg("%s", b.err.message);
    assert_int_equal(b.figure.n_series, 2);
    const draw_series *left = &b.figure.series[0], *right = &b.figure.series[1];
    assert_true(!left->right && right->right);
    assert_string_equal(left->label, "n");
    assert_string_equal(right->label, "RMSE");
    assert_string_equal(b.figure.y.label, "n");
    assert_string_equal(b.figure.y2.label, "RMSE (eV)");
    assert_true(left->y[1] == 200 && !left->low);
    assert_true(fabs(right->y[1] - 43) < 1e-12 && fabs(right->high[1] - 43 - sqrt(2)) < 1e-12);
    plot_pool_free(&b.pool);
    memset(&b, 0, sizeof b);
    y[0] = "counts.n"; /* of one input by name; the seed is drawn from the other alone */
    o.y2 = "curve_r.seed";
    if (plot_build(&o, source, 2, &b.pool, &b.figure, &b.left_out, &b.err))
        fail_msg("%s", b.err.message);
    assert_int_equal(b.figure.n_series, 2);
    assert_true(b.figure.series[0].y[1] == 200 && b.figure.series[1].y[0] == 0.5);
    plot_pool_free(&b.pool);
    memset(&b, 0, sizeof b);
    o.y2 = "count.n";
    assert_int_equal(plot_build(&o, source, 2, &b.pool, &b.figure, &b.left_out, &b.err),
                     RISE_E_DATA);
    plot_pool_free(&b.pool);
    memset(&b, 0, sizeof b);
    o.y2 = "rsme";
    assert_int_equal(plot_build(&o, source, 2, &b.pool, &b.figure, &b.left_out, &b.err),
                     RISE_E_DATA);
    assert_non_null(strstr(b.err.message, "no column 'rsme'"));
    plot_pool_free(&b.pool);
    rise_value_release(t);
    rise_value_release(c);
}

static void error_bars_of_three_kinds(void **state) {
    (void)state;
    static const char *const notes[] = {"standard deviation", "standard error",
                                        "least and greatest"};
    const char *where[] = {"part=test"};
    const double half[] = {sqrt(2), 1, 1}; /* of the two seeds, 2 apart */
    rise_value *t = metrics();
    for (int k = 0; k < 3; k++) {
        plot_options o = {.kind = PLOT_CURVE, .n_where = 1, .where = where, .error = (plot_error)k};
        built b;
        expect(&o, t, &b);
        const draw_series *s = b.figure.series;
        assert_true(fabs(s->high[0] - s->y[0] - half[k]) < 1e-12);
        assert_true(fabs(s->y[0] - s->low[0] - half[k]) < 1e-12);
        assert_non_null(strstr(b.figure.note, notes[k]));
        plot_pool_free(&b.pool);
    }
    rise_value_release(t);
}

static void distribution_of_differences(void **state) {
    (void)state;
    rise_value *t = metrics();
    const char *y[] = {"rmse"};
    plot_options o = {.kind = PLOT_DISTRIBUTION, .by = "r_cut", .n_y = 1, .y = y, .minus = "r_cut"};
    built b;
    expect(&o, t, &b);
    const draw_series *s = b.figure.series;
    assert_int_equal(s->n, 3);
    for (size_t i = 0; i < 3; i++) { /* 9 r_cut + 0..4 */
        double r_cut = 3 + (double)i;
        assert_true(fabs(s->low[i] - 9 * r_cut) < 1e-12);
        assert_true(fabs(s->high[i] - 9 * r_cut - 4) < 1e-12);
    }
    assert_string_equal(b.figure.y.label, "rmse − r_cut (eV)");
    plot_pool_free(&b.pool);
    o.minus = "part";
    refuse(&o, t, "holds texts", "");
    rise_value_release(t);
}

static void conditions(void **state) {
    (void)state;
    rise_value *t = metrics();
    const char *where[] = {"part=test", "seed = 1", "r_cut>=4"};
    plot_options o = {.kind = PLOT_CURVE, .n_where = 3, .where = where};
    built b;
    expect(&o, t, &b);
    assert_int_equal(b.figure.n_series, 1);
    assert_null(b.figure.series[0].label);
    assert_int_equal(b.figure.series[0].n, 2);
    assert_true(b.figure.series[0].y[0] == 44 && b.figure.series[0].y[1] == 54);
    assert_null(b.figure.series[0].low);
    plot_pool_free(&b.pool);
    where[0] = "part=tset";
    refuse(&o, t, "none of the 18 rows", "part=tset");
    where[0] = "prat=test";
    refuse(&o, t, "it has r_cut, seed, part, rmse", "'part'");
    where[0] = "r_cut=far";
    refuse(&o, t, "holds numbers", "");
    where[0] = "part";
    refuse(&o, t, "no condition", "column=value");
    rise_value_release(t);
}

static void refusals(void **state) {
    (void)state;
    rise_value *t = metrics(), *empty;
    const char *y[] = {"rsme", "rmse"}, *parts4[] = {"a", "b", "c", "d"};
    refuse(&(plot_options){.kind = PLOT_CURVE, .n_y = 1, .y = y}, t, "no column 'rsme'", "'rmse'");
    refuse(&(plot_options){.kind = PLOT_CURVE, .x = "part"}, t, "holds texts", "");
    refuse(&(plot_options){.kind = PLOT_CURVE, .n_y = 2, .y = y, .y_error = "seed"}, t, "y_error",
           "");
    refuse(&(plot_options){.kind = PLOT_PARITY}, t, "no column 'target'", "");
    refuse(&(plot_options){.kind = PLOT_HEAT}, t, "is a table", "value");
    refuse(&(plot_options){.kind = PLOT_BARS}, t, "comes twice", "where");
    refuse(&(plot_options){.kind = PLOT_CURVE, .n_labels = 4, .labels = parts4}, t,
           "4 labels for 3 series", "");
    const rise_column column[] = {{.name = "x", .dtype = RISE_F64},
                                  {.name = "y", .dtype = RISE_F64}};
    assert_int_equal(rise_table_new(column, 2, 0, &empty, NULL), RISE_OK);
    for (int kind = PLOT_CURVE; kind <= PLOT_BARS; kind++)
        if (kind != PLOT_PARITY && kind != PLOT_HEAT)
            refuse(&(plot_options){.kind = (plot_kind)kind}, empty, "no rows", "");
    rise_value_release(empty);
    rise_value_release(t);
}

static void not_finite(void **state) {
    (void)state;
    rise_value *t = metrics();
    rise_table_f64(t, 3)[4] = NAN;
    rise_table_f64(t, 3)[7] = INFINITY;
    built b;
    expect(&(plot_options){.kind = PLOT_CURVE}, t, &b);
    assert_int_equal(b.left_out, 2);
    assert_non_null(strstr(b.figure.note, "2 values not finite"));
    plot_pool_free(&b.pool);
    for (size_t r = 0; r < 18; r++)
        rise_table_f64(t, 3)[r] = NAN;
    refuse(&(plot_options){.kind = PLOT_CURVE}, t, "no finite value", "");
    rise_value_release(t);
}

static void parity(void **state) {
    (void)state;
    const rise_column column[] = {{.name = "frame", .dtype = RISE_I64},
                                  {.name = "part", .dtype = RISE_TEXT},
                                  {.name = "target", .unit = "eV", .dtype = RISE_F64},
                                  {.name = "predicted", .unit = "eV", .dtype = RISE_F64}};
    const double error[4] = {1, -1, 1, -1}, target[4] = {-9302, -9300, -9300, -9298};
    rise_value *t;
    built b;
    assert_int_equal(rise_table_new(column, 4, 4, &t, NULL), RISE_OK);
    for (size_t r = 0; r < 4; r++) {
        assert_int_equal(rise_table_set_text(t, 1, r, "test", NULL), RISE_OK);
        rise_table_f64(t, 2)[r] = target[r];
        rise_table_f64(t, 3)[r] = target[r] + error[r];
    }
    expect(&(plot_options){.kind = PLOT_PARITY}, t, &b);
    assert_true(b.figure.equal);
    assert_string_equal(b.figure.series[0].label, "test (n = 4)");
    assert_string_equal(b.figure.series[0].detail, "RMSE 1.00 eV, R^{2} 0.500"); /* 1 - 4/8 */
    plot_pool_free(&b.pool);
    rise_value_release(t);
}

static void heat(void **state) {
    (void)state;
    const double l[2] = {4.05, 8.11};
    const rise_dim dim[2] = {{"i", 2, l}, {"j", 2, l}};
    rise_value *v, *t = metrics();
    float *cell;
    built b;
    assert_int_equal(rise_tensor_new(RISE_F32, 2, dim, "", &v, (void **)&cell, NULL), RISE_OK);
    cell[1] = 0.25f;
    cell[2] = NAN;
    expect(&(plot_options){.kind = PLOT_HEAT, .value_label = "D"}, v, &b);
    assert_string_equal(b.figure.x.names[1], "8.11");
    assert_true(b.figure.heat->cell[1] == 0.25 && isnan(b.figure.heat->cell[2]));
    assert_non_null(strstr(b.figure.note, "hatched: no value (1)"));
    plot_pool_free(&b.pool);
    refuse(&(plot_options){.kind = PLOT_BARS}, v, "2 dimensions", "");
    refuse(&(plot_options){.kind = PLOT_CURVE, .y2 = "rmse"}, v, "y2 names a column", "'rmse'");
    const char *where[] = {"part=test"}, *y[] = {"seed"};
    plot_options o = {.kind = PLOT_HEAT, .x = "r_cut", .n_y = 1, .y = y, .value = "rmse"};
    expect(&o, t, &b); /* three parts in each cell */
    assert_true(fabs(b.figure.heat->cell[0] - 31) < 1e-12);
    assert_non_null(strstr(b.figure.note, "mean of repeated cells"));
    assert_null(b.figure.heat->framed);
    plot_pool_free(&b.pool);
    o.mark = PLOT_MARK_LEAST;
    o.n_where = 1;
    o.where = where;
    expect(&o, t, &b);
    assert_int_equal(b.figure.heat->n_columns, 3); /* r_cut ascends although the rows do not */
    assert_true(b.figure.heat->cell[0] == 32 && b.figure.heat->cell[3 + 2] == 54);
    assert_int_equal(*b.figure.heat->framed, 0);
    assert_string_equal(b.figure.note, "framed: least, 32 at 3, 0");
    plot_pool_free(&b.pool);
    o.mark = PLOT_MARK_GREATEST;
    expect(&o, t, &b);
    assert_int_equal(*b.figure.heat->framed, 5);
    assert_string_equal(b.figure.note, "framed: greatest, 54 at 5, 1");
    plot_pool_free(&b.pool);
    rise_value_release(v);
    rise_value_release(t);
}

static void histogram_counts_all(void **state) {
    (void)state;
    const rise_dim dim[2] = {{"part", 2, NULL}, {"k", 500, NULL}};
    rise_value *v;
    double *x;
    built b;
    uint64_t s = 7;
    assert_int_equal(rise_tensor_new(RISE_F64, 2, dim, "eV", &v, (void **)&x, NULL), RISE_OK);
    for (size_t i = 0; i < 1000; i++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        x[i] = -9300 + (double)(s >> 44) / 1e5;
    }
    for (int by = 0; by < 2; by++) {
        expect(&(plot_options){.kind = PLOT_HISTOGRAM, .by = by ? "part" : NULL}, v, &b);
        assert_int_equal(b.figure.n_series, by ? 2 : 1);
        for (size_t k = 0; k < b.figure.n_series; k++) {
            const draw_series *h = &b.figure.series[k];
            double sum = 0;
            for (size_t i = 0; i < h->n; i++)
                sum += h->y[i];
            assert_true(sum == (by ? 500 : 1000));
            assert_true(h->n >= 5 && h->n <= 80);
        }
        plot_pool_free(&b.pool);
    }
    expect(&(plot_options){.kind = PLOT_DISTRIBUTION, .by = "part"}, v, &b);
    assert_int_equal(b.figure.series[0].n, 2);
    const draw_series *d = &b.figure.series[0];
    assert_true(d->low[0] < d->q1[0] && d->q1[0] < d->y[0] && d->y[0] < d->q3[0] &&
                d->q3[0] < d->high[0]);
    plot_pool_free(&b.pool);
    refuse(&(plot_options){.kind = PLOT_HISTOGRAM, .by = "frame"}, v, "'frame'", "");
    rise_value_release(v);
}

/* The highest five of forty, by size, whatever their sign. */
static void top_bars(void **state) {
    (void)state;
    const rise_dim dim = {"feature", 40, NULL};
    rise_value *v;
    float *x;
    built b;
    assert_int_equal(rise_tensor_new(RISE_F32, 1, &dim, "eV", &v, (void **)&x, NULL), RISE_OK);
    for (size_t i = 0; i < 40; i++)
        x[i] = (i % 2 ? -1.0f : 1.0f) * (float)(i * 7 % 40);
    expect(&(plot_options){.kind = PLOT_BARS, .top = 5}, v, &b);
    assert_int_equal(b.figure.x.n_names, 5);
    for (size_t k = 0; k < 5; k++) {
        assert_true(fabs(b.figure.series[0].y[k]) == 39 - (double)k);
        assert_true(x[atoi(b.figure.x.names[k])] == (float)b.figure.series[0].y[k]);
    }
    plot_pool_free(&b.pool);
    rise_value_release(v);
}

static void nearest(void **state) {
    (void)state;
    const char *const names[] = {"r_cut", "rmse", "part"};
    assert_string_equal(plot_nearest("RMSE", names, 3), "rmse");
    assert_string_equal(plot_nearest("rcut", names, 3), "r_cut");
    assert_null(plot_nearest("temperature", names, 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curve_by_part),
        cmocka_unit_test(names_of_points),
        cmocka_unit_test(two_axes_from_two_tables),
        cmocka_unit_test(error_bars_of_three_kinds),
        cmocka_unit_test(distribution_of_differences),
        cmocka_unit_test(conditions),
        cmocka_unit_test(refusals),
        cmocka_unit_test(not_finite),
        cmocka_unit_test(parity),
        cmocka_unit_test(heat),
        cmocka_unit_test(histogram_counts_all),
        cmocka_unit_test(top_bars),
        cmocka_unit_test(nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/unit/test_plot_panels.c: parity as counts, heat maps with errors, lines of reference. */
#include "plot/plot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct scene {
    plot_options options;
    plot_source source[3];
    size_t n;
    plot_pool pool;
    draw_figure figure;
    rise_error err;
} scene;

static rise_status build(scene *s) {
    size_t left_out;
    return plot_build(&s->options, s->source, s->n, &s->pool, &s->figure, &left_out, &s->err);
}

/* It can be drawn, and twice the same. */
static void draws(scene *s) {
    uint8_t *bytes[2];
    size_t size[2];
    for (int k = 0; k < 2; k++)
        if (draw_render(&s->figure, DRAW_SVG, &bytes[k], &size[k], &s->err) != RISE_OK)
            fail_msg("%s", s->err.message);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void refuses(scene *s, const char *message) {
    assert_int_equal(build(s), RISE_E_DATA);
    assert_string_equal(s->err.message, message);
}

static void end(scene *s) {
    for (size_t i = 0; i < s->n; i++)
        rise_value_release((rise_value *)(uintptr_t)s->source[i].value);
    plot_pool_free(&s->pool);
}

/* Two columns of numbers and a part. */
static rise_value *table(const char *a, const char *b, size_t n, const double *x, const double *y) {
    rise_column column[3] = {{.dtype = RISE_F64, .unit = "eV"},
                             {.dtype = RISE_F64, .unit = "eV"},
                             {.name = "part", .dtype = RISE_TEXT}};
    snprintf(column[0].name, sizeof column[0].name, "%s", a);
    snprintf(column[1].name, sizeof column[1].name, "%s", b);
    rise_value *value = NULL;
    assert_int_equal(rise_table_new(column, 3, n, &value, NULL), RISE_OK);
    for (size_t i = 0; i < n; i++) {
        rise_table_f64(value, 0)[i] = x[i];
        rise_table_f64(value, 1)[i] = y[i];
        assert_int_equal(rise_table_set_text(value, 2, i, i % 2 ? "test" : "train", NULL), RISE_OK);
    }
    return value;
}

static void test_density(void **state) {
    (void)state;
    enum { N = 40 };
    double x[N], y[N], sum = 0, diagonal = 0;
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)(i / 2);
        y[i] = x[i];
    }
    y[0] = 19; /* one far off */
    scene s = {.n = 1, .options = {.kind = PLOT_PARITY, .bins = 5}};
    s.source[0] = (plot_source){table("target", "predicted", N, x, y), "vit.predictions"};
    assert_int_equal(build(&s), RISE_OK);
    const draw_heat *h = s.figure.heat;
    assert_non_null(h);
    assert_int_equal(s.figure.n_series, 0);
    assert_true(s.figure.equal && s.figure.x.low < 0 && s.figure.x.high > 19);
    assert_true(s.figure.x.low == s.figure.y.low && s.figure.x.high == s.figure.y.high);
    for (size_t k = 0; k < 25; k++) {
        sum += h->cell[k];
        diagonal += k % 6 == 0 ? h->cell[k] : 0;
    }
    assert_true(sum == 40 && diagonal == 39 && h->cell[20] == 1); /* row 4: y is high, x low */
    assert_string_equal(h->text[0], "n = 40");
    assert_string_equal(h->text[1], "RMSE 3.00 eV, R^{2} 0.729");
    draws(&s);
    end(&s);
}

static rise_value *matrix(size_t n, const double *v) {
    const rise_dim dim[2] = {{.name = "i", .size = n}, {.name = "j", .size = n}};
    rise_value *value = NULL;
    void *data = NULL;
    assert_int_equal(rise_tensor_new(RISE_F64, 2, dim, "", &value, &data, NULL), RISE_OK);
    memcpy(data, v, n * n * sizeof *v);
    return value;
}

static void test_errors(void **state) {
    (void)state;
    const double map[4] = {0, 0.4, 0.4, 0}, error[4] = {0, 0.03, 0.03, 0};
    scene s = {.n = 2, .options = {.kind = PLOT_HEAT}};
    s.source[0] = (plot_source){matrix(2, map), "corr.map"};
    s.source[1] = (plot_source){matrix(2, error), "corr.error"};
    assert_int_equal(build(&s), RISE_OK);
    assert_memory_equal(s.figure.heat->error, error, sizeof error);
    draws(&s);
    rise_value_release((rise_value *)(uintptr_t)s.source[1].value);
    s.source[1].value = matrix(1, error);
    refuses(&s, "plot: corr.error does not hold an error for each cell of corr.map");
    end(&s);
}

static void test_lines(void **state) {
    (void)state;
    const double x[4] = {2, 2, 4, 4}, y[4] = {7, 8, 6, 7}, plain[2] = {9, 8.5};
    static const char *const which[] = {"curve.rmse"}, *const lines[] = {"ridge.rmse"};
    static const char *const where[] = {"part=test"}, *const wrong[] = {"rigde.rmse"};
    static const char *const names[] = {"a plain model"};
    scene s = {.n = 2,
               .options = {.kind = PLOT_CURVE,
                           .x = "length",
                           .n_y = 1,
                           .y = which,
                           .n_where = 1,
                           .where = where,
                           .n_lines = 1,
                           .lines = lines}};
    s.source[0] = (plot_source){table("length", "rmse", 4, x, y), "curve.collected"};
    s.source[1] = (plot_source){table("mae", "rmse", 2, plain, plain), "ridge.metrics"};
    assert_int_equal(build(&s), RISE_OK);
    assert_int_equal(s.figure.n_series, 1);
    assert_int_equal(s.figure.n_lines, 1);
    assert_true(s.figure.lines[0].y == 8.5); /* of the test part alone */
    assert_string_equal(s.figure.lines[0].label, "ridge");
    draws(&s);
    s.options.n_line_labels = 1;
    s.options.line_labels = names;
    assert_int_equal(build(&s), RISE_OK);
    assert_string_equal(s.figure.lines[0].label, "a plain model");
    s.options.lines = wrong;
    refuses(&s, "plot: line 'rigde.rmse' is of no table that is connected");
    s.options.lines = lines;
    s.options.n_line_labels = 2;
    refuses(&s, "plot: 2 line_labels for 1 lines");
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_density),
                                       cmocka_unit_test(test_errors), cmocka_unit_test(test_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

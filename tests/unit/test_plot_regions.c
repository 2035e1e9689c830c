/* tests/unit/test_plot_regions.c: blocks in the box: where they lie, how large they are, what is
 * left out and refused; a picture that does not depend on chance. */
#include "plot/plot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FRAMES = 2, POINTS = 3 };

static const double tilted[3][3] = {{20, 0, 0}, {4, 20, 0}, {0, 0, 20}};

/* Regions of two frames, the second in a tilted box of 20 x 20 x 20. */
static rise_value *regions_at(double x) {
    const rise_dim dim[2] = {{.name = "frame", .size = FRAMES}, {.name = "xyz", .size = 3}};
    rise_cell cell[FRAMES] = {{.vector = {{10, 0, 0}, {0, 10, 0}, {0, 0, 10}}},
                              {.periodic = {true}}};
    rise_value *value = NULL;
    void *data = NULL;
    assert_int_equal(rise_tensor_new(RISE_F64, 2, dim, "Å", &value, &data, NULL), RISE_OK);
    memcpy(cell[1].vector, tilted, sizeof tilted);
    for (size_t i = 0; i < 3 * FRAMES; i++)
        ((double *)data)[i] = x + (double)i;
    assert_int_equal(rise_tensor_set_cells(value, cell, FRAMES, NULL), RISE_OK);
    return value;
}

typedef struct scene {
    rise_value *value[POINTS];
    plot_source source[POINTS];
    plot_point point[POINTS];
    plot_options options;
    plot_pool pool;
    draw_figure figure;
    rise_error err;
} scene;

static scene *begin(void) {
    static const char *const text[POINTS] = {"4", "8", "20"};
    scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (size_t i = 0; i < POINTS; i++) {
        s->value[i] = regions_at((double)i);
        s->source[i] = (plot_source){s->value[i], "ig.regions"};
        s->point[i] = (plot_point){text[i], strtod(text[i], NULL), NULL};
    }
    s->options = (plot_options){.kind = PLOT_REGIONS, .frame = 1, .point = s->point};
    return s;
}

static rise_status build(scene *s) {
    size_t left_out;
    return plot_build(&s->options, s->source, POINTS, &s->pool, &s->figure, &left_out, &s->err);
}

static void end(scene *s) {
    for (size_t i = 0; i < POINTS; i++)
        rise_value_release(s->value[i]);
    plot_pool_free(&s->pool);
    free(s);
}

static void test_blocks(void **state) {
    (void)state;
    scene *s = begin();
    assert_int_equal(build(s), RISE_OK);
    const draw_box *box = s->figure.box;
    assert_non_null(box);
    assert_memory_equal(box->edge, tilted, sizeof tilted);
    assert_int_equal(box->n, 2); /* 20 Å are the whole box */
    assert_string_equal(s->figure.note, "20 Å fills the box: no place");
    assert_string_equal(box->block[0].label, "4 Å");
    for (size_t i = 0; i < 2; i++) {
        assert_true(box->block[i].centre[0] == (double)i + 3); /* of the second frame */
        for (size_t d = 0; d < 3; d++)                         /* the same share of each edge */
            assert_true(fabs(box->block[i].edge[1][d] - (i ? 0.4 : 0.2) * tilted[1][d]) < 1e-12);
    }
    uint8_t *bytes[2];
    size_t size[2];
    for (int k = 0; k < 2; k++)
        assert_int_equal(draw_render(&s->figure, DRAW_SVG, &bytes[k], &size[k], &s->err), RISE_OK);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
    end(s);
}

static void refuses(scene *s, const char *message, const char *hint) {
    assert_int_equal(build(s), RISE_E_DATA);
    assert_string_equal(s->err.message, message);
    if (hint)
        assert_string_equal(s->err.hint, hint);
    end(s);
}

static void test_refusals(void **state) {
    (void)state;
    scene *s = begin();
    s->options.frame = 2;
    refuses(s, "plot: frame 2 of ig.regions, which has 2", "frames are counted from 0");
    s = begin();
    s->point[1].number = NAN;
    refuses(s, "plot: the side of the blocks of ig.regions is not known",
            "the regions have to lie over one axis of lengths (Å)");
    s = begin();
    const rise_id here[FRAMES] = {{{1}}, {{2}}}, there[FRAMES] = {{{1}}, {{3}}};
    s->point[0].ids = here;
    s->point[1].ids = there;
    refuses(s, "plot: frame 1 of ig.regions is another sample at 8",
            "take the regions of the same frames at every point");
    s = begin();
    for (size_t i = 0; i < POINTS; i++)
        s->point[i].number = 20;
    refuses(s, "plot: every block fills the box, none has a place", NULL);
    s = begin();
    rise_value_release(s->value[0]);
    const rise_dim dim = {.name = "frame", .size = FRAMES};
    void *data;
    assert_int_equal(rise_tensor_new(RISE_F64, 1, &dim, "", &s->value[0], &data, NULL), RISE_OK);
    s->source[0].value = s->value[0];
    refuses(s, "plot: ig.regions is no list of regions with boxes",
            "connect `regions` of a node of type ig");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_blocks),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The nodes split, collect, correlation-map, rise and rattle behind a host made for tests: ports,
 * parameters, shapes of results, errors. Their mathematics has tests of its own. */
#include "unit/node_host.h"

extern const rise_node_type rise_node_split, rise_node_collect, rise_node_correlation_map,
    rise_node_rise, rise_node_rattle;

static rise_value *new_frames(void) {
    static const double position[2][3] = {{0, 0, 0}, {1, 2, 3}};
    static const uint8_t species[2] = {29, 40};
    rise_frame frame[2];
    rise_value *value = NULL;
    for (int f = 0; f < 2; f++) {
        double side = 10 + f;
        frame[f] =
            (rise_frame){.cell = {{{side, 0, 0}, {0, side, 0}, {0, 0, side}}, {true, true, true}},
                         .n_atoms = 2,
                         .positions = position,
                         .species = species};
    }
    assert_int_equal(rise_frames_new(frame, 2, &value, NULL), RISE_OK);
    return value;
}

static const int32_t *run_split(rise_ctx *c) {
    c->type = &rise_node_split;
    c->n_frames = N;
    connect(c, "input", new_frames()); /* only the ids count */
    works(c);
    return rise_value_tensor(result(c, "parts"))->data;
}

/* ---- split ----------------------------------------------------------------------------------- */
static void split_by_ratio_group_and_folds(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    size_t count[3] = {0};
    const int32_t *part = run_split(&c);
    for (size_t f = 0; f < N; f++) {
        count[part[f]]++;
    }
    assert_int_equal(count[0], 54);
    assert_int_equal(count[1], 18);
    assert_int_equal(c.warning[0], 0);
    clean(&c);

    rise_value *group = NULL;
    rise_column text = {.name = "group", .dtype = RISE_TEXT};
    assert_int_equal(rise_table_new(&text, 1, N, &group, NULL), RISE_OK);
    for (size_t f = 0; f < N; f++) {
        const char *name = f % 9 < 3 ? "slow" : "fast"; /* 30 and 60 */
        assert_int_equal(rise_table_set_text(group, 0, f, name, NULL), RISE_OK);
    }
    connect(&c, "group", group);
    part = run_split(&c);
    memset(count, 0, sizeof count);
    for (size_t f = 0; f < N; f++) {
        count[part[f]] += f % 9 < 3;
    }
    assert_int_equal(count[0], 18);
    assert_int_equal(count[1], 6);
    assert_int_equal(count[2], 6);
    clean(&c);

    set(&c, "folds", "4");
    part = run_split(&c);
    assert_string_equal(rise_value_tensor(result(&c, "parts"))->unit, "fold");
    for (size_t f = 0; f < N; f++) {
        assert_true(part[f] >= 0 && part[f] < 4);
    }
    clean(&c);
}

static void split_refuses(void **unused) {
    (void)unused;
    const char *const wrong[][3] = {{"ratio", "[3, 1]", "2 values"},
                                    {"ratio", "[0, 0, 0]", "positive"},
                                    {"folds", "1", "one fold"},
                                    {"folds", "91", "only 90 frames"}};
    for (size_t i = 0; i < 4; i++) {
        rise_ctx c = {.type = &rise_node_split, .n_frames = N};
        set(&c, wrong[i][0], wrong[i][1]);
        fails(&c, wrong[i][2]);
        clean(&c);
    }
    rise_ctx c = {.type = &rise_node_split, .n_frames = N};
    void *data;
    connect(&c, "group", new_tensor(RISE_I32, "frame", N - 1, NULL, 0, &data));
    fails(&c, "89 labels");
    clean(&c);
}

/* ---- collect --------------------------------------------------------------------------------- */
static void at(rise_point *p, size_t axis, const char *name, const char *text, double number,
               size_t index, size_t size) {
    p->axis[axis] = name;
    p->text[axis] = text;
    p->number[axis] = number;
    p->index[axis] = index;
    p->size[axis] = size;
    p->n_axes = axis + 1 > p->n_axes ? axis + 1 : p->n_axes;
}

/* part, rmse: two rows */
static rise_value *metrics(double rmse) {
    const rise_column columns[2] = {{.name = "part", .dtype = RISE_TEXT},
                                    {.name = "rmse", .unit = "eV", .dtype = RISE_F64}};
    rise_value *t = NULL;
    assert_int_equal(rise_table_new(columns, 2, 2, &t, NULL), RISE_OK);
    assert_int_equal(rise_table_set_text(t, 0, 0, "train", NULL), RISE_OK);
    assert_int_equal(rise_table_set_text(t, 0, 1, "test", NULL), RISE_OK);
    rise_table_f64(t, 1)[0] = rmse / 2;
    rise_table_f64(t, 1)[1] = rmse;
    return t;
}

static void connect_tables(rise_ctx *c) {
    static const char *const cut[] = {"3.0", "4.5", "7"}, *const alloy[] = {"zrcu", "pdsi"};
    c->type = &rise_node_collect;
    for (size_t i = 0; i < 6; i++) {
        rise_point *p = connect(c, "input", metrics((double)i));
        at(p, 0, "r_cut", cut[i / 2], strtod(cut[i / 2], NULL), i / 2, 3);
        at(p, 1, "alloy", alloy[i % 2], NAN, i % 2, 2);
    }
}

static void collect_tables_in_axis_order(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_tables(&c);
    works(&c);
    const rise_value *t = result(&c, "collected");
    assert_int_equal(rise_value_table(t)->n_rows, 12);
    assert_string_equal(rise_value_table(t)->column[0].name, "r_cut");
    assert_true(column(t, "r_cut")->f64[4] == 4.5);
    assert_string_equal(column(t, "alloy")->text[2], "pdsi");
    assert_true(column(t, "rmse")->f64[11] == 5);
    assert_string_equal(column(t, "rmse")->unit, "eV");
    clean(&c);

    connect_tables(&c);
    set(&c, "where", "part=test");
    works(&c);
    t = result(&c, "collected");
    assert_int_equal(rise_value_table(t)->n_rows, 6);
    for (size_t r = 0; r < 6; r++) {
        assert_true(column(t, "rmse")->f64[r] == (double)r);
    }
    clean(&c);
    const char *const wrong[][2] = {{"part", "not of the form"},
                                    {"=test", "not of the form"},
                                    {"parts=test", "no column `parts`"},
                                    {"rmse=1", "expected text"},
                                    {"part=tset", "no row"}};
    for (size_t i = 0; i < 5; i++) {
        connect_tables(&c);
        set(&c, "where", wrong[i][0]);
        fails(&c, wrong[i][1]);
        clean(&c);
    }
}

static void connect_tensors(rise_ctx *c, size_t odd) {
    c->type = &rise_node_collect;
    for (size_t i = 0; i < 6; i++) {
        void *data;
        rise_value *t = new_tensor(RISE_F32, "leader", i == odd ? 5 : 4, NULL, 0, &data);
        for (size_t k = 0; k < 4; k++) {
            ((float *)data)[k] = (float)(10 * i + k);
        }
        rise_point *p = connect(c, "input", t);
        at(p, 0, "r_cut", "", 3 + (double)(i / 2), i / 2, 3);
        at(p, 1, "seed", "", (double)(i % 2), i % 2, 2);
    }
}

static void collect_stacks_tensors(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_tensors(&c, 9);
    works(&c);
    const rise_tensor *t = rise_value_tensor(result(&c, "collected"));
    assert_int_equal(t->rank, 3);
    assert_int_equal(t->dim[0].size, 3);
    assert_int_equal(t->dim[1].size, 2);
    assert_string_equal(t->dim[2].name, "leader");
    assert_true(t->dim[0].coords[2] == 5 && t->dim[1].coords[1] == 1);
    assert_true(((const float *)t->data)[4 * 5 + 3] == 53);
    clean(&c);

    connect_tensors(&c, 9); /* six points of axes that run together */
    for (size_t i = 0; i < 6; i++) {
        at(&c.in[0].point[i], 0, "r_cut", "", 3 + (double)i, i, 6);
        at(&c.in[0].point[i], 1, "comm", "", 4 * (double)i, i, 6);
    }
    works(&c);
    t = rise_value_tensor(result(&c, "collected"));
    assert_int_equal(t->rank, 2);
    assert_int_equal(t->dim[0].size, 6);
    assert_true(t->dim[0].coords[5] == 8);
    clean(&c);

    connect_tensors(&c, 3);
    fails(&c, "4 along `leader` at the first point, 5 at point 4");
    clean(&c);
    connect_tensors(&c, 9);
    connect(&c, "input", metrics(1));
    fails(&c, "a table at point 7");
    clean(&c);
}

/* ---- correlation-map ------------------------------------------------------------------------- */
static rise_value *regions(size_t n, double x, bool filling) {
    void *data;
    rise_cell cell[N];
    rise_value *t = new_tensor(RISE_F64, "frame", n, "xyz", 3, &data);
    for (size_t f = 0; f < n; f++) {
        cell[f] = (rise_cell){{{10, 0, 0}, {0, 10, 0}, {0, 0, 10}}, {true, true, true}};
        for (size_t k = 0; k < 3; k++) {
            ((double *)data)[3 * f + k] = filling ? 5 : fmod(x + (double)(N - n + f), 10);
        }
    }
    assert_int_equal(rise_tensor_set_cells(t, cell, n, NULL), RISE_OK);
    return t;
}

static void correlation_map_matches_frames(void **unused) {
    (void)unused;
    rise_ctx c = {.type = &rise_node_correlation_map};
    /* 20, 8 and 15 of the last frames; the fourth block fills the box */
    at(connect(&c, "input", regions(20, 1, false)), 0, "comm", "2", 2, 0, 4);
    at(connect(&c, "input", regions(8, 3, false)), 0, "comm", "4", 4, 1, 4);
    at(connect(&c, "input", regions(15, 6, false)), 0, "comm", "8", 8, 2, 4);
    at(connect(&c, "input", regions(15, 0, true)), 0, "comm", "16", 16, 3, 4);
    works(&c);
    const rise_tensor *t = rise_value_tensor(result(&c, "map"));
    assert_int_equal(t->dim[0].size, 3);
    assert_true(t->dim[1].coords[2] == 8);
    assert_non_null(strstr(c.warning, "comm = 16"));
    /* shifts of 2, 5 and 3 Å along the diagonal of a cube of 10 Å: d sqrt(3) / (10 sqrt(3) / 2) */
    const double expected[9] = {0, 0.4, 1.0, 0.4, 0, 0.6, 1.0, 0.6, 0};
    for (size_t i = 0; i < 9; i++) {
        assert_true(fabs(((const double *)t->data)[i] - expected[i]) < 1e-12);
    }
    t = rise_value_tensor(result(&c, "error"));
    assert_true(t->rank == 2 && t->dim[0].size == 3 && t->dim[1].coords[2] == 8);
    for (size_t i = 0; i < 9; i++) { /* every frame has the same distances, but for rounding */
        assert_true(fabs(((const double *)t->data)[i]) < 1e-14);
    }
    clean(&c);
    c.type = &rise_node_correlation_map;
    at(connect(&c, "input", regions(1, 1, false)), 0, "comm", "2", 2, 0, 2);
    at(connect(&c, "input", regions(8, 3, false)), 0, "comm", "4", 4, 1, 2);
    works(&c);
    assert_non_null(strstr(c.warning, "one frame in common"));
    assert_true(((const double *)rise_value_tensor(result(&c, "error"))->data)[1] == 0);
    clean(&c);
    c.type = &rise_node_correlation_map;
    at(connect(&c, "input", regions(4, 0, true)), 0, "comm", "16", 16, 0, 1);
    fails(&c, "no point has regions");
    clean(&c);
}

/* ---- rise ------------------------------------------------------------------------------------ */
/* Frames 0..99, the last 60 are the test part; errors of size rmse. length > 0: a column of it. */
static rise_value *predictions(double rmse, size_t name, double length) {
    const rise_column columns[5] = {{.name = "frame", .dtype = RISE_I64},
                                    {.name = "part", .dtype = RISE_TEXT},
                                    {.name = "target", .unit = "eV", .dtype = RISE_F64},
                                    {.name = "predicted", .unit = "eV", .dtype = RISE_F64},
                                    {.name = "length", .unit = "Å", .dtype = RISE_F64}};
    rise_value *t = NULL;
    assert_int_equal(rise_table_new(columns, length > 0 ? 5 : 4, 100, &t, NULL), RISE_OK);
    for (size_t f = 0; f < 100; f++) {
        rise_table_i64(t, 0)[f] = (int64_t)f;
        const char *part = f < 40 ? "train" : "test";
        assert_int_equal(rise_table_set_text(t, 1, f, part, NULL), RISE_OK);
        rise_table_f64(t, 2)[f] = -9300 + 10 * wave(f);
        double size = f < 40 ? 100 : rmse * (1 + 0.3 * wave(f) + 0.02 * wave(f + 101 * name));
        rise_table_f64(t, 3)[f] = -9300 + 10 * wave(f) + size;
        if (length > 0) {
            rise_table_f64(t, 4)[f] = length;
        }
    }
    return t;
}

/* physical: how many Å one Å of the axis really is; 0: nothing is said about it. */
static void connect_curves(rise_ctx *c, double physical) {
    static const double cut[] = {3, 4, 5, 6, 7}, dip[] = {2, 1.4, 0.9, 1.3, 1.9};
    static const double side[] = {16, 2, 4, 8, 6}; /* in any order */
    static const double fall[] = {0.9, 3, 2, 0.9, 1.4};
    static const size_t count[] = {50, 80, 120, 70, 40};
    void *data;
    c->type = &rise_node_rise;
    for (size_t i = 0; i < 10; i++) {
        rise_point *p = connect(c, "reductionist", predictions(dip[i % 5], i, 0));
        /* lengths are the first axis with several numbers: these seeds have names */
        at(p, 0, "seed", "", NAN, i / 5, 2);
        at(p, 1, "r_cut", "", cut[i % 5], i % 5, 5);
    }
    for (size_t i = 0; i < 5; i++) {
        at(connect(c, "emergentist", predictions(fall[i], 20 + i, physical * side[i])), 0, "comm",
           "", side[i], i, 5);
        rise_value *leaders = new_tensor(RISE_F32, "leader", count[i], "feature", 2, &data);
        at(connect(c, "leaders", leaders), 0, "r_cut", "", cut[i], i, 5);
    }
}

static void the_verdict_is_given(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_curves(&c, 0);
    works(&c);
    const rise_value *v = result(&c, "verdict");
    assert_int_equal(rise_value_table(v)->n_rows, 1);
    if (strcmp(column(v, "agreement")->text[0], "agree") != 0) {
        fail_msg("%s: %s", column(v, "agreement")->text[0], column(v, "reason")->text[0]);
    }
    assert_true(column(v, "r1")->f64[0] == 5);
    assert_true(column(v, "l")->f64[0] == 8);
    assert_true(fabs(column(v, "r2")->f64[0] - 4.963) < 1e-3);
    assert_int_equal(column(v, "n_test")->i64[0], 60);
    assert_true(fabs(column(v, "rmse1")->f64[0] - 0.9) < 0.1);
    assert_true(column(v, "leaders_peak")->f64[0] == 5);
    assert_null(rise_table_find(rise_value_table(v), "s2_peak"));
    const rise_blob *text = rise_value_blob(result(&c, "text"));
    assert_string_equal(text->format, "text");
    assert_non_null(memmem(text->bytes, text->size, "at r1 = 5 Å", strlen("at r1 = 5 Å")));
    assert_non_null(memmem(text->bytes, text->size, "60 test samples", 15));
    assert_null(memchr(text->bytes, '#', text->size));
    clean(&c);
    connect_curves(&c, 1.0135);
    works(&c);
    v = result(&c, "verdict");
    assert_true(fabs(column(v, "l")->f64[0] - 8.108) < 1e-12);
    assert_true(fabs(column(v, "r2")->f64[0] - 5.030) < 1e-3);
    clean(&c);
}

static void the_verdict_refuses(void **unused) {
    (void)unused;
    rise_ctx c = {0};
    connect_curves(&c, 0);
    rise_value_release(c.in[1].value[2]);
    c.in[1].value[2] = metrics(1);
    fails(&c, "without frame, part, target and predicted");
    clean(&c);
    connect_curves(&c, 0);
    rise_table_f64(c.in[1].value[2], 2)[50] += 1; /* another label for a test frame */
    fails(&c, "target of a test frame");
    clean(&c);
    connect_curves(&c, 0);
    for (size_t i = 0; i < 5; i++) {
        c.in[1].point[i].n_axes = 0;
    }
    fails(&c, "emergentist: no axis of lengths");
    clean(&c);
}

/* ---- rattle ---------------------------------------------------------------------------------- */
static void rattle_puts_copies_in_place(void **unused) {
    (void)unused;
    rise_ctx c = {.type = &rise_node_rattle, .n_frames = 2};
    connect(&c, "input", new_frames());
    set(&c, "copies", "3");
    set(&c, "stdev", "0.05");
    works(&c);
    const rise_frames *out = rise_value_frames(result(&c, "frames"));
    const rise_frames *in = rise_value_frames(c.in[0].value[0]);
    assert_int_equal(out->n_frames, 6);
    for (size_t f = 0; f < 6; f++) {
        assert_true(out->frame[f].cell.vector[0][0] == 10 + (double)(f / 3));
        assert_int_equal(out->frame[f].species[1], 40);
        double moved = out->frame[f].positions[1][2] - in->frame[f / 3].positions[1][2];
        assert_true(moved != 0 && fabs(moved) < 0.3);
        for (size_t g = 0; g < f; g++) {
            assert_memory_not_equal(&out->frame[f].id, &out->frame[g].id, sizeof(rise_id));
        }
    }
    clean(&c);
}

int main(void) {
    name_frames();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_by_ratio_group_and_folds),
        cmocka_unit_test(split_refuses),
        cmocka_unit_test(collect_tables_in_axis_order),
        cmocka_unit_test(collect_stacks_tensors),
        cmocka_unit_test(correlation_map_matches_frames),
        cmocka_unit_test(the_verdict_is_given),
        cmocka_unit_test(the_verdict_refuses),
        cmocka_unit_test(rattle_puts_copies_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* support/shapes: see shapes.h. */
#include "support/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES RISE_KINDS(RISE_FRAMES)
#define TENSOR RISE_KINDS(RISE_TENSOR)
#define PORT(port, ...)                                                                            \
    { .name = port, .help = port, __VA_ARGS__ }
#define EACH(kind) .kinds = kind, .mode = RISE_EACH
#define WHOLE(kind) .kinds = kind, .mode = RISE_WHOLE
#define STREAM .kinds = TENSOR, .mode = RISE_STREAM, .shape = "[frame, atom, feature]"
#define TYPE(what, ...)                                                                            \
    {                                                                                              \
        .abi = RISE_NODE_ABI, .size = sizeof(rise_node_type), .name = what, .brief = what,         \
        .version = 1, __VA_ARGS__                                                                  \
    }
#define NUMBERS .dtype = RISE_F64, .shape = "[frame]"

void (*shapes_pause)(void);

static void wait_a_while(void) {
    if (shapes_pause)
        shapes_pause();
}

static rise_status give_number(rise_ctx *ctx, const char *port, double number, rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_status s = rise_tensor_new(RISE_F64, 0, NULL, NULL, &value, &data, err);
    if (s != RISE_OK)
        return s;
    *(double *)data = number;
    return rise_output(ctx, port, value, err);
}

/* ---- lines ----------------------------------------------------------------------------------- */
static const rise_port lines_out[] = {
    PORT("frames", EACH(FRAMES)), PORT("x", EACH(TENSOR), NUMBERS), {0}};
static const rise_param lines_params[] = {
    {.name = "paths", .type = RISE_P_FILES, .help = "files of lines"}, {0}};

static rise_status give_line(rise_ctx *ctx, const double at[3], rise_error *err) {
    static const uint8_t silicon = 14;
    rise_frame frame = {.n_atoms = 1, .positions = (const double(*)[3])at, .species = &silicon};
    rise_value *value = NULL;
    rise_status s = rise_frames_new(&frame, 1, &value, err);
    if (s == RISE_OK)
        s = rise_output(ctx, "frames", value, err);
    return s == RISE_OK ? give_number(ctx, "x", at[0], err) : s;
}

static rise_status lines_source(rise_ctx *ctx, const rise_file *file, rise_error *err) {
    const char *p = file ? (const char *)file->bytes : "", *end = p + (file ? file->size : 0);
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && p < end; i++) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        size_t size = line_end ? (size_t)(line_end - p) : (size_t)(end - p);
        char line[128] = "", name[32];
        double at[3];
        wait_a_while();
        memcpy(line, p, size < sizeof line ? size : sizeof line - 1);
        if (sscanf(line, "%lf %lf %lf", &at[0], &at[1], &at[2]) != 3)
            return rise_fail_at(err, RISE_E_DATA, file->path, (long)i + 1, 1, "no three numbers");
        snprintf(name, sizeof name, "%zu", i);
        if (rise_item(ctx, p, size, name))
            s = give_line(ctx, at, err);
        p += size + 1;
    }
    return s;
}

static const rise_node_type lines =
    TYPE("lines", .out = lines_out, .params = lines_params, .source = lines_source);

/* ---- rows ------------------------------------------------------------------------------------ */
static const rise_port frames_in[] = {PORT("input", EACH(FRAMES)), {0}};
static const rise_port rows_out[] = {PORT("rows", STREAM), {0}};
static const rise_param no_params[] = {{0}};

static rise_status rows_map(rise_ctx *ctx, void *state, rise_error *err) {
    enum { ROWS = 70, TILE = 64, COLUMNS = 3, STRIDE = 8 };
    (void)state;
    const rise_value *input = rise_input(ctx, "input");
    double *block = rise_scratch(ctx, TILE * STRIDE * sizeof *block);
    if (!input || !block)
        return rise_fail_nomem(err, "rows");
    const double x = rise_value_frames(input)->frame[0].positions[0][0];
    rise_status s = RISE_OK;
    for (size_t first = 0; s == RISE_OK && first < ROWS; first += TILE) {
        size_t n = ROWS - first < TILE ? ROWS - first : TILE;
        wait_a_while();
        for (size_t r = 0; r < n; r++)
            for (size_t c = 0; c < COLUMNS; c++)
                block[r * STRIDE + c] = x + (double)(first + r + c);
        rise_tile tile = {first, n, COLUMNS, STRIDE, RISE_F64, block};
        s = rise_tile_put(ctx, "rows", &tile, err);
    }
    return s;
}

static const rise_node_type rows =
    TYPE("rows", .in = frames_in, .out = rows_out, .params = no_params, .map = rows_map);

/* ---- total ----------------------------------------------------------------------------------- */
static const rise_port total_in[] = {PORT("input", STREAM), {0}};
static const rise_port total_out[] = {PORT("total", EACH(TENSOR), NUMBERS), {0}};
static const rise_param total_params[] = {
    {.name = "factor", .type = RISE_P_REAL, .def = "1", .help = "of the sum"}, {0}};

static rise_status add_tile(void *user, const rise_tile *tile, rise_error *err) {
    (void)err;
    for (size_t r = 0; r < tile->n_rows; r++)
        for (size_t c = 0; c < tile->n_columns; c++)
            *(double *)user += ((const double *)tile->rows)[r * tile->stride + c];
    return RISE_OK;
}

static rise_status total_map(rise_ctx *ctx, void *state, rise_error *err) {
    (void)state;
    double sum = 0;
    wait_a_while();
    rise_status s = rise_stream_pull(ctx, "input", add_tile, &sum, err);
    return s == RISE_OK ? give_number(ctx, "total", rise_param_real(ctx, "factor") * sum, err) : s;
}

static const rise_node_type total =
    TYPE("total", .in = total_in, .out = total_out, .params = total_params, .map = total_map);

/* ---- some ------------------------------------------------------------------------------------ */
static const rise_port some_out[] = {
    PORT("frames", EACH(FRAMES)), PORT("y", EACH(TENSOR), NUMBERS), {0}};

static rise_status some_open(rise_ctx *ctx, void **state, rise_error *err) {
    (void)ctx;
    double *offset = malloc(sizeof *offset);
    if (!offset)
        return rise_fail_nomem(err, "a state");
    *offset = 0.5;
    *state = offset;
    return RISE_OK;
}

static void some_close(void *state) {
    free(state);
}

static bool some_keep(rise_ctx *ctx, void *state, size_t frame, size_t n, const rise_id *id) {
    (void)ctx, (void)state, (void)n, (void)id;
    return frame % 2 == 0;
}

static rise_status some_map(rise_ctx *ctx, void *state, rise_error *err) {
    wait_a_while();
    const rise_value *input = rise_input(ctx, "input");
    if (!input)
        return rise_fail_nomem(err, "a frame");
    double y = rise_value_frames(input)->frame[0].positions[0][1] + *(double *)state;
    rise_status s = rise_output(ctx, "frames", rise_value_retain(input), err);
    return s == RISE_OK ? give_number(ctx, "y", y, err) : s;
}

static const rise_node_type some =
    TYPE("some", .in = frames_in, .out = some_out, .params = no_params, .open = some_open,
         .close = some_close, .keep = some_keep, .map = some_map);

/* ---- both ------------------------------------------------------------------------------------ */
static const rise_port both_in[] = {PORT("left", WHOLE(TENSOR), .shape = "[frame]"),
                                    PORT("right", WHOLE(TENSOR), .shape = "[frame]"),
                                    PORT("atoms", WHOLE(FRAMES)),
                                    {0}};
static const rise_port both_out[] = {PORT("sum", WHOLE(RISE_KINDS(RISE_TABLE))),
                                     PORT("text", WHOLE(RISE_KINDS(RISE_DOCUMENT))),
                                     PORT("frames", WHOLE(FRAMES)),
                                     {0}};
static const rise_param both_params[] = {
    {.name = "path", .type = RISE_P_OUTPUT, .help = "of the text"}, {0}};

typedef struct pairs {
    const rise_tensor *left, *right;
    double *product;
} pairs;

static rise_status multiply(void *user, size_t i, rise_error *err) {
    pairs *p = user;
    (void)err;
    wait_a_while();
    p->product[i] = rise_tensor_number(p->left, i) * rise_tensor_number(p->right, i);
    return RISE_OK;
}

/* The sum of products, from the sub-result where there is one. */
static rise_status sum_pairs(rise_ctx *ctx, pairs *p, size_t n, double *sum, rise_error *err) {
    rise_id key[2] = {rise_input_digest(ctx, "left"), rise_input_digest(ctx, "right")};
    rise_value *memo = NULL;
    if (rise_memo_get(ctx, key, sizeof key, &memo) == RISE_OK) {
        *sum = rise_tensor_number(rise_value_tensor(memo), 0);
        rise_value_release(memo);
        return RISE_OK;
    }
    rise_status s = rise_parallel(ctx, n, multiply, p, err);
    for (size_t i = 0; s == RISE_OK && i < n; i++)
        *sum += p->product[i];
    void *data = NULL;
    if (s == RISE_OK)
        s = rise_tensor_new(RISE_F64, 0, NULL, NULL, &memo, &data, err);
    if (s != RISE_OK)
        return s;
    *(double *)data = *sum;
    rise_memo_put(ctx, key, sizeof key, memo);
    rise_value_release(memo);
    return RISE_OK;
}

static rise_status give_table(rise_ctx *ctx, const char *port, double number, rise_error *err) {
    static const rise_column column = {.name = "sum", .dtype = RISE_F64};
    rise_value *table = NULL;
    rise_status s = rise_table_new(&column, 1, 1, &table, err);
    if (s != RISE_OK)
        return s;
    rise_table_f64(table, 0)[0] = number;
    return rise_output(ctx, port, table, err);
}

static rise_status write_number(rise_ctx *ctx, double number, char text[64], rise_error *err) {
    const char *path = rise_param_text(ctx, "path");
    snprintf(text, 64, "%.17g\n", number);
    return path ? rise_write_file(ctx, path, text, strlen(text), err)
                : rise_fail_nomem(err, "the path");
}

static rise_status both_whole(rise_ctx *ctx, rise_error *err) {
    const rise_value *left = rise_input(ctx, "left"), *right = rise_input(ctx, "right");
    const rise_value *atoms = rise_input(ctx, "atoms");
    size_t n = rise_frame_count(ctx);
    pairs p = {.product = rise_scratch(ctx, n * sizeof(double))};
    rise_value *text_value = NULL;
    char text[64];
    double sum = 0;
    wait_a_while();
    if (!left || !right || !atoms || !p.product)
        return rise_fail_nomem(err, "pairs");
    p.left = rise_value_tensor(left);
    p.right = rise_value_tensor(right);
    rise_status s = sum_pairs(ctx, &p, n, &sum, err);
    if (s == RISE_OK)
        s = write_number(ctx, sum, text, err);
    if (s == RISE_OK)
        s = give_table(ctx, "sum", sum, err);
    if (s == RISE_OK)
        s = rise_blob_new(RISE_DOCUMENT, "text", text, strlen(text), &text_value, err);
    if (s == RISE_OK)
        s = rise_output(ctx, "text", text_value, err);
    return s == RISE_OK ? rise_output(ctx, "frames", rise_value_retain(atoms), err) : s;
}

static const rise_node_type both =
    TYPE("both", .in = both_in, .out = both_out, .params = both_params, .whole = both_whole);

/* ---- all ------------------------------------------------------------------------------------- */
static const rise_port all_in[] = {
    PORT("input", WHOLE(RISE_KINDS(RISE_TABLE)), .flags = RISE_PORT_OVER), {0}};
static const rise_port all_out[] = {PORT("table", WHOLE(RISE_KINDS(RISE_TABLE))), {0}};

static rise_status all_whole(rise_ctx *ctx, rise_error *err) {
    double sum = 0;
    char text[64];
    wait_a_while();
    for (size_t i = 0; i < rise_over_count(ctx, "input"); i++) {
        const rise_value *table = rise_over_input(ctx, "input", i);
        const rise_point *point = rise_over_point(ctx, "input", i);
        if (!table || !point)
            return rise_fail_nomem(err, "a table");
        sum += point->number[0] * rise_value_table(table)->column[0].f64[0];
    }
    rise_warn(ctx, "the sum is %g", sum);
    rise_progress(ctx, 1, 1, "the sum is %g", sum);
    rise_status s = write_number(ctx, sum, text, err);
    return s == RISE_OK ? give_table(ctx, "table", sum, err) : s;
}

static const rise_node_type all =
    TYPE("all", .in = all_in, .out = all_out, .params = both_params, .whole = all_whole);

const rise_node_type *const shape_types[] = {&lines, &rows, &total, &some, &both, &all};
const size_t n_shape_types = sizeof shape_types / sizeof *shape_types;

/* ---- the graph ------------------------------------------------------------------------------- */
static bool write_text(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    bool sound = f && fputs(text, f) >= 0;
    return (!f || fclose(f) == 0) && sound;
}

bool shapes_write(const char *folder) {
    static const char graph[] =
        "rise: 1\ntitle: Shapes\naxes: {factor: [1, 2]}\nnodes:\n"
        "  lines: {type: lines, paths: [a.txt, 'b*.txt']}\n"
        "  rows: {type: rows, input: lines}\n"
        "  total: {type: total, input: rows, factor: $factor}\n"
        "  some: {type: some, input: lines}\n"
        "  both: {type: both, left: total, right: some.y, atoms: some, path: 'both_{factor}.txt'}\n"
        "  again: {type: some, input: both.frames}\n"
        "  all: {type: all, input: both, over: factor, path: sub/all.txt}\n";
    return write_text(folder, "graph.yaml", graph) &&
           write_text(folder, "a.txt", "1 2 3\n4 5 6\n7 8 9\n4 5 6\n1 2 3\n") &&
           write_text(folder, "b.txt", "2 1 3\n5 4 6\n");
}

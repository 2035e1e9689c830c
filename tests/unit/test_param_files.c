/* Input files that parameters name, alone and within maps: what a node reads of them, when it runs
 * again, and where they are listed. */
#include "numbers_at_work.h"

/* ---- texts: one document of all files of a node ---------------------------------------------- */
static const rise_port texts_out[] = {{.name = "text",
                                       .kinds = RISE_KINDS(RISE_DOCUMENT),
                                       .mode = RISE_WHOLE,
                                       .help = "what is in the files"},
                                      {0}};
static const rise_param fields[] = {
    {.name = "file", .type = RISE_P_FILE, .flags = RISE_PARAM_OPTIONAL, .help = "a file"},
    {.name = "beside", .type = RISE_P_FILE, .flags = RISE_PARAM_OPTIONAL, .help = "another"},
    {.name = "column", .type = RISE_P_INT, .def = "1", .help = "a number"},
    {0}};
static const rise_param texts_params[] = {
    {.name = "first", .type = RISE_P_FILE, .flags = RISE_PARAM_OPTIONAL, .help = "a file"},
    {.name = "parts", .type = RISE_P_MAP, .def = "{}", .fields = fields, .help = "more files"},
    {.name = "plain", .type = RISE_P_MAP, .def = "{}", .help = "texts"},
    {.name = "last", .type = RISE_P_FILE, .flags = RISE_PARAM_OPTIONAL, .help = "a file"},
    {0}};

static void add(char text[500], const char *name, const rise_file *file) {
    size_t n = strlen(text);
    if (file)
        snprintf(text + n, 500 - n, "%s=%.*s;", name, (int)file->size, (const char *)file->bytes);
}

static rise_status texts_whole(rise_ctx *ctx, rise_error *e) {
    char text[500] = "";
    rise_value *value = NULL;
    add(text, "first", rise_param_file(ctx, "first"));
    for (size_t i = 0; i < rise_param_count(ctx, "parts"); i++) {
        const char *key = rise_param_key_at(ctx, "parts", i);
        const char *column = rise_param_field(ctx, "parts", i, "column");
        add(text, key, rise_param_field_file(ctx, "parts", i, "file"));
        add(text, column ? column : "-", rise_param_field_file(ctx, "parts", i, "beside"));
    }
    for (size_t i = 0; i < rise_param_count(ctx, "plain"); i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s: %s;", rise_param_key_at(ctx, "plain", i),
                 rise_param_text_at(ctx, "plain", i));
    }
    add(text, "last", rise_param_file(ctx, "last"));
    rise_status s = rise_blob_new(RISE_DOCUMENT, "text", text, strlen(text), &value, e);
    return s == RISE_OK ? rise_output(ctx, "text", value, e) : s;
}

static const rise_node_type texts = {.abi = RISE_NODE_ABI,
                                     .size = sizeof(rise_node_type),
                                     .name = "texts",
                                     .brief = "what is in files",
                                     .version = 1,
                                     .out = texts_out,
                                     .params = texts_params,
                                     .whole = texts_whole};

/* ---- at work --------------------------------------------------------------------------------- */
static void put_file(const char *name, const char *text) {
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

#define GRAPH                                                                                      \
    "axes: {n: [1, 2]}\nnodes:\n"                                                                  \
    "  none: {type: texts}\n"                                                                      \
    "  one: {type: texts, first: a.txt, last: a.txt}\n"                                            \
    "  many:\n"                                                                                    \
    "    type: texts\n"                                                                            \
    "    first: '{n}.txt'\n"                                                                       \
    "    last: b.txt\n"                                                                            \
    "    parts:\n"                                                                                 \
    "      z: {file: a.txt, column: 7}\n"                                                          \
    "      y: {column: $n}\n"                                                                      \
    "      x: {beside: '{n}.txt', file: b.txt}\n"                                                  \
    "      w: energy\n"                                                                            \
    "    plain: {k: 'as {n}', file: a.txt}\n"

static void expect_text(rise_run *run, const char *reference, const char *expected) {
    rise_value *value = NULL;
    if (rise_run_value(run, reference, &value, &err) != RISE_OK)
        fail_msg("%s: %s", reference, err.message);
    const rise_blob *blob = rise_value_blob(value);
    if (blob->size != strlen(expected) || memcmp(blob->bytes, expected, blob->size) != 0)
        fail_msg("%s is `%.*s`, expected `%s`", reference, (int)blob->size,
                 (const char *)blob->bytes, expected);
    rise_value_release(value);
}

static rise_run *run_through(const rise_graph *graph) {
    rise_run *run = start(graph, (rise_run_options){0});
    if (rise_run_wait(run, &err) != RISE_OK)
        fail_msg("%s", err.message);
    return run;
}

static void put_files(void) {
    put_file("a.txt", "A");
    put_file("b.txt", "B");
    put_file("1.txt", "one");
    put_file("2.txt", "two");
}

static void nodes_see_their_files(void **unused) {
    (void)unused;
    put_files();
    rise_graph *graph = load(GRAPH);
    rise_run *run = run_through(graph);
    expect_text(run, "none", "");
    expect_text(run, "one", "first=A;last=A;");
    expect_text(run, "many[n=1]", "first=one;x=B;1=one;z=A;file: a.txt;k: as 1;last=B;");
    expect_text(run, "many[n=2]", "first=two;x=B;1=two;z=A;file: a.txt;k: as 2;last=B;");
    rise_run_free(run);

    /* other content is another key, wherever the file is named */
    put_file("2.txt", "deux");
    run = run_through(graph);
    expect_status(run, "none", "cached");
    expect_status(run, "one", "cached");
    expect_status(run, "many[n=1]", "cached");
    expect_status(run, "many[n=2]", "ran");
    expect_text(run, "many[n=2]", "first=deux;x=B;1=deux;z=A;file: a.txt;k: as 2;last=B;");
    rise_run_free(run);
    rise_graph_free(graph);
}

static const char *cell(const rise_value *v, const char *column, size_t row) {
    const rise_column *c = rise_table_find(rise_value_table(v), column);
    assert_non_null(c);
    return c->text[row];
}

#define SHA_OF_A "559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd"
#define SHA_OF_B "df7e70e5021544f4834bbee64a9e3789febc4be81470df629cad6ddb03320a5c"

/* Each file once for each node, in the order of its parameters. */
static void files_are_listed(void **unused) {
    (void)unused;
    static const char *const expected[][2] = {
        {"one", "a.txt"},  {"many", "1.txt"}, {"many", "2.txt"},
        {"many", "b.txt"}, {"many", "a.txt"},
    };
    enum { N = sizeof expected / sizeof *expected };
    put_files();
    rise_graph *graph = load(GRAPH);
    rise_value *files = NULL;
    assert_int_equal(rise_graph_file_table(graph, &files, &err), RISE_OK);
    assert_int_equal(rise_value_table(files)->n_rows, N);
    for (size_t i = 0; i < N; i++) {
        const char *path = cell(files, "path", i);
        assert_string_equal(cell(files, "node", i), expected[i][0]);
        assert_string_equal(strrchr(path, '/') + 1, expected[i][1]);
    }
    rise_value_release(files);

    rise_graph_free(graph);
}

/* What a run has read, with the digest of each; also where all was known. */
static void files_are_told_after_a_run(void **unused) {
    (void)unused;
    put_files();
    rise_graph *graph = load(GRAPH);
    for (int i = 0; i < 2; i++) {
        rise_value *files = NULL;
        size_t n_a = 0, n_b = 0;
        rise_run *run = run_through(graph);
        assert_int_equal(rise_run_inputs(run, &files, &err), RISE_OK);
        assert_int_equal(rise_value_table(files)->n_rows, 5);
        for (size_t row = 0; row < 5; row++) {
            const char *digest = cell(files, "digest", row);
            assert_int_equal(strlen(digest), 64);
            n_a += strcmp(digest, SHA_OF_A) == 0;
            n_b += strcmp(digest, SHA_OF_B) == 0;
        }
        assert_int_equal(n_a, 2); /* of two nodes */
        assert_int_equal(n_b, 1);
        rise_value_release(files);
        rise_run_free(run);
    }
    /* changed since: no longer what the run read */
    rise_value *files = NULL;
    rise_run *run = run_through(graph);
    put_file("b.txt", "another");
    assert_int_equal(rise_run_inputs(run, &files, &err), RISE_OK);
    assert_string_equal(cell(files, "digest", 0), SHA_OF_A);
    for (size_t row = 1; row < 5; row++)
        assert_string_equal(cell(files, "digest", row), "");
    rise_value_release(files);
    rise_run_free(run);
    rise_graph_free(graph);
}

static void fails(const char *text, const char *says) {
    rise_graph *graph = load(text);
    rise_run *run = start(graph, (rise_run_options){0});
    err = (rise_error){0};
    assert_int_equal(rise_run_wait(run, &err), RISE_E_NOINPUT);
    if (!strstr(err.message, says))
        fail_msg("`%s` does not say `%s`", err.message, says);
    assert_int_equal(err.line, 3);
    rise_run_free(run);
    rise_graph_free(graph);
}

static void files_that_are_not_there(void **unused) {
    (void)unused;
    put_files();
    fails("nodes:\n  it: {type: texts, first: c.txt}\n", "c.txt': No such file");
    fails("nodes:\n  it: {type: texts, parts: {a: {file: a.txt, beside: c.txt}}}\n",
          "c.txt': No such file");
    fails("nodes:\n  it: {type: texts, first: .}\n", "is a folder, not a file");
    /* one that cannot be expanded, after one that could */
    put_file("c.txt", "\x1f\x8b broken");
    rise_graph *graph = load("nodes:\n  it: {type: texts, first: a.txt, last: c.txt}\n");
    rise_run *run = start(graph, (rise_run_options){0});
    err = (rise_error){0};
    assert_int_equal(rise_run_wait(run, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "damaged gzip data"));
    rise_run_free(run);
    rise_graph_free(graph);
}

static int add_texts(void **state) {
    static const rise_node_type *const mine[] = {&texts};
    return set_up(state) == 0 && rise_host_add(host, mine, 1, &err) == RISE_OK ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_see_their_files),
        cmocka_unit_test(files_are_listed),
        cmocka_unit_test(files_are_told_after_a_run),
        cmocka_unit_test(files_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, add_texts, tear_down);
}

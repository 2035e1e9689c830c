/* conform/test_nodes: what every registered node owes the engine and its users, by the public
 * headers alone. Each type has one or more graphs, tests/conform/graphs/TYPE.yaml and TYPE.*.yaml,
 * in which the node called `subject` does real work on small data; a type without a graph fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <rise/rise.h>

#include "support/graph_text.h"

#include <dirent.h>
#include <ftw.h>
#include <glob.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_VALUES = 16, MAX_FILES = 16, MAX_ERRORS = 16, MAX_CASES = 256, HANGS_AFTER_S = 120 };

/* A test case is data: a node type and one of its graphs. */
typedef struct fixture {
    const rise_node_type *type;
    char path[256];
    char *text;
} fixture;

static fixture fixtures[MAX_CASES];
static size_t n_fixtures;
static rise_host *host;
static char root[] =
    "/tmp/rise-conform-XXXXXX"; /* root/graphs, and root/data as the graphs expect it */
static unsigned n_folders;

/* ---- folders -----------------------------------------------------------------------------------
 */
static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk) {
    (void)st, (void)flag, (void)walk;
    return remove(path);
}

static void fresh_folder(char path[256], const char *what) {
    snprintf(path, 256, "%s/%s-%u", root, what, n_folders++);
}

static void make_root(void) {
    char data[4096], link[512], graphs[512];
    assert_non_null(mkdtemp(root));
    assert_non_null(realpath("tests/conform/data", data));
    snprintf(link, sizeof link, "%s/data", root);
    snprintf(graphs, sizeof graphs, "%s/graphs", root);
    assert_int_equal(symlink(data, link), 0);
    assert_int_equal(mkdir(graphs, 0777), 0);
}

/* ---- loading -----------------------------------------------------------------------------------
 */
typedef struct loaded {
    rise_graph *graph;
    rise_status status;
    rise_error error[MAX_ERRORS];
    size_t n_errors;
} loaded;

static void load_text(const char *text, loaded *out) {
    char path[256];
    snprintf(path, sizeof path, "%s/graphs/variant.yaml", root);
    *out = (loaded){0};
    assert_true(graph_text_write(path, text));
    out->status =
        rise_graph_load(host, path, NULL, 0, &out->graph, out->error, MAX_ERRORS, &out->n_errors);
}

/* Refused, with a place and a text for every error; one of them names `name` (at `line`, if not 0).
 */
static void assert_refused(const char *text, const char *name, long line, const char *what) {
    loaded l;
    bool named = false;
    load_text(text, &l);
    rise_graph_free(l.graph);
    if (l.status != RISE_E_GRAPH) {
        fail_msg("%s: not refused (status %d)", what, l.status);
    }
    assert_true(l.n_errors > 0);
    for (size_t i = 0; i < l.n_errors && i < MAX_ERRORS; i++) {
        const rise_error *e = &l.error[i];
        if (!e->message[0] || e->line <= 0 || e->status != RISE_E_GRAPH) {
            fail_msg("%s: error without place or text: %s:%ld: '%s'", what, e->file, e->line,
                     e->message);
        }
        named = named || (strstr(e->message, name) && (line == 0 || e->line == line));
    }
    if (!named) {
        fail_msg("%s: no error at line %ld names `%s`; the first is at line %ld: %s", what, line,
                 name, l.error[0].line, l.error[0].message);
    }
}

/* ---- running -----------------------------------------------------------------------------------
 */
typedef struct result {
    rise_status status;
    rise_error error;
    bool subject_ran;
    size_t n_ran, n_values, n_files;
    char value_name[MAX_VALUES][80];
    rise_id value[MAX_VALUES];
    char file_name[MAX_FILES][256]; /* below the output folder */
    char *file[MAX_FILES];          /* contents, as far as text goes */
    size_t file_size[MAX_FILES];
} result;

typedef struct canceller {
    rise_run *run;
    unsigned delay_us;
} canceller;

static void *cancel_later(void *arg) {
    const canceller *c = arg;
    usleep(c->delay_us);
    rise_run_cancel(c->run, RISE_E_INTERRUPTED);
    return NULL;
}

static char *read_bytes(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *bytes = calloc(1, 1 << 22);
    assert_non_null(bytes);
    *size = fread(bytes, 1, 1 << 22, f);
    fclose(f);
    return bytes;
}

static void take_value(rise_run *run, const char *output, result *out) {
    rise_value *value = NULL;
    rise_error err = {0};
    char *name = out->value_name[out->n_values];
    assert_true(out->n_values < MAX_VALUES);
    snprintf(name, sizeof out->value_name[0], "subject.%s", output);
    rise_status s = rise_run_value(run, name, &value, &err);
    if (s != RISE_OK) {
        fail_msg("%s: %s (the graph must read every output)", name, err.message);
    }
    assert_true(rise_value_bytes(value) > 0);
    out->value[out->n_values++] = rise_value_digest(value);
    rise_value_release(value);
}

/* Outputs per key are named in a comment of the graph: "# keyed outputs: energy group". */
static void take_keyed(rise_run *run, const char *text, result *out) {
    static const char mark[] = "# keyed outputs:";
    const char *at = strstr(text, mark);
    assert_non_null(at);
    char names[200], *rest = NULL;
    snprintf(names, sizeof names, "%.*s", (int)strcspn(at + strlen(mark), "\n"), at + strlen(mark));
    for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        take_value(run, name, out);
    }
}

static void take_results(rise_run *run, const fixture *f, result *out) {
    for (const rise_port *p = f->type->out; p && p->name; p++) {
        if (p->flags & RISE_PORT_PER_KEY) {
            take_keyed(run, f->text, out);
        } else if (strcmp(p->name, "group") != 0 || graph_text_has(f->text, "group")) {
            take_value(run, p->name, out);
        }
    }
}

static void take_instances(rise_run *run, result *out) {
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        bool ran = it.status == RISE_RAN;
        out->n_ran += ran;
        out->subject_ran = out->subject_ran || (ran && strcmp(it.node, "subject") == 0);
        if (ran && !it.reason[0]) {
            fail_msg("%s ran without a reason", it.name);
        }
        if (out->status == RISE_OK && it.status != RISE_RAN && it.status != RISE_CACHED &&
            it.status != RISE_NOT_NEEDED) {
            fail_msg("%s is %s in a run that is done", it.name,
                     rise_instance_status_text(it.status));
        }
    }
}

static void take_files(rise_run *run, result *out) {
    size_t skip = strlen(rise_run_out_folder(run)) + 1;
    assert_true(rise_run_files(run) <= MAX_FILES);
    for (size_t i = 0; i < rise_run_files(run); i++) {
        rise_output_file file;
        rise_run_file(run, i, &file);
        size_t n = out->n_files++;
        out->file[n] = read_bytes(file.path, &out->file_size[n]);
        snprintf(out->file_name[n], sizeof out->file_name[n], "%s", file.path + skip);
    }
}

static void free_result(result *r) {
    for (size_t i = 0; i < r->n_files; i++) {
        free(r->file[i]);
    }
    r->n_files = 0;
}

/* delay_us < 0: not cancelled. */
static void run_text(const fixture *f, const char *text, const char *cache, const char *out,
                     unsigned jobs, long delay_us, result *r) {
    loaded l;
    *r = (result){0};
    load_text(text, &l);
    if (l.status != RISE_OK) {
        fail_msg("%s: line %ld: %s", f->path, l.error[0].line, l.error[0].message);
    }
    rise_run_options options = {.cache = cache, .out = out, .jobs = jobs};
    rise_run *run = NULL;
    alarm(HANGS_AFTER_S);
    assert_int_equal(rise_run_start(host, l.graph, &options, &run, &r->error), RISE_OK);
    canceller c = {run, delay_us > 0 ? (unsigned)delay_us : 0};
    pthread_t thread;
    if (delay_us == 0) {
        rise_run_cancel(run, RISE_E_INTERRUPTED);
    } else if (delay_us > 0) {
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &c), 0);
    }
    r->status = rise_run_wait(run, &r->error);
    if (delay_us > 0) {
        pthread_join(thread, NULL);
    }
    alarm(0);
    take_instances(run, r);
    take_files(run, r);
    if (r->status == RISE_OK) {
        take_results(run, f, r);
    }
    rise_run_free(run);
    rise_graph_free(l.graph);
}

static void run_done(const fixture *f, const char *text, const char *cache, unsigned jobs,
                     result *r) {
    char out[256];
    fresh_folder(out, "out");
    run_text(f, text, cache, out, jobs, -1, r);
    if (r->status != RISE_OK) {
        fail_msg("%s: %s: %s", f->path, rise_status_text(r->status), r->error.message);
    }
}

static void assert_same_files(const result *a, const result *b, const char *what) {
    for (size_t i = 0; i < a->n_files; i++) {
        size_t k = 0;
        while (k < b->n_files && strcmp(a->file_name[i], b->file_name[k]) != 0) {
            k++;
        }
        if (k == b->n_files) {
            fail_msg("%s: file %s is not there", what, a->file_name[i]);
        } else if (a->file_size[i] != b->file_size[k] ||
                   memcmp(a->file[i], b->file[k], a->file_size[i]) != 0) {
            fail_msg("%s: file %s has other bytes", what, a->file_name[i]);
        }
    }
}

static void assert_same(const result *a, const result *b, const char *what) {
    assert_int_equal(a->n_values, b->n_values);
    for (size_t i = 0; i < a->n_values; i++) {
        if (memcmp(&a->value[i], &b->value[i], sizeof(rise_id)) != 0) {
            fail_msg("%s: %s has other bytes", what, a->value_name[i]);
        }
    }
    assert_int_equal(a->n_files, b->n_files);
    assert_same_files(a, b, what);
}

/* ---- the tests: one graph each -----------------------------------------------------------------
 */
/* One and three threads give the same bytes. */
static void test_threads(void **state) {
    const fixture *f = *state;
    char cache[2][256];
    result one, three;
    fresh_folder(cache[0], "cache");
    fresh_folder(cache[1], "cache");
    run_done(f, f->text, cache[0], 1, &one);
    run_done(f, f->text, cache[1], 3, &three);
    assert_true(one.subject_ran && three.subject_ran);
    assert_true(one.n_values + one.n_files > 0);
    assert_same(&one, &three, "three threads");
    free_result(&one);
    free_result(&three);
}

/* Texts are quoted, so that YAML reads `::` and the empty text as they stand. */
static bool is_quoted(const rise_param *p) {
    bool text = p->type == RISE_P_TEXT || p->type == RISE_P_CHOICE || p->type == RISE_P_SLICE ||
                p->type == RISE_P_FILE || p->type == RISE_P_OUTPUT;
    return text && p->def[0] != '"';
}

/* Every parameter that is not given and has a default, written out. */
static char *with_defaults(const fixture *f) {
    char *text = strdup(f->text);
    assert_non_null(text);
    for (const rise_param *p = f->type->params; p && p->name; p++) {
        if (!p->def || graph_text_has(text, p->name)) {
            continue;
        }
        char value[BAD_TEXT];
        snprintf(value, sizeof value, is_quoted(p) ? "\"%s\"" : "%s", p->def);
        char *next = graph_text_with(text, p->name, value, NULL);
        assert_non_null(next);
        free(text);
        text = next;
    }
    return text;
}

/* A second run computes nothing and gives the same, also when defaults are written out. */
static void test_again(void **state) {
    const fixture *f = *state;
    char cache[256];
    result first, second;
    fresh_folder(cache, "cache");
    run_done(f, f->text, cache, 2, &first);
    run_done(f, f->text, cache, 2, &second);
    assert_true(first.subject_ran);
    assert_int_equal(second.n_ran, 0);
    assert_same(&first, &second, "the second run");
    free_result(&second);
    char *text = with_defaults(f);
    run_done(f, text, cache, 2, &second);
    assert_false(second.subject_ran);
    assert_same_files(&first, &second, "defaults written out");
    free(text);
    free_result(&first);
    free_result(&second);
}

/* A run that is told to stop returns; what it left is enough for the next to give the same. */
static void test_cancel(void **state) {
    static const long delay_us[] = {0, 1000, 5000, 15000, 40000};
    const fixture *f = *state;
    char cache[256], out[256];
    result whole;
    fresh_folder(cache, "cache");
    run_done(f, f->text, cache, 2, &whole);
    for (size_t i = 0; i < sizeof delay_us / sizeof *delay_us; i++) {
        result stopped, resumed;
        fresh_folder(cache, "cache");
        fresh_folder(out, "out");
        run_text(f, f->text, cache, out, 2, delay_us[i], &stopped);
        if (stopped.status != RISE_OK && stopped.status != RISE_E_INTERRUPTED) {
            fail_msg("%s, stopped after %ld us: %s", f->path, delay_us[i], stopped.error.message);
        }
        assert_same_files(&stopped, &whole, "a stopped run");
        run_done(f, f->text, cache, 2, &resumed);
        assert_same(&whole, &resumed, "after a stopped run");
        free_result(&stopped);
        free_result(&resumed);
    }
    free_result(&whole);
}

/* Bad values of every parameter, unknown ones, and ones that are missing. */
static void test_parameters(void **state) {
    const fixture *f = *state;
    char bad[BAD_VALUES][BAD_TEXT], what[320];
    for (const rise_param *p = f->type->params; p && p->name; p++) {
        size_t n = graph_text_bad(p, bad);
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++) {
            long line = 0;
            char *text = graph_text_with(f->text, p->name, bad[i], &line);
            assert_non_null(text);
            snprintf(what, sizeof what, "%.100s: %.*s", p->name, BAD_TEXT, bad[i]);
            assert_refused(text, p->name, line, what);
            free(text);
        }
        bool required = !p->def && !(p->flags & RISE_PARAM_OPTIONAL) && p->type != RISE_P_SPECIES;
        if (required) {
            char *text = graph_text_with(f->text, p->name, NULL, NULL);
            snprintf(what, sizeof what, "without %s", p->name);
            assert_refused(text, p->name, 0, what);
            free(text);
        }
    }
}

static void assert_suggests(const fixture *f, const char *name) {
    char wrong[80];
    long line = 0;
    loaded l;
    bool hinted = false;
    snprintf(wrong, sizeof wrong, "%s%c", name, name[strlen(name) - 1]);
    char *text = graph_text_with(f->text, wrong, "1", &line);
    assert_refused(text, wrong, line, wrong);
    load_text(text, &l);
    for (size_t i = 0; i < l.n_errors && i < MAX_ERRORS; i++) {
        hinted = hinted || (l.error[i].line == line && strstr(l.error[i].hint, "did you mean") &&
                            strstr(l.error[i].hint, name));
    }
    if (strlen(name) >= 4 && !hinted) {
        fail_msg("`%s`: nobody asks whether `%s` was meant", wrong, name);
    }
    free(text);
}

static void test_unknown_names(void **state) {
    const fixture *f = *state;
    for (const rise_param *p = f->type->params; p && p->name; p++) {
        assert_suggests(f, p->name);
    }
    for (const rise_port *p = f->type->in; p && p->name; p++) {
        assert_suggests(f, p->name);
    }
    char *text = graph_text_with(f->text, "qqqqqqqq", "1", NULL);
    assert_refused(text, "qqqqqqqq", 0, "an unknown name");
    free(text);
}

/* Inputs: missing, or of nodes and outputs that are not there. */
static void test_inputs(void **state) {
    const fixture *f = *state;
    for (const rise_port *p = f->type->in; p && p->name; p++) {
        long line = 0;
        char *text = NULL;
        if (!(p->flags & RISE_PORT_OPTIONAL)) {
            assert_true(graph_text_has(f->text, p->name));
            text = graph_text_with(f->text, p->name, NULL, NULL);
            assert_refused(text, p->name, 0, "an input is not connected");
            free(text);
        }
        text = graph_text_with(f->text, p->name, "nobody", &line);
        assert_refused(text, "nobody", line, "a node that is not there");
        free(text);
        text = graph_text_with(f->text, p->name, "subject.nothing", &line);
        assert_refused(text, "subject", 0, "an output that is not there");
        free(text);
    }
}

/* ---- the rows themselves ------------------------------------------------------------------------
 */
static void assert_told(const char *type, const char *name, const char *help) {
    if (!help || !help[0]) {
        fail_msg("%s.%s has no help", type, name);
    }
}

static bool is_choice(const char *choices, const char *text) {
    size_t n = strlen(text);
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        if (strncmp(at, text, n) == 0 && (at[n] == '|' || !at[n])) {
            return true;
        }
    }
    return false;
}

static void check_rows(const char *type, const rise_param *rows) {
    for (const rise_param *p = rows; p && p->name; p++) {
        assert_told(type, p->name, p->help);
        bool number = p->type == RISE_P_INT || p->type == RISE_P_REAL || p->type == RISE_P_INTS ||
                      p->type == RISE_P_REALS;
        if (isnan(p->min) || isnan(p->max) || p->min > p->max ||
            (!number && (p->min < 0 || p->min > 0 || p->max < 0 || p->max > 0))) {
            fail_msg("%s.%s: bounds %g .. %g", type, p->name, p->min, p->max);
        }
        if (number && p->flags & (RISE_PARAM_OPEN_MIN | RISE_PARAM_OPEN_MAX) && p->min >= p->max) {
            fail_msg("%s.%s: an open bound that is not there", type, p->name);
        }
        if (p->type == RISE_P_CHOICE && p->def && !is_choice(p->choices, p->def)) {
            fail_msg("%s.%s: the default `%s` is no choice", type, p->name, p->def);
        }
        if (p->def && p->flags & RISE_PARAM_OPTIONAL) {
            fail_msg("%s.%s has a default and is called optional", type, p->name);
        }
        check_rows(type, p->fields);
    }
}

static void test_rows(void **state) {
    const rise_node_type *t = *state;
    assert_int_equal(t->abi, RISE_NODE_ABI);
    assert_int_equal(t->size, sizeof *t);
    assert_told(t->name, "brief", t->brief);
    assert_true(t->version > 0);
    assert_int_equal((t->source != NULL) + (t->map != NULL) + (t->whole != NULL), 1);
    assert_true(t->map || (!t->open && !t->keep));
    assert_int_equal(t->open != NULL, t->close != NULL);
    for (const rise_port *p = t->in; p && p->name; p++) {
        assert_told(t->name, p->name, p->help);
    }
    for (const rise_port *p = t->out; p && p->name; p++) {
        assert_told(t->name, p->name, p->help);
    }
    check_rows(t->name, t->params);
}

/* Every type has a graph in which it is the subject. */
static void test_has_graph(void **state) {
    const rise_node_type *t = *state;
    char line[80];
    size_t n = 0;
    snprintf(line, sizeof line, "\n  subject:\n    type: %s\n", t->name);
    for (size_t i = 0; i < n_fixtures; i++) {
        if (fixtures[i].type == t) {
            assert_non_null(strstr(fixtures[i].text, line));
            n++;
        }
    }
    if (n == 0) {
        fail_msg("tests/conform/graphs/%s.yaml is missing", t->name);
    }
}

/* ---- which tests there are ----------------------------------------------------------------------
 */
static struct CMUnitTest tests[8 * MAX_CASES];
static char names[8 * MAX_CASES][96];
static size_t n_tests;

static void add_test(const char *what, const char *of, CMUnitTestFunction function, void *state) {
    if (n_tests < sizeof tests / sizeof *tests) {
        snprintf(names[n_tests], sizeof names[0], "%s: %s", of, what);
        tests[n_tests] = (struct CMUnitTest){
            .name = names[n_tests], .test_func = function, .initial_state = state};
        n_tests++;
    }
}

static void find_fixtures(const rise_node_type *type, const char *pattern) {
    char path[256];
    glob_t found;
    snprintf(path, sizeof path, pattern, type->name);
    if (glob(path, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && n_fixtures < MAX_CASES; i++) {
            fixture *f = &fixtures[n_fixtures++];
            f->type = type;
            f->text = graph_text_read(found.gl_pathv[i]);
            snprintf(f->path, sizeof f->path, "%s", found.gl_pathv[i]);
        }
    }
    globfree(&found);
}

static void add_tests(const rise_node_type *type) {
    size_t first = n_fixtures;
    find_fixtures(type, "tests/conform/graphs/%s.yaml");
    find_fixtures(type, "tests/conform/graphs/%s.*.yaml");
    add_test("rows are complete", type->name, test_rows, (void *)(size_t)type);
    add_test("has a graph", type->name, test_has_graph, (void *)(size_t)type);
    for (size_t i = first; i < n_fixtures; i++) {
        const char *name = strrchr(fixtures[i].path, '/') + 1;
        add_test("one and three threads", name, test_threads, &fixtures[i]);
        add_test("a second run", name, test_again, &fixtures[i]);
        add_test("cancel", name, test_cancel, &fixtures[i]);
        if (i == first) {
            add_test("bad parameters", name, test_parameters, &fixtures[i]);
            add_test("unknown names", name, test_unknown_names, &fixtures[i]);
            add_test("inputs", name, test_inputs, &fixtures[i]);
        }
    }
}

static int start(void **state) {
    rise_error err = {0};
    (void)state;
    make_root();
    if (rise_host_new(&host, &err) != RISE_OK ||
        rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err) != RISE_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    return 0;
}

static int stop(void **state) {
    (void)state;
    rise_host_free(host);
    for (size_t i = 0; i < n_fixtures; i++) {
        free(fixtures[i].text);
    }
    return nftw(root, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
    for (size_t i = 0; i < rise_builtin_count; i++) {
        add_tests(rise_builtin_nodes[i]);
    }
    return _cmocka_run_group_tests("nodes", tests, n_tests, start, stop);
}

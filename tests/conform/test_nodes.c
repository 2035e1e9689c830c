/* conform/test_nodes: what every registered node owes to a run, by the public headers alone: the
 * same bytes for any number of threads, nothing to do in a second run, and an end when it is told
 * to stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/cases.h"
#include "support/fixtures.h"
#include "support/graph_text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_VALUES = 16, MAX_FILES = 16, HANGS_AFTER_S = 120 };

static fixture_set set;

/* ---- running --------------------------------------------------------------------------------- */
typedef struct result {
    rise_status status;
    rise_error error;
    bool subject_ran;
    size_t n_ran, n_values, n_files;
    char value_name[MAX_VALUES][80];
    rise_id value[MAX_VALUES];
    char file_name[MAX_FILES][FIXTURE_PATH]; /* below the output folder */
    char *file[MAX_FILES];                   /* contents, as far as text goes */
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

/* Outputs that a graph cannot have are named in a comment of it: "# no outputs: model shap". */
static bool left_out(const char *text, const char *output) {
    static const char mark[] = "# no outputs:";
    const char *at = strstr(text, mark);
    char line[200], name[80];
    snprintf(line, sizeof line, "%.*s ", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
    snprintf(name, sizeof name, " %s ", output);
    return strstr(line, name) != NULL;
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
        } else if (left_out(f->text, p->name)) {
            continue;
        } else if (strcmp(p->name, "group") != 0 || graph_text_has(f->text, "group")) {
            /* the reader has groups only where its graph gives the pattern for them */
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
    fixture_graph l;
    *r = (result){0};
    assert_true(fixture_load(&set, text, &l));
    if (l.status != RISE_OK) {
        fail_msg("%s: line %ld: %s", f->path, l.error[0].line, l.error[0].message);
    }
    rise_run_options options = {.cache = cache, .out = out, .jobs = jobs};
    rise_run *run = NULL;
    alarm(HANGS_AFTER_S);
    assert_int_equal(rise_run_start(set.host, l.graph, &options, &run, &r->error), RISE_OK);
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
    char out[FIXTURE_PATH];
    fixture_folder(&set, out, "out");
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

/* ---- the tests: one graph each --------------------------------------------------------------- */
/* One and three threads give the same bytes. */
static void test_threads(void **state) {
    const fixture *f = *state;
    char cache[2][FIXTURE_PATH];
    result one, three;
    fixture_folder(&set, cache[0], "cache");
    fixture_folder(&set, cache[1], "cache");
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
        char value[160];
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
    char cache[FIXTURE_PATH];
    result first, second;
    fixture_folder(&set, cache, "cache");
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
    char cache[FIXTURE_PATH], out[FIXTURE_PATH];
    result whole;
    fixture_folder(&set, cache, "cache");
    run_done(f, f->text, cache, 2, &whole);
    for (size_t i = 0; i < sizeof delay_us / sizeof *delay_us; i++) {
        result stopped, resumed;
        fixture_folder(&set, cache, "cache");
        fixture_folder(&set, out, "out");
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

/* ---- which tests there are ------------------------------------------------------------------- */
static int start(void **state) {
    (void)state;
    return fixtures_start(&set) ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    return fixtures_stop(&set) ? 0 : -1;
}

int main(void) {
    fixtures_find(&set);
    for (size_t i = 0; i < set.n; i++) {
        fixture *f = &set.item[i];
        cases_add("one and three threads", f->name, test_threads, f);
        cases_add("a second run", f->name, test_again, f);
        cases_add("cancel", f->name, test_cancel, f);
    }
    return cases_run("nodes", start, stop);
}

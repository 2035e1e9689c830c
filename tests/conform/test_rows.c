/* conform/test_rows: what the rows of every registered node promise, without running anything: help
 * and sane bounds, and a clear refusal, with its place, of every value, name and reference that is
 * not good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/cases.h"
#include "support/fixtures.h"
#include "support/graph_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fixture_set set;

/* ---- the rows themselves --------------------------------------------------------------------- */
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
    assert_true((t->map || !t->keep) && (t->map || t->source || !t->open));
    assert_int_equal(t->open != NULL, t->close != NULL);
    for (const rise_port *p = t->in; p && p->name; p++) {
        assert_told(t->name, p->name, p->help);
    }
    for (const rise_port *p = t->out; p && p->name; p++) {
        assert_told(t->name, p->name, p->help);
    }
    check_rows(t->name, t->params);
}

/* ---- refusals -------------------------------------------------------------------------------- */
/* Refused, with a place and a text for every error; one of them names `name` (at `line`, if not 0).
 */
static void assert_refused(const char *text, const char *name, long line, const char *what) {
    fixture_graph l;
    bool named = false;
    assert_true(fixture_load(&set, text, &l));
    rise_graph_free(l.graph);
    if (l.status != RISE_E_GRAPH) {
        fail_msg("%s: not refused (status %d)", what, l.status);
    }
    assert_true(l.n_errors > 0);
    for (size_t i = 0; i < l.n_kept; i++) {
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
    fixture_graph l;
    bool hinted = false;
    snprintf(wrong, sizeof wrong, "%s%c", name, name[strlen(name) - 1]);
    char *text = graph_text_with(f->text, wrong, "1", &line);
    assert_refused(text, wrong, line, wrong);
    assert_true(fixture_load(&set, text, &l));
    for (size_t i = 0; i < l.n_kept; i++) {
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

/* Every type has a graph in which it is the subject. */
static void test_has_graph(void **state) {
    const rise_node_type *t = *state;
    char line[80];
    size_t n = 0;
    snprintf(line, sizeof line, "\n  subject:\n    type: %s\n", t->name);
    for (size_t i = 0; i < set.n; i++) {
        if (set.item[i].type == t) {
            assert_non_null(strstr(set.item[i].text, line));
            n++;
        }
    }
    if (n == 0) {
        fail_msg("tests/conform/graphs/%s.yaml is missing", t->name);
    }
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
    for (size_t i = 0; i < rise_builtin_count; i++) {
        void *type = (void *)(size_t)rise_builtin_nodes[i];
        cases_add("rows are complete", rise_builtin_nodes[i]->name, test_rows, type);
        cases_add("has a graph", rise_builtin_nodes[i]->name, test_has_graph, type);
    }
    for (size_t i = 0; i < set.n; i++) {
        fixture *f = &set.item[i];
        if (f->first) {
            cases_add("bad parameters", f->name, test_parameters, f);
            cases_add("unknown names", f->name, test_unknown_names, f);
            cases_add("inputs", f->name, test_inputs, f);
        }
    }
    return cases_run("rows", start, stop);
}

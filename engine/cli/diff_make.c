/* cli/diff_make: what differs between two records of runs. */
#include "diff.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Each section compares two objects by their keys, in the order of the first, then what only the
 * second has. `row` is told of each pair that is not equal; either may be NULL. */
typedef void (*pair_row)(json_t *rows, const char *key, json_t *a, json_t *b, const void *user);

static json_t *compare(json_t *a, json_t *b, pair_row row, const void *user) {
    json_t *rows = json_array(), *value;
    const char *key;
    json_object_foreach(a, key, value) {
        json_t *other = json_object_get(b, key);
        if (!other || !json_equal(value, other))
            row(rows, key, value, other, user);
    }
    json_object_foreach(b, key, value) if (!json_object_get(a, key))
        row(rows, key, NULL, value, user);
    return rows;
}

/* NULL becomes null; the reference stays the caller's. */
static json_t *shared(json_t *value) {
    return value ? json_incref(value) : json_null();
}

static void plain_row(json_t *rows, const char *key, json_t *a, json_t *b, const void *name) {
    json_array_append_new(rows, json_pack("{s:s, s:o, s:o}", (const char *)name, key, "a",
                                          shared(a), "b", shared(b)));
}

/* A type that one run did not use is told with its nodes. */
static void version_row(json_t *rows, const char *key, json_t *a, json_t *b, const void *user) {
    if (a && b)
        plain_row(rows, key, a, b, user);
}

/* ---- parameters ------------------------------------------------------------------------------ */
/* {"soap.sigma": [value, place]} */
static json_t *parameters_of(const json_t *run) {
    json_t *all = json_object(), *p;
    size_t i;
    json_array_foreach(json_object_get(run, "parameters"), i, p) {
        char name[512], place[4400];
        const char *source = text_of(p, "source"), *unit = text_of(p, "unit");
        json_int_t line = json_integer_value(json_object_get(p, "line"));
        snprintf(name, sizeof name, "%s.%s", text_of(p, "node"), text_of(p, "parameter"));
        snprintf(place, sizeof place, "%s", strcmp(source, "set") == 0 ? "--set" : source);
        if (line > 0)
            snprintf(place, sizeof place, "%.4096s:%lld", text_of(run, "graph"), (long long)line);
        json_object_set_new(
            all, name, json_pack("[s++, s]", text_of(p, "value"), unit[0] ? " " : "", unit, place));
    }
    return all;
}

typedef struct both {
    json_t *a, *b; /* nodes of either run */
} both;

/* Where a node is in one run only, that says it all. A line that moved is no difference. */
static void parameter_row(json_t *rows, const char *key, json_t *a, json_t *b, const void *user) {
    const both *nodes = user;
    char node[256];
    snprintf(node, sizeof node, "%.*s", (int)strcspn(key, "."), key);
    if (!json_object_get(nodes->a, node) || !json_object_get(nodes->b, node) ||
        (a && b && json_equal(json_array_get(a, 0), json_array_get(b, 0))))
        return;
    json_array_append_new(
        rows, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", key, "a", shared(json_array_get(a, 0)),
                        "b", shared(json_array_get(b, 0)), "a_at", shared(json_array_get(a, 1)),
                        "b_at", shared(json_array_get(b, 1))));
}

/* ---- inputs ---------------------------------------------------------------------------------- */
static json_t *inputs_of(const json_t *run) {
    json_t *all = json_object(), *file, *more = json_object_get(run, "more_inputs");
    size_t i;
    json_array_foreach(json_object_get(run, "inputs"), i, file) {
        char name[4700];
        snprintf(name, sizeof name, "%s %s", text_of(file, "node"), text_of(file, "path"));
        json_object_set(all, name, json_object_get(file, "digest"));
    }
    if (more)
        json_object_set(all, "(others)", json_object_get(more, "digest"));
    return all;
}

static void input_row(json_t *rows, const char *key, json_t *a, json_t *b, const void *user) {
    (void)user;
    int n = (int)strcspn(key, " ");
    const char *path = key[n] ? key + n + 1 : "further files";
    char node[256];
    snprintf(node, sizeof node, "%.*s", n, key);
    json_array_append_new(rows, json_pack("{s:s, s:s, s:o, s:o}", "node", node, "path", path, "a",
                                          shared(a), "b", shared(b)));
}

/* ---- nodes and their times ------------------------------------------------------------------- */
/* {"soap": "soap × 3"} */
static json_t *nodes_of(const json_t *run) {
    json_t *counts = json_object(), *all = json_object(), *it;
    size_t i;
    json_array_foreach(json_object_get(run, "instances"), i, it) {
        const char *node = text_of(it, "node");
        json_int_t n = json_integer_value(json_object_get(counts, node)) + 1;
        char text[300];
        json_object_set_new(counts, node, json_integer(n));
        snprintf(text, sizeof text, n > 1 ? "%.200s × %lld" : "%.200s", text_of(it, "type"),
                 (long long)n);
        json_object_set_new(all, node, json_string(text));
    }
    json_decref(counts);
    return all;
}

/* Processor seconds of what ran, by node. */
static json_t *times_of(const json_t *run) {
    json_t *all = json_object(), *it;
    size_t i;
    json_array_foreach(json_object_get(run, "instances"), i, it) {
        const char *node = text_of(it, "node"), *status = text_of(it, "status");
        if (strcmp(status, "ran") != 0 && strcmp(status, "failed") != 0)
            continue;
        double before = json_number_value(json_object_get(all, node));
        double more = json_number_value(json_object_get(it, "cpu_s"));
        json_object_set_new(all, node, json_real(before + more));
    }
    return all;
}

/* ---- metrics --------------------------------------------------------------------------------- */
static void metric_row(json_t *rows, const char *key, json_t *a, json_t *b, const void *user) {
    (void)user;
    bool numbers = json_is_number(a) && json_is_number(b);
    double difference = json_number_value(b) - json_number_value(a);
    if (numbers && json_number_value(a) == json_number_value(b)) /* 3 and 3.0 */
        return;
    json_array_append_new(rows, json_pack("{s:s, s:o, s:o, s:o}", "name", key, "a", shared(a), "b",
                                          shared(b), "difference",
                                          numbers ? json_real(difference) : json_null()));
}

/* ---- all of it ------------------------------------------------------------------------------- */
static bool put(json_t *out, const char *key, json_t *a, json_t *b, pair_row row,
                const void *user) {
    bool done = json_object_set_new(out, key, compare(a, b, row, user)) == 0;
    json_decref(a);
    json_decref(b);
    return done;
}

static json_t *part_of(const json_t *run, const char *key) {
    return json_incref(json_object_get(run, key));
}

json_t *diff_make(json_t *a, json_t *b) {
    json_t *out = json_pack("{s:o, s:o}", "a", past_brief_json(a), "b", past_brief_json(b));
    both nodes = {nodes_of(a), nodes_of(b)};
    bool done =
        put(out, "parameters", parameters_of(a), parameters_of(b), parameter_row, &nodes) &&
        put(out, "inputs", inputs_of(a), inputs_of(b), input_row, NULL) &&
        put(out, "versions", part_of(a, "versions"), part_of(b, "versions"), version_row, "name") &&
        put(out, "nodes", json_incref(nodes.a), json_incref(nodes.b), plain_row, "node") &&
        put(out, "metrics", part_of(a, "metrics"), part_of(b, "metrics"), metric_row, NULL) &&
        put(out, "times", times_of(a), times_of(b), plain_row, "node");
    json_decref(nodes.a);
    json_decref(nodes.b);
    if (done)
        return out;
    json_decref(out);
    return NULL;
}

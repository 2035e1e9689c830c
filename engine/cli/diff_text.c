/* cli/diff_text: the differences of two runs, as people read them. */
#include "diff.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 100, WIDEST = 60 };

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* A value on one line, at most so many columns. */
static void plain(char *out, size_t size, const char *text, size_t columns) {
    snprintf(out, size, "%s", text);
    text_fit(out, columns);
    if (strlen(text) > strlen(out) && strlen(out) + 4 < size)
        strcat(out, "...");
}

/* ---- one cell of each section ---------------------------------------------------------------- */
typedef void (*cell_text)(const json_t *row, const char *side, char *out, size_t size);

static void parameter_cell(const json_t *row, const char *side, char *out, size_t size) {
    char at[8], value[200];
    snprintf(at, sizeof at, "%s_at", side);
    if (json_is_null(json_object_get(row, side))) {
        snprintf(out, size, "unset");
        return;
    }
    plain(value, sizeof value, text_of(row, side), WIDEST);
    snprintf(out, size, "%s (%s)", value[0] ? value : "none", text_of(row, at));
}

static void input_cell(const json_t *row, const char *side, char *out, size_t size) {
    const char *digest = text_of(row, side);
    if (json_is_null(json_object_get(row, side)))
        snprintf(out, size, "not read");
    else
        snprintf(out, size, "%.12s", digest[0] ? digest : "not read");
}

static void text_cell(const json_t *row, const char *side, char *out, size_t size) {
    const json_t *value = json_object_get(row, side);
    plain(out, size, json_is_null(value) ? "not there" : text_of(row, side), WIDEST);
}

static void metric_cell(const json_t *row, const char *side, char *out, size_t size) {
    const json_t *value = json_object_get(row, side);
    if (json_is_string(value))
        plain(out, size, json_string_value(value), WIDEST);
    else if (json_is_number(value))
        snprintf(out, size, "%.6g", json_number_value(value));
    else
        snprintf(out, size, "unknown");
}

static void time_cell(const json_t *row, const char *side, char *out, size_t size) {
    const json_t *value = json_object_get(row, side);
    char spent[16];
    text_seconds(json_number_value(value), spent);
    snprintf(out, size, "%s", json_is_number(value) ? spent : "did not run");
}

/* ---- sections -------------------------------------------------------------------------------- */
static void row_name(const json_t *row, char *out, size_t size) {
    const char *path = text_of(row, "path"), *node = text_of(row, "node");
    if (path[0])
        snprintf(out, size, "%s %s", node, path);
    else
        snprintf(out, size, "%s", node[0] ? node : text_of(row, "name"));
    text_fit(out, size);
}

static void widen(size_t *width, const char *text) {
    size_t n = text_columns(text);
    *width = n > *width && n <= WIDEST ? n : *width;
}

static void widths(const json_t *rows, cell_text cell, size_t width[3]) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        char text[4800];
        row_name(row, text, sizeof text);
        widen(&width[0], text);
        cell(row, "a", text, sizeof text);
        widen(&width[1], text);
        cell(row, "b", text, sizeof text);
        widen(&width[2], text);
    }
}

static void print_section(const json_t *diff, const char *key, const char *title, cell_text cell) {
    const json_t *rows = json_object_get(diff, key);
    size_t i, width[3] = {0}, n = json_array_size(rows);
    json_t *row;
    if (n == 0)
        return;
    printf("\n%s\n", title);
    widths(rows, cell, width);
    json_array_foreach(rows, i, row) {
        char text[4800];
        if (i == MOST_ROWS) {
            printf("  and %zu more, which --json tells\n", n - i);
            break;
        }
        row_name(row, text, sizeof text);
        fputs("  ", stdout);
        terminal_padded(stdout, text, width[0]);
        cell(row, "a", text, sizeof text);
        fputs("  ", stdout);
        terminal_padded(stdout, text, width[1]);
        cell(row, "b", text, sizeof text);
        const json_t *difference = json_object_get(row, "difference");
        bool number = json_is_number(difference);
        fputs("  ", stdout);
        terminal_padded(stdout, text, number ? width[2] : 0);
        if (number)
            printf("  %+.3g", json_number_value(difference));
        putchar('\n');
    }
}

static void print_run(const char *side, json_t *run) {
    past_brief b;
    char spent[16], set[sizeof b.set];
    past_brief_of(run, &b);
    text_seconds(b.wall_s, spent);
    memcpy(set, b.set, sizeof set);
    text_fit(set, sizeof set);
    printf("%s  %-8s  %s  ", side, b.id, b.when);
    terminal_text(stdout, b.graph);
    printf("  %s, %lld ran, %lld cached, %s%s", b.status,
           json_integer_value(json_object_get(run, "ran")),
           json_integer_value(json_object_get(run, "cached")), spent, set[0] ? "  " : "");
    terminal_text(stdout, set);
    putchar('\n');
}

void diff_print(json_t *diff) {
    static const struct {
        const char *key, *title;
        cell_text cell;
    } section[] = {{"parameters", "parameters", parameter_cell},
                   {"inputs", "input files", input_cell},
                   {"versions", "versions and machine", text_cell},
                   {"nodes", "nodes", text_cell},
                   {"metrics", "metrics", metric_cell},
                   {"times", "processor time of what ran", time_cell}};
    enum { SECTIONS = sizeof section / sizeof *section, COMPARED = SECTIONS - 1 };
    size_t n = 0;
    print_run("a", json_object_get(diff, "a"));
    print_run("b", json_object_get(diff, "b"));
    for (size_t i = 0; i < COMPARED; i++)
        n += json_array_size(json_object_get(diff, section[i].key));
    if (n == 0)
        puts("\nnothing differs but what ran, and how long it took");
    for (size_t i = 0; i < SECTIONS; i++)
        print_section(diff, section[i].key, section[i].title, section[i].cell);
}

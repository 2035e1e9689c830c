/* cli/tell: errors as a person reads them, and small texts. */
#include "cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The line, where it is short enough to be of use, and a caret below the place. */
static void show_line(const rise_error *err) {
    FILE *file = fopen(err->file, "r");
    char *line = NULL;
    size_t room = 0;
    long n = 0;
    while (file && n < err->line && getline(&line, &room, file) >= 0)
        n++;
    if (file)
        fclose(file);
    if (n == err->line && line && strlen(line) <= 200) {
        line[strcspn(line, "\r\n")] = 0;
        fprintf(stderr, "  %5ld | ", err->line);
        terminal_text(stderr, line);
        fputc('\n', stderr);
        if (err->col > 0 && (size_t)err->col <= strlen(line) + 1) {
            fputs("        | ", stderr);
            for (long i = 1; i < err->col; i++)
                fputc(line[i - 1] == '\t' ? '\t' : ' ', stderr);
            fputs("^\n", stderr);
        }
    }
    free(line);
}

static void tell_line(const char *what, const char *text) {
    fputs(what, stderr);
    terminal_text(stderr, text);
    fputc('\n', stderr);
}

static void tell_text(const rise_error *err) {
    fputs("rise-run: ", stderr);
    terminal_text(stderr, err->file);
    if (err->file[0] && err->line > 0 && err->col > 0)
        fprintf(stderr, ":%ld:%ld: ", err->line, err->col);
    else if (err->file[0] && err->line > 0)
        fprintf(stderr, ":%ld: ", err->line);
    else if (err->file[0])
        fputs(": ", stderr);
    tell_line("", err->message);
    size_t n = strlen(err->file);
    if (err->line > 0 && n > 5 && strcmp(err->file + n - 5, ".yaml") == 0)
        show_line(err);
    if (err->hint[0])
        tell_line("  hint: ", err->hint);
}

static bool in_json;

void tell_in_json(void) {
    in_json = true;
}

static void tell_json(const rise_error *err, const char *instance) {
    json_t *event = json_pack(
        "{s:s, s:s, s:i, s:o, s:o, s:I, s:I, s:o, s:o}", "event", "error", "class",
        rise_status_text(err->status), "exit", rise_status_exit(err->status), "instance",
        json_text(instance), "file", json_text(err->file), "line", (json_int_t)err->line, "col",
        (json_int_t)err->col, "message", json_text(err->message), "hint", json_text(err->hint));
    json_line(event);
}

void tell_failure(const rise_error *err, const char *instance) {
    if (in_json) {
        tell_json(err, instance);
        return;
    }
    tell_text(err);
    if (instance)
        tell_line("  in node ", instance);
}

void tell_error(const rise_error *err) {
    tell_failure(err, NULL);
}

void tell_errors(const rise_error *errors, size_t n) {
    for (size_t i = 0; i < n && i < MOST_ERRORS; i++)
        tell_error(&errors[i]);
    if (n > MOST_ERRORS && !in_json)
        fprintf(stderr, "rise-run: and %zu more errors\n", n - MOST_ERRORS);
}

rise_graph *load_graph(rise_host *host, const char *path, const cli_options *o, int *exit_code) {
    static rise_error errors[MOST_ERRORS];
    size_t n = 0;
    rise_graph *graph = NULL;
    rise_status s = rise_graph_load(host, path, o->set, o->n_set, &graph, errors, MOST_ERRORS, &n);
    *exit_code = rise_status_exit(s);
    if (s != RISE_OK)
        tell_errors(errors, n);
    return graph;
}

void text_bytes(double bytes, char text[16]) {
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    size_t u = 0;
    for (; bytes >= 1000 && u < 4; u++)
        bytes /= 1000;
    snprintf(text, 16, bytes < 10 && u ? "%.1f %s" : "%.0f %s", bytes, unit[u]);
}

void text_seconds(double s, char text[16]) {
    if (s < 0.0995)
        snprintf(text, 16, "%.0f ms", s * 1e3);
    else if (s < 60)
        snprintf(text, 16, "%.1f s", s);
    else if (s < 3600)
        snprintf(text, 16, "%d min %02d s", (int)(s / 60), (int)s % 60);
    else
        snprintf(text, 16, "%d h %02d min", (int)(s / 3600), (int)(s / 60) % 60);
}

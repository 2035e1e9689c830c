/* cli/new: `rise-run new`: a graph to begin with, on the user's own files. */
#include "starter.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A JSON string is a quoted string of YAML as well. Owned; NULL: memory is short. */
static char *quoted(const char *text) {
    json_t *value = json_text(text);
    char *out = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    json_decref(value);
    return out;
}

/* One line from the terminal, owned; NULL when nothing was said. */
static char *ask(const char *question) {
    char *line = NULL;
    size_t room = 0;
    fprintf(stderr, "%s ", question);
    ssize_t n = getline(&line, &room, stdin);
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r' || line[n - 1] == ' '))
        line[--n] = 0;
    if (n > 0)
        return line;
    free(line);
    return NULL;
}

/* Paths in a graph begin where its file stands; the user's begin here. */
static char *seen_from(const char *graph, const char *path) {
    char *here = strchr(graph, '/') && path[0] != '/' ? getcwd(NULL, 0) : NULL, *out = NULL;
    if (!here)
        return strdup(path);
    if (asprintf(&out, "%s/%s", here, path) < 0)
        out = NULL;
    free(here);
    return out;
}

/* A list of one pattern, or nothing. Owned; NULL: memory is short. */
static char *paths_yaml(const char *graph, const char *paths) {
    char *seen = paths ? seen_from(graph, paths) : NULL, *text = seen ? quoted(seen) : NULL;
    char *out = NULL;
    if (!paths)
        out = strdup("");
    else if (text && asprintf(&out, "[%s]", text) < 0)
        out = NULL;
    free(seen);
    free(text);
    return out;
}

static rise_status write_new(const char *path, starter_kind kind, const char *paths,
                             const char *label, rise_error *err) {
    FILE *file = fopen(path, "wx");
    if (!file && errno == EEXIST) {
        rise_fail(err, RISE_E_OUTPUT, "%s is there already, and stays as it is", path);
        return rise_hint(err, "choose another name");
    }
    if (file)
        starter_write(file, kind, path, paths, label);
    bool written = file && !ferror(file);
    if (file && (fclose(file) != 0 || !written)) {
        written = false;
        unlink(path);
    }
    return written ? RISE_OK
                   : rise_fail(err, RISE_E_OUTPUT, "%s was not written: %s", path, strerror(errno));
}

static rise_status make(const char *path, const cli_options *o, const char *given_paths,
                        const char *given_label, rise_error *err) {
    char *paths = paths_yaml(path, given_paths);
    char *label = given_label ? quoted(given_label) : strdup("");
    rise_status s = paths && label ? write_new(path, o->kind, paths, label, err)
                                   : rise_fail_nomem(err, "the new graph");
    free(paths);
    free(label);
    return s;
}

int command_new(rise_host *host, const cli_options *o) {
    (void)host;
    rise_error err = {0};
    const char *path = o->n_operands ? o->operand[0] : "graph.yaml";
    bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    char *paths = NULL, *label = NULL;
    if (!o->paths && terminal)
        paths = ask("Your files, a path or a pattern like data/*.extxyz:");
    if (!o->label && terminal)
        label = ask("What the energy is called in them:");
    const char *use_paths = o->paths ? o->paths : paths, *use_label = o->label ? o->label : label;
    rise_status s = make(path, o, use_paths, use_label, &err);
    bool whole = use_paths && use_label;
    if (s == RISE_OK) {
        puts(path);
        fprintf(stderr,
                whole ? "next: rise-run %s\n" : "next: fill in what rise-run check %s tells\n",
                path);
    } else {
        tell_error(&err);
    }
    free(paths);
    free(label);
    return rise_status_exit(s);
}

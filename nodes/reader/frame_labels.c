/* reader/frame_labels.c: which number labels a frame: one of its comment line, or of a table, by
 * row, by name or by number. */
#include "frame_labels.h"

#include "kit/scan.h"
#include "labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

label_spec reader_label(rise_ctx *ctx, size_t i) {
    label_spec spec = {.name = rise_param_key_at(ctx, "labels", i),
                       .key = rise_param_field(ctx, "labels", i, "key"),
                       .column = rise_param_field(ctx, "labels", i, "column"),
                       .match = rise_param_field(ctx, "labels", i, "match")};
    const char *by = rise_param_field(ctx, "labels", i, "by");
    spec.by_number = by != NULL && strcmp(by, "number") == 0;
    spec.file = rise_param_field_files(ctx, "labels", i, "file", &spec.n_files);
    if (spec.key == NULL && spec.column == NULL && spec.file == NULL)
        spec.key = rise_param_text_at(ctx, "labels", i);
    return spec;
}

/* Of one label: a table for each of its files. */
typedef struct label_files {
    size_t n;
    label_table *table; /* [n] */
} label_files;

typedef struct tables {
    size_t n;
    label_files label[]; /* [n]; those that come from keys have no files */
} tables;

rise_status labels_open(frame_labels *j, const frames_in *in, size_t first_frame, rise_error *err) {
    rise_ctx *ctx = in->ctx;
    size_t n = rise_param_count(ctx, "labels");
    *j = (frame_labels){.in = in, .first_frame = first_frame, .n = n};
    j->spec = rise_scratch(ctx, (n + 1) * sizeof *j->spec);
    j->value = rise_scratch(ctx, (n + 1) * sizeof *j->value);
    j->files = ((const tables *)rise_state(ctx))->label;
    if (j->spec == NULL || j->value == NULL)
        return rise_fail_nomem(err, "the labels");
    for (size_t i = 0; i < n; i++)
        j->spec[i] = reader_label(ctx, i);
    return RISE_OK;
}

static rise_status label_of_frame(frame_labels *j, const label_spec *l, double *value,
                                  rise_error *err) {
    const frame_format *format = j->in->format;
    if (format->label)
        return format->label(j->in, l->key, value, err);
    rise_fail_at(err, RISE_E_DATA, j->in->file->path, 0, 0, "a file of format %s has no key '%s'",
                 format->name, l->key);
    return rise_hint(err, "labels: {%s: {file: TABLE, column: NAME}}", l->name);
}

/* By the row of the frame in the whole input. */
static rise_status label_by_row(const frame_labels *j, size_t i, size_t index, double *value,
                                rise_error *err) {
    size_t row = j->first_frame + index;
    const label_table *t = j->files[i].table;
    if (row < t->n) {
        *value = t->row[row].value;
        return RISE_OK;
    }
    rise_fail_at(err, RISE_E_DATA, j->spec[i].file->path, 0, 0,
                 "has %zu rows, but frame %zu of the input (%s:%zu) needs row %zu", t->n, row,
                 j->in->file->path, index, row + 1);
    return rise_hint(err, "one row for each frame, in the order of the paths");
}

/* Where the name of a file goes on to its last ending; `base` itself where there is none. */
static const char *ending_of(const char *base, size_t size) {
    while (size > 0 && base[size - 1] != '.')
        size--;
    return size > 0 ? base + size - 1 : base;
}

/* By the name of its file, with the number of the frame, whole or without endings; the first frame
 * of a file needs no number. */
static bool find_file(const label_table *t, const char *base, size_t index, double *value) {
    char name[512];
    for (size_t size = strlen(base); size > 0; size = (size_t)(ending_of(base, size) - base)) {
        snprintf(name, sizeof name, "%.*s:%zu", (int)size, base, index);
        if (label_table_find(t, name, value))
            return true;
        snprintf(name, sizeof name, "%.*s", (int)size, base);
        if (index == 0 && label_table_find(t, name, value))
            return true;
    }
    return false;
}

/* What the frame says under the name of the column, else its file. */
static rise_status label_by_name(const frame_labels *j, size_t i, size_t index, double *value,
                                 rise_error *err) {
    const label_spec *l = &j->spec[i];
    const label_table *t = j->files[i].table;
    const char *path = j->in->file->path, *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    char said[512];
    bool says = j->in->format->text && j->in->format->text(j->in, l->match, said, sizeof said);
    if (says ? label_table_find(t, said, value) : find_file(t, base, index, value))
        return RISE_OK;
    if (!says)
        snprintf(said, sizeof said, index ? "%s:%zu" : "%s", base, index);
    rise_fail_at(err, RISE_E_DATA, l->file->path, 0, 0,
                 "no row of column '%s' names frame %zu of %s: '%s'", l->match, index, path, said);
    return rise_hint(err, "what a frame is called: its key '%s', or its file, as FILE or FILE:%zu",
                     l->match, index);
}

/* How many folders of `path` are all those that the file `table` lies in; -1: they are not. */
static int folders_shared(const char *table, const char *path) {
    const char *slash = strrchr(table, '/');
    size_t size = slash ? (size_t)(slash - table) + 1 : 0;
    int n = 0;
    if (strncmp(table, path, size) != 0)
        return -1;
    for (size_t i = 0; i < size; i++)
        n += table[i] == '/';
    return n;
}

/* The nearest one above the file; SIZE_MAX: none, or two in one folder, whose other is *twice. */
static size_t table_above(const label_spec *l, const char *path, size_t *twice) {
    size_t best = SIZE_MAX;
    int most = -1;
    *twice = SIZE_MAX;
    for (size_t k = 0; k < l->n_files; k++) {
        int shared = folders_shared(l->file[k].path, path);
        if (shared > most) {
            best = k;
            most = shared;
            *twice = SIZE_MAX;
        } else if (shared == most && most >= 0) {
            *twice = k;
        }
    }
    return best;
}

/* The last run of digits before the endings of the name of the file; 0: there is none. */
static size_t number_of(const char *path) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t end = strcspn(base, "."), begin, number = 0;
    while (end > 0 && !scan_is_digit(base[end - 1]))
        end--;
    for (begin = end; begin > 0 && scan_is_digit(base[begin - 1]);)
        begin--;
    for (size_t i = begin; i < end && number < SIZE_MAX / 100; i++)
        number = 10 * number + (size_t)(base[i] - '0');
    return number;
}

static rise_status label_by_number(const frame_labels *j, size_t i, size_t index, double *value,
                                   rise_error *err) {
    const label_spec *l = &j->spec[i];
    const char *path = j->in->file->path;
    size_t twice, k = table_above(l, path, &twice), row = number_of(path);
    if (k == SIZE_MAX)
        return rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                            "none of the %zu tables of label '%s' lies in a folder above it",
                            l->n_files, l->name);
    if (twice != SIZE_MAX)
        return rise_fail_at(err, RISE_E_DATA, l->file[k].path, 0, 0,
                            "label '%s' has a second table in this folder: %s", l->name,
                            l->file[twice].path);
    const label_table *t = &j->files[i].table[k];
    if (index > 0) {
        rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                     "has several frames, so its number cannot tell the row of label '%s'",
                     l->name);
        return rise_hint(err, "one frame in each file, or rows in the order of all frames");
    }
    if (row < 1 || row > t->n) {
        rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                     row < 1 ? "its name ends with no number, which would be a row of %s"
                             : "its name ends with a number beyond the %2$zu rows of %1$s",
                     l->file[k].path, t->n);
        return rise_hint(err, "file i of a folder is labelled by row i, from 1, of its table");
    }
    *value = t->row[row - 1].value;
    return RISE_OK;
}

/* Label values of the frame `index` of this file. */
rise_status labels_take(frame_labels *j, size_t index, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < j->n; i++) {
        const label_spec *l = &j->spec[i];
        double *value = &j->value[i];
        s = l->file == NULL    ? label_of_frame(j, l, value, err)
            : l->match != NULL ? label_by_name(j, i, index, value, err)
            : l->by_number     ? label_by_number(j, i, index, value, err)
                               : label_by_row(j, i, index, value, err);
    }
    return s;
}

/* ---- after the last file --------------------------------------------------------------------- */
static rise_status check_count(const label_spec *l, const label_files *files, size_t n_frames,
                               rise_error *err) {
    size_t n = 0;
    for (size_t k = 0; k < files->n; k++)
        n += files->table[k].n;
    if (n == n_frames)
        return RISE_OK;
    rise_fail_at(err, RISE_E_DATA, l->file->path, 0, 0,
                 files->n == 1
                     ? "has %zu rows of label '%s', the input has %zu frames"
                     : "and the other tables have %zu rows of label '%s', the input has %zu frames",
                 n, l->name, n_frames);
    return rise_hint(err,
                     "one row for each frame, in the order of the paths; or match: COLUMN, with "
                     "the names of the frames");
}

/* As many rows as frames: each is used once if none is used twice. */
static rise_status check_numbers(rise_ctx *ctx, const label_spec *l, const label_files *files,
                                 rise_error *err) {
    rise_status s = RISE_OK;
    size_t twice, n_rows = 0;
    size_t *first = calloc(files->n + 1, sizeof *first); /* row of all tables */
    if (first == NULL)
        return rise_fail_nomem(err, "the labels");
    for (size_t k = 0; k < files->n; k++, n_rows = first[k])
        first[k + 1] = first[k] + files->table[k].n;
    const char **by = calloc(n_rows + 1, sizeof *by);
    if (by == NULL)
        s = rise_fail_nomem(err, "the labels");
    const char *path;
    for (size_t i = 0; s == RISE_OK && (path = rise_item_path(ctx, i)); i++) {
        size_t k = table_above(l, path, &twice), row = number_of(path);
        const char **at =
            k < files->n && row >= 1 && row <= files->table[k].n ? &by[first[k] + row - 1] : NULL;
        if (at != NULL && *at != NULL)
            s = rise_fail_at(err, RISE_E_DATA, path, 0, 0,
                             "row %zu of %s also labels %s: both names end with that number", row,
                             l->file[k].path, *at);
        else if (at != NULL)
            *at = path;
    }
    free(by);
    free(first);
    return s;
}

rise_status labels_check(rise_ctx *ctx, rise_error *err) {
    size_t n_frames = rise_frame_index(ctx);
    const label_files *files = ((const tables *)rise_state(ctx))->label;
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < rise_param_count(ctx, "labels"); i++) {
        label_spec spec = reader_label(ctx, i);
        if (spec.file == NULL || spec.match != NULL)
            continue;
        s = check_count(&spec, &files[i], n_frames, err);
        if (s == RISE_OK && spec.by_number)
            s = check_numbers(ctx, &spec, &files[i], err);
    }
    return s;
}

/* ---- the tables ------------------------------------------------------------------------------ */
static rise_status read_tables(const label_spec *l, label_files *out, rise_error *err) {
    rise_status s = RISE_OK;
    if (l->n_files > 1 && !l->by_number) {
        rise_fail_at(err, RISE_E_DATA, l->file[1].path, 0, 0,
                     "is the second of %zu tables of label '%s': which of them labels which frame?",
                     l->n_files, l->name);
        return rise_hint(err, "by: number, where file i of a folder has its label in row i");
    }
    out->table = calloc(l->n_files + 1, sizeof *out->table);
    if (out->table == NULL)
        return rise_fail_nomem(err, "the labels");
    for (; s == RISE_OK && out->n < l->n_files; out->n++)
        s = label_table_read(&l->file[out->n], l->column, l->match, &out->table[out->n], err);
    return s;
}

rise_status reader_open(rise_ctx *ctx, void **state, rise_error *err) {
    size_t n = rise_param_count(ctx, "labels");
    tables *t = calloc(1, sizeof *t + (n + 1) * sizeof t->label[0]);
    rise_status s = t != NULL ? RISE_OK : rise_fail_nomem(err, "the labels");
    for (size_t i = 0; s == RISE_OK && i < n; i++) {
        label_spec spec = reader_label(ctx, i);
        t->n = n;
        s = read_tables(&spec, &t->label[i], err);
    }
    if (s == RISE_OK)
        *state = t;
    else if (t != NULL)
        reader_close(t);
    return s;
}

void reader_close(void *state) {
    tables *t = state;
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->label[i].n; k++)
            label_table_free(&t->label[i].table[k]);
        free(t->label[i].table);
    }
    free(t);
}

/* reader/read.c: one input file, frame by frame. A frame is announced by the bytes that determine
 * it and parsed only where it is wanted. The formats themselves are pure functions beside this. */
#include "read.h"

#include "formats.h"
#include "group.h"
#include "kit/bytes.h"
#include "labels.h"
#include "overlap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

label_spec reader_label(rise_ctx *ctx, size_t i) {
    label_spec spec = {.name = rise_param_key_at(ctx, "labels", i),
                       .key = rise_param_field(ctx, "labels", i, "key"),
                       .column = rise_param_field(ctx, "labels", i, "column"),
                       .match = rise_param_field(ctx, "labels", i, "match"),
                       .file = rise_param_field_file(ctx, "labels", i, "file")};
    if (spec.key == NULL && spec.column == NULL && spec.file == NULL)
        spec.key = rise_param_text_at(ctx, "labels", i);
    return spec;
}

typedef struct tables {
    size_t n;
    label_table table[]; /* [n + 1], of the labels that come from files */
} tables;

typedef struct job {
    rise_ctx *ctx;
    const rise_file *file;
    frames_in in;
    size_t first_frame; /* of this file, within the whole input */
    species_map map;
    size_t n_labels;
    label_spec *label;        /* [n_labels] */
    const label_table *table; /* [n_labels], filled where label.file is set */
    double *value;            /* [n_labels], of the current frame */
    const char *group;        /* NULL: no pattern */
    size_t group_size;
    byte_buffer identity;
    bool warned; /* of atoms at one place, in this file */
} job;

static void job_close(job *j) {
    bytes_free(&j->identity);
    frames_close(&j->in);
}

static rise_status open_species(job *j, rise_error *err) {
    size_t n = rise_param_count(j->ctx, "species");
    const char **type = rise_scratch(j->ctx, (n + 1) * sizeof *type);
    uint8_t *number = rise_scratch(j->ctx, n + 1);
    if (type == NULL || number == NULL)
        return rise_fail_nomem(err, "the map of species");
    for (size_t i = 0; i < n; i++) {
        type[i] = rise_param_key_at(j->ctx, "species", i);
        number[i] = (uint8_t)rise_element_number(rise_param_text_at(j->ctx, "species", i));
    }
    j->map = (species_map){n, type, number};
    return RISE_OK;
}

static rise_status open_labels(job *j, rise_error *err) {
    j->n_labels = rise_param_count(j->ctx, "labels");
    j->label = rise_scratch(j->ctx, (j->n_labels + 1) * sizeof *j->label);
    j->value = rise_scratch(j->ctx, (j->n_labels + 1) * sizeof *j->value);
    j->table = ((const tables *)rise_state(j->ctx))->table;
    if (j->label == NULL || j->value == NULL)
        return rise_fail_nomem(err, "the labels");
    for (size_t i = 0; i < j->n_labels; i++)
        j->label[i] = reader_label(j->ctx, i);
    return RISE_OK;
}

static rise_status open_group(job *j, rise_error *err) {
    const char *pattern = rise_param_text(j->ctx, "group");
    if (pattern == NULL) {
        if (!rise_wanted(j->ctx, "group"))
            return RISE_OK;
        rise_fail(err, RISE_E_GRAPH, "somebody reads the output group, but no pattern is given");
        return rise_hint(err, "group: \"Cooling{group}/*/*.txt\", a pattern on the path");
    }
    if (group_match(pattern, j->file->path, &j->group, &j->group_size))
        return RISE_OK;
    rise_fail_at(err, RISE_E_DATA, j->file->path, 0, 0, "does not match the pattern group: %s",
                 pattern);
    return rise_hint(err, "* stays within one name; the pattern covers the end of the path");
}

static rise_status label_of_frame(job *j, const label_spec *l, double *value, rise_error *err) {
    const frame_format *format = j->in.format;
    if (format->label)
        return format->label(&j->in, l->key, value, err);
    rise_fail_at(err, RISE_E_DATA, j->file->path, 0, 0, "a file of format %s has no key '%s'",
                 format->name, l->key);
    return rise_hint(err, "labels: {%s: {file: TABLE, column: NAME}}", l->name);
}

/* By the row of the frame in the whole input. */
static rise_status label_by_row(const job *j, size_t i, size_t index, double *value,
                                rise_error *err) {
    size_t row = j->first_frame + index;
    const label_table *t = &j->table[i];
    if (row < t->n) {
        *value = t->row[row].value;
        return RISE_OK;
    }
    rise_fail_at(err, RISE_E_DATA, j->label[i].file->path, 0, 0,
                 "has %zu rows, but frame %zu of the input (%s:%zu) needs row %zu", t->n, row,
                 j->file->path, index, row + 1);
    return rise_hint(err, "one row for each frame, in the order of the paths");
}

/* Where the name of a file goes on to its last ending; `base` itself where there is none. */
static const char *ending_of(const char *base, size_t size) {
    while (size > 0 && base[size - 1] != '.')
        size--;
    return size > 0 ? base + size - 1 : base;
}

/* What the frame says under the name of the column; or the name of its file, with the number of the
 * frame, whole or without endings; a file of one frame needs no number. */
static rise_status label_by_name(const job *j, size_t i, size_t index, double *value,
                                 rise_error *err) {
    const label_spec *l = &j->label[i];
    const label_table *t = &j->table[i];
    char name[512], said[512];
    const char *slash = strrchr(j->file->path, '/'), *base = slash ? slash + 1 : j->file->path;
    size_t size = strlen(base);
    if (j->in.format->text && j->in.format->text(&j->in, l->match, said, sizeof said)) {
        if (label_table_find(t, said, value))
            return RISE_OK;
    } else {
        snprintf(said, sizeof said, index ? "%s:%zu" : "%s", base, index);
        for (; size > 0; size = (size_t)(ending_of(base, size) - base)) {
            snprintf(name, sizeof name, "%.*s:%zu", (int)size, base, index);
            if (label_table_find(t, name, value))
                return RISE_OK;
            name[size] = '\0';
            if (size < sizeof name && index == 0 && label_table_find(t, name, value))
                return RISE_OK;
        }
    }
    rise_fail_at(err, RISE_E_DATA, l->file->path, 0, 0,
                 "no row of column '%s' names frame %zu of %s: '%s'", l->match, index,
                 j->file->path, said);
    return rise_hint(err, "what a frame is called: its key '%s', or its file, as FILE or FILE:%zu",
                     l->match, index);
}

/* Label values of the frame `index` of this file. */
static rise_status take_labels(job *j, size_t index, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < j->n_labels; i++) {
        const label_spec *l = &j->label[i];
        double *value = &j->value[i];
        s = l->file == NULL    ? label_of_frame(j, l, value, err)
            : l->match != NULL ? label_by_name(j, i, index, value, err)
                               : label_by_row(j, i, index, value, err);
    }
    return s;
}

/* Tells the host what determines this frame: format, text, labels and group. */
static rise_status announce(job *j, const found_frame *f, bool *wanted, rise_error *err) {
    byte_buffer *b = &j->identity;
    const char *format = j->in.format->name;
    b->size = 0;
    bytes_add(b, format, strlen(format) + 1);
    for (size_t i = 0; i < j->n_labels; i++) {
        bytes_add(b, j->label[i].name, strlen(j->label[i].name) + 1);
        bytes_add(b, &j->value[i], sizeof j->value[i]);
    }
    bytes_add_le(b, j->group != NULL ? j->group_size + 1 : 0, 8);
    bytes_add(b, j->group, j->group_size);
    if (f->head != NULL)
        bytes_add(b, f->head, (size_t)(f->head_end - f->head));
    bytes_add(b, f->begin, (size_t)(f->end - f->begin));
    if (b->failed)
        return rise_fail_nomem(err, "the text of a frame");
    char name[32];
    snprintf(name, sizeof name, "%zu", f->index);
    *wanted = rise_item(j->ctx, b->data, b->size, name);
    return RISE_OK;
}

static rise_status put_label(job *j, const char *name, double label, rise_error *err) {
    rise_value *value = NULL;
    void *data = NULL;
    rise_status status = rise_tensor_new(RISE_F64, 0, NULL, "", &value, &data, err);
    if (status != RISE_OK)
        return status;
    memcpy(data, &label, sizeof label);
    return rise_output(j->ctx, name, value, err);
}

static rise_status put_group(job *j, rise_error *err) {
    char text[256];
    snprintf(text, sizeof text, "%.*s", (int)j->group_size, j->group);
    rise_column column = {.name = "group", .dtype = RISE_TEXT};
    rise_value *value = NULL;
    rise_status status = rise_table_new(&column, 1, 1, &value, err);
    if (status != RISE_OK)
        return status;
    status = rise_table_set_text(value, 0, 0, text, err);
    if (status != RISE_OK) {
        rise_value_release(value);
        return status;
    }
    return rise_output(j->ctx, "group", value, err);
}

static rise_status put_label_table(job *j, rise_error *err) {
    rise_value *value = NULL;
    if (j->n_labels == 0)
        return rise_fail(err, RISE_E_GRAPH,
                         "somebody reads the output label_table, but there are "
                         "no labels");
    rise_column *column = rise_scratch(j->ctx, j->n_labels * sizeof *column);
    if (column == NULL)
        return rise_fail_nomem(err, "the labels");
    for (size_t i = 0; i < j->n_labels; i++) {
        column[i] = (rise_column){.dtype = RISE_F64};
        snprintf(column[i].name, sizeof column[i].name, "%s", j->label[i].name);
    }
    rise_status status = rise_table_new(column, j->n_labels, 1, &value, err);
    if (status != RISE_OK)
        return status;
    for (size_t i = 0; i < j->n_labels; i++)
        rise_table_f64(value, i)[0] = j->value[i];
    return rise_output(j->ctx, "label_table", value, err);
}

/* Once for each file: where one frame has this, many have. */
static void warn_overlap(job *j, size_t index, const rise_frame *frame) {
    size_t a = 0, b = 0;
    double distance = 0;
    if (j->warned || !overlap_find(frame, &a, &b, &distance))
        return;
    j->warned = true;
    rise_warn(j->ctx, "%s: frame %zu: atoms %zu and %zu (from 0) are %.3g Å apart", j->file->path,
              index, a, b, distance);
}

static rise_status put_outputs(job *j, size_t index, const rise_frame *frame, rise_error *err) {
    warn_overlap(j, index, frame);
    rise_value *value = NULL;
    rise_status status = rise_frames_new(frame, 1, &value, err);
    if (status == RISE_OK)
        status = rise_output(j->ctx, "frames", value, err);
    for (size_t i = 0; i < j->n_labels && status == RISE_OK; i++)
        status = put_label(j, j->label[i].name, j->value[i], err);
    if (status == RISE_OK && j->group != NULL)
        status = put_group(j, err);
    if (status == RISE_OK && rise_wanted(j->ctx, "label_table"))
        status = put_label_table(j, err);
    return status;
}

static rise_status read_frame(job *j, const found_frame *f, rise_error *err) {
    bool wanted = false;
    rise_frame frame;
    rise_status status = take_labels(j, f->index, err);
    if (status == RISE_OK)
        status = announce(j, f, &wanted, err);
    if (status == RISE_OK && wanted)
        status = j->in.format->parse(&j->in, &frame, err);
    return status == RISE_OK && wanted ? put_outputs(j, f->index, &frame, err) : status;
}

static rise_status read_frames(job *j, rise_error *err) {
    const char *begin = (const char *)j->file->bytes;
    size_t n = 0;
    for (;; n++) {
        found_frame f = {0};
        bool more = false;
        rise_status status = j->in.format->next(&j->in, &f, &more, err);
        if (status == RISE_OK && !more)
            break;
        if (status == RISE_OK)
            status = read_frame(j, &f, err);
        if (status != RISE_OK)
            return status;
        if (rise_cancelled(j->ctx))
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        rise_progress(j->ctx, (double)(f.end - begin), (double)j->file->size, "%s", j->file->path);
    }
    if (n > 0)
        return RISE_OK;
    return rise_fail_at(err, RISE_E_DATA, j->file->path, 0, 0,
                        j->file->size > 0 ? "holds no complete frame"
                                          : "is empty, expected at least one frame");
}

/* After the last file: tables of labels must not have more rows than there are frames. */
static rise_status check_counts(rise_ctx *ctx, rise_error *err) {
    size_t n_frames = rise_frame_index(ctx);
    const label_table *table = ((const tables *)rise_state(ctx))->table;
    for (size_t i = 0; i < rise_param_count(ctx, "labels"); i++) {
        label_spec spec = reader_label(ctx, i);
        if (spec.file == NULL || spec.match != NULL || table[i].n == n_frames)
            continue;
        rise_fail_at(err, RISE_E_DATA, spec.file->path, 0, 0,
                     "has %zu rows of label '%s', the input has %zu frames", table[i].n, spec.name,
                     n_frames);
        return rise_hint(err,
                         "one row for each frame, in the order of the paths; or match: COLUMN, "
                         "with the names of the frames");
    }
    return RISE_OK;
}

rise_status reader_open(rise_ctx *ctx, void **state, rise_error *err) {
    size_t n = rise_param_count(ctx, "labels");
    tables *t = calloc(1, sizeof *t + (n + 1) * sizeof t->table[0]);
    if (t == NULL)
        return rise_fail_nomem(err, "the labels");
    t->n = n;
    rise_status s = RISE_OK;
    for (size_t i = 0; s == RISE_OK && i < n; i++) {
        label_spec spec = reader_label(ctx, i);
        if (spec.file != NULL)
            s = label_table_read(spec.file, spec.column, spec.match, &t->table[i], err);
    }
    if (s == RISE_OK)
        *state = t;
    else
        reader_close(t);
    return s;
}

void reader_close(void *state) {
    tables *t = state;
    for (size_t i = 0; i < t->n; i++)
        label_table_free(&t->table[i]);
    free(t);
}

rise_status reader_source(rise_ctx *ctx, const rise_file *file, rise_error *err) {
    if (file == NULL)
        return check_counts(ctx, err);
    job j = {.ctx = ctx, .file = file, .first_frame = rise_frame_index(ctx)};
    rise_status status = open_species(&j, err);
    frames_open(&j.in, ctx, file, &j.map);
    if (status == RISE_OK)
        status = open_group(&j, err);
    if (status == RISE_OK)
        status = open_labels(&j, err);
    if (status == RISE_OK)
        status = read_frames(&j, err);
    job_close(&j);
    return status;
}

/* export: values to a file whose extension names the format. */
#include <rise/node.h>

#include "input.h"

#include "kit/digest.h"
#include "kit/tensor_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const rise_port inputs[] = {
    {.name = "input",
     .kinds = RISE_ANY_KIND,
     .mode = RISE_WHOLE,
     .flags = RISE_PORT_MANY,
     .help = "what is written; .npz, .csv, .json and .extxyz take several"},
    {0}};

static const rise_port outputs[] = {{0}};

static const rise_param params[] = {
    {.name = "path",
     .type = RISE_P_OUTPUT,
     .help = "relative to --out; .npy .npz .csv .json .extxyz .safetensors .svg .png .html .txt"},
    {0}};

typedef enum format {
    FORMAT_NONE,
    FORMAT_NPY,
    FORMAT_NPZ,
    FORMAT_CSV,
    FORMAT_JSON,
    FORMAT_EXTXYZ,
    FORMAT_BLOB
} format;

static const struct {
    const char *extension;
    format format;
} extensions[] = {
    {".npy", FORMAT_NPY},          {".npz", FORMAT_NPZ},       {".csv", FORMAT_CSV},
    {".json", FORMAT_JSON},        {".extxyz", FORMAT_EXTXYZ}, {".xyz", FORMAT_EXTXYZ},
    {".safetensors", FORMAT_BLOB}, {".svg", FORMAT_BLOB},      {".png", FORMAT_BLOB},
    {".html", FORMAT_BLOB},        {".txt", FORMAT_BLOB}};

/* Models and documents are written as they are, under the extension of their format. */
static const struct {
    const char *format, *extension;
} blobs[] = {{"safetensors", ".safetensors"},
             {"xgboost-json", ".json"},
             {"svg", ".svg"},
             {"png", ".png"},
             {"html", ".html"},
             {"text", ".txt"}};

static const char *extension_of(const char *path) {
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    return dot != NULL && (slash == NULL || dot > slash + 1) && dot != path ? dot : "";
}

static format format_of(const char *path) {
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
        if (strcmp(extension_of(path), extensions[i].extension) == 0)
            return extensions[i].format;
    return FORMAT_NONE;
}

static rise_status check(rise_ctx *ctx, rise_error *err) {
    const char *path = rise_param_text(ctx, "path");
    if (path == NULL || format_of(path) != FORMAT_NONE)
        return RISE_OK;
    rise_fail_param(ctx, err, "path", "the extension of '%s' names no format", path);
    if (strcmp(extension_of(path), ".pdf") == 0)
        return rise_hint(err, "a .pdf is drawn by plot itself: give it `path: NAME.pdf`");
    return rise_hint(err, ".npy .npz .csv .json .extxyz .safetensors .svg .png .html .txt");
}

/* What extension a kind of value goes with, for a hint. */
static rise_status hint_for(const rise_value *value, rise_error *err) {
    static const char *const fits[] = {[RISE_FRAMES] = ".extxyz",
                                       [RISE_TENSOR] =
                                           ".npy, .npz, .json, or .csv (two dimensions)",
                                       [RISE_TABLE] = ".csv, .json or .npz"};
    const rise_blob *blob = rise_value_blob(value);
    if (blob == NULL)
        return rise_hint(err, "it fits %s", fits[rise_value_kind(value)]);
    for (size_t i = 0; i < sizeof blobs / sizeof blobs[0]; i++)
        if (strcmp(blob->format, blobs[i].format) == 0)
            return rise_hint(err, "it fits %s", blobs[i].extension);
    return rise_hint(err, "no extension is known for the format %s", blob->format);
}

static rise_status check_blob(const char *path, const export_input *in, size_t n, rise_error *err) {
    const rise_blob *blob = rise_value_blob(in->value);
    const char *extension = extension_of(path);
    if (n != 1)
        return rise_fail(err, RISE_E_GRAPH,
                         "export: a %s holds one model or document, %zu values "
                         "are connected",
                         extension, n);
    for (size_t i = 0; blob != NULL && i < sizeof blobs / sizeof blobs[0]; i++)
        if (strcmp(blob->format, blobs[i].format) == 0 &&
            strcmp(extension, blobs[i].extension) == 0)
            return RISE_OK;
    rise_fail(err, RISE_E_GRAPH, "export: %s is a %s%s%s, which does not fit %s", in->name,
              rise_kind_name(rise_value_kind(in->value)), blob != NULL ? " of format " : "",
              blob != NULL ? blob->format : "", path);
    return hint_for(in->value, err);
}

/* What is to be used again has its digest beside it, as sha256sum -c reads it. */
static rise_status write_with_digest(rise_ctx *ctx, const char *path, const void *bytes,
                                     size_t size, rise_error *err) {
    byte_buffer line = {0};
    size_t room = strlen(path) + sizeof DIGEST_EXTENSION;
    char *beside = rise_scratch(ctx, room);
    digest_line(bytes, size, path, &line);
    rise_status status = beside == NULL || line.failed
                             ? rise_fail_nomem(err, "a digest")
                             : rise_write_file(ctx, path, bytes, size, err);
    if (status == RISE_OK) {
        snprintf(beside, room, "%s" DIGEST_EXTENSION, path);
        status = rise_write_file(ctx, beside, line.data, line.size, err);
    }
    bytes_free(&line);
    return status;
}

static rise_status write_blob(rise_ctx *ctx, const char *path, const export_input *in, size_t n,
                              rise_error *err) {
    rise_status status = check_blob(path, in, n, err);
    if (status != RISE_OK)
        return status;
    const rise_blob *blob = rise_value_blob(in->value);
    if (rise_value_kind(in->value) == RISE_MODEL)
        return write_with_digest(ctx, path, blob->bytes, blob->size, err);
    return rise_write_file(ctx, path, blob->bytes, blob->size, err);
}

/* A tensor that is to be used again as it is. */
static rise_status write_tensor(rise_ctx *ctx, const char *path, const export_input *in,
                                rise_error *err) {
    void *bytes = NULL;
    size_t size = 0;
    rise_status status =
        tensor_file_write(rise_value_tensor(in->value), in->short_name, &bytes, &size, err);
    if (status != RISE_OK)
        return status;
    status = write_with_digest(ctx, path, bytes, size, err);
    free(bytes);
    return status;
}

/* Rows first, then offsets: a reader that finds offsets finds the rows too. */
static rise_status write_npy(rise_ctx *ctx, const char *path, const export_input *in, size_t n,
                             rise_error *err) {
    byte_buffer rows = {0}, offsets = {0};
    rise_status status = export_npy(in, n, &rows, &offsets, err);
    if (status == RISE_OK)
        status = rise_write_file(ctx, path, rows.data, rows.size, err);
    if (status == RISE_OK && offsets.size > 0) {
        size_t stem = (size_t)(extension_of(path) - path), room = stem + sizeof "_offsets.npy";
        char *beside = rise_scratch(ctx, room);
        if (beside == NULL) {
            status = rise_fail_nomem(err, "a path");
        } else {
            snprintf(beside, room, "%.*s_offsets.npy", (int)stem, path);
            status = rise_write_file(ctx, beside, offsets.data, offsets.size, err);
        }
    }
    bytes_free(&rows);
    bytes_free(&offsets);
    return status;
}

static rise_status write_text(rise_ctx *ctx, const char *path, format f, const export_input *in,
                              size_t n, rise_error *err) {
    byte_buffer out = {0};
    size_t n_left_out = 0;
    rise_status status = f == FORMAT_CSV    ? export_csv(in, n, &out, err)
                         : f == FORMAT_JSON ? export_json(in, n, &out, err)
                         : f == FORMAT_NPZ  ? export_npz(in, n, &out, err)
                                            : export_extxyz(in, n, &out, &n_left_out, err);
    if (n_left_out > 0)
        rise_warn(ctx, "%s: %zu frames left out, which not every input has", path, n_left_out);
    if (status == RISE_OK)
        status = rise_write_file(ctx, path, out.data, out.size, err);
    bytes_free(&out);
    return status;
}

/* Name and value of the i-th input. A reference without its output stands for the node's first. */
static void take_input(rise_ctx *ctx, size_t i, export_input *in) {
    const rise_point *point = rise_over_point(ctx, "input", i);
    const char *reference = point != NULL && point->reference != NULL ? point->reference : "value";
    size_t end = strcspn(reference, "["), start = end; /* a point may be named behind it */
    while (start > 0 && reference[start - 1] != '.')
        start--;
    in->value = rise_over_input(ctx, "input", i);
    in->n_ids = rise_over_frames(ctx, "input", i, &in->ids);
    if (in->n_ids == 0 || (point != NULL && point->by_position))
        in->ids = NULL;
    snprintf(in->short_name, sizeof in->short_name, "%.*s", (int)(end - start), reference + start);
    int used = snprintf(in->name, sizeof in->name, "%s", reference);
    for (size_t a = 0; point != NULL && a < point->n_axes; a++)
        if (used >= 0 && (size_t)used < sizeof in->name)
            used += snprintf(in->name + used, sizeof in->name - (size_t)used, "%s%s=%s%s",
                             a == 0 ? "[" : ",", point->axis[a], point->text[a],
                             a + 1 == point->n_axes ? "]" : "");
}

static rise_status whole(rise_ctx *ctx, rise_error *err) {
    const char *path = rise_param_text(ctx, "path");
    size_t n = rise_over_count(ctx, "input");
    export_input *in = rise_scratch(ctx, (n + 1) * sizeof *in);
    if (in == NULL)
        return rise_fail_nomem(err, "the inputs of an export");
    if (path == NULL || n == 0)
        return rise_fail(err, RISE_E_BUG, "export: no path or no input");
    bool has_blob = false;
    for (size_t i = 0; i < n; i++) {
        take_input(ctx, i, &in[i]);
        has_blob |= rise_value_blob(in[i].value) != NULL;
    }
    format f = format_of(path);
    if (n == 1 && !has_blob && strcmp(extension_of(path), ".safetensors") == 0 &&
        rise_value_tensor(in[0].value) != NULL)
        return write_tensor(ctx, path, in, err);
    if (has_blob || f == FORMAT_BLOB)
        return write_blob(ctx, path, in, n, err);
    if (f == FORMAT_NPY)
        return write_npy(ctx, path, in, n, err);
    return write_text(ctx, path, f, in, n, err);
}

const rise_node_type rise_node_export = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "export",
    .brief = "write values to a file; the extension names the format",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .check = check,
    .whole = whole,
};

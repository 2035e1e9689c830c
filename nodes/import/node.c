/* import: a value from a file: .npy -> tensor, .csv -> table, .safetensors -> model or tensor,
 * .json -> model. */
#include <rise/node.h>

#include "kit/digest.h"
#include "kit/npy.h"
#include "kit/tensor_file.h"
#include "table.h"
#include "trees.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const rise_port outputs[] = {
    {.name = "value",
     .kinds = RISE_KINDS(RISE_TENSOR) | RISE_KINDS(RISE_TABLE) | RISE_KINDS(RISE_MODEL),
     .mode = RISE_WHOLE,
     .help = ".npy: a tensor; .csv: a table; .json: a model of xgboost; .safetensors: a model of "
             "vit, or "
             "the tensor that export wrote"},
    {0}};

static const rise_param params[] = {
    {.name = "path",
     .type = RISE_P_FILE,
     .help = ".npy, .csv (the first row names the columns), .safetensors or .json"},
    {.name = "sha256",
     .type = RISE_P_FILE,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "file with the SHA-256 of `path` (unpacked), as export writes it beside models and "
             "sha256sum prints it: a file that has another one is refused. A .json needs it, since "
             "XGBoost does not bear damaged models"},
    {.name = "dims",
     .type = RISE_P_TEXTS,
     .flags = RISE_PARAM_OPTIONAL,
     .help = "names of a tensor's dimensions; left out: frame, then channel, x, y, z for five, "
             "feature for two, and d1, d2, ... for others"},
    {0}};

typedef enum format { FORMAT_NONE, FORMAT_NPY, FORMAT_CSV, FORMAT_SAFETENSORS, FORMAT_JSON } format;

static format format_of(const char *path) {
    static const struct {
        const char *extension;
        format format;
    } known[] = {{".npy", FORMAT_NPY},
                 {".csv", FORMAT_CSV},
                 {".safetensors", FORMAT_SAFETENSORS},
                 {".json", FORMAT_JSON}};
    static const char *const packed[] = {"", ".gz", ".zst", ".xz"};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (size_t k = 0; k < 4; k++) {
            char suffix[32];
            size_t m =
                (size_t)snprintf(suffix, sizeof suffix, "%s%s", known[i].extension, packed[k]);
            if (n > m && memcmp(path + n - m, suffix, m) == 0)
                return known[i].format;
        }
    return FORMAT_NONE;
}

static rise_status check(rise_ctx *ctx, rise_error *err) {
    const rise_file *file = rise_param_file(ctx, "path");
    if (file == NULL)
        return RISE_OK;
    format f = format_of(file->path);
    if (f == FORMAT_NONE) {
        rise_fail_param(ctx, err, "path", "%s is none of the kinds of file that can be imported",
                        file->path);
        return rise_hint(err,
                         ".npy, .csv, .safetensors or .json; frames are read by the type reader");
    }
    if (f == FORMAT_JSON && !rise_param_set(ctx, "sha256")) {
        rise_fail_param(ctx, err, "path", "a model in .json is used only with its SHA-256");
        return rise_hint(err, "sha256: FILE.json.sha256, which export wrote beside it");
    }
    if (f != FORMAT_SAFETENSORS) /* that one is known when it is read */
        rise_check_output(ctx, "value",
                          f == FORMAT_NPY   ? RISE_TENSOR
                          : f == FORMAT_CSV ? RISE_TABLE
                                            : RISE_MODEL);
    return RISE_OK;
}

static rise_status name_dims(rise_ctx *ctx, const npy_array *a, rise_dim *dim, rise_error *err) {
    static const char *const voxels[] = {"frame", "channel", "x", "y", "z"};
    bool given = rise_param_set(ctx, "dims");
    size_t n = given ? rise_param_count(ctx, "dims") : 0;
    if (given && n != (size_t)a->rank)
        return rise_fail_param(ctx, err, "dims", "%zu names for an array of %d dimensions", n,
                               a->rank);
    for (int d = 0; d < a->rank; d++) {
        dim[d].size = a->shape[d];
        const char *name = given                    ? rise_param_text_at(ctx, "dims", (size_t)d)
                           : a->rank == 5           ? voxels[d]
                           : d == 0 && a->rank <= 2 ? "frame"
                           : a->rank == 2           ? "feature"
                                                    : NULL;
        if (name == NULL)
            snprintf(dim[d].name, sizeof dim[d].name, "d%d", d);
        else if (strlen(name) >= sizeof dim[d].name || name[0] == '\0')
            return rise_fail_param(ctx, err, "dims", "'%s' is no name of a dimension", name);
        else
            snprintf(dim[d].name, sizeof dim[d].name, "%s", name);
    }
    return RISE_OK;
}

/* Row-major numbers; the first that is not finite is an error with its index. */
static rise_status check_finite(const char *path, const npy_array *a, const void *data,
                                rise_error *err) {
    for (size_t i = 0; i < a->count; i++) {
        double v = a->dtype == RISE_F32   ? (double)((const float *)data)[i]
                   : a->dtype == RISE_F64 ? ((const double *)data)[i]
                                          : 0.0;
        if (isfinite(v))
            continue;
        size_t rest = i, index[RISE_MAX_RANK] = {0};
        for (int d = a->rank - 1; d >= 0; d--) {
            index[d] = rest % a->shape[d];
            rest /= a->shape[d];
        }
        char place[160] = "";
        int n = 0;
        for (int d = 0; d < a->rank; d++)
            n += snprintf(place + n, sizeof place - (size_t)n, d > 0 ? ", %zu" : "%zu", index[d]);
        rise_fail_at(err, RISE_E_DATA, path, 0, 0, "element [%s] is %g, expected finite numbers",
                     place, v);
        return rise_hint(err, "mend the number, or leave its row out of all files");
    }
    return RISE_OK;
}

static rise_status import_tensor(rise_ctx *ctx, const rise_file *file, rise_value **out,
                                 rise_error *err) {
    npy_array a;
    rise_dim dim[RISE_MAX_RANK] = {0};
    void *data = NULL;
    rise_value *value = NULL;
    rise_status status = npy_parse(file->path, file->bytes, file->size, &a, err);
    if (status == RISE_OK)
        status = name_dims(ctx, &a, dim, err);
    if (status == RISE_OK)
        status = rise_tensor_new(a.dtype, a.rank, dim, "", &value, &data, err);
    if (status != RISE_OK)
        return status;
    npy_copy(&a, data);
    status = check_finite(file->path, &a, data, err);
    if (status != RISE_OK)
        rise_value_release(value);
    else
        *out = value;
    return status;
}

/* A tensor that export wrote; else the bytes as they are, once they are known to be sound. */
static rise_status import_safetensors(const rise_file *file, rise_value **out, rise_error *err) {
    safetensors *parsed = NULL;
    rise_status status = safetensors_parse(file->bytes, file->size, &parsed, err);
    bool tensor = status == RISE_OK && tensor_file_is(parsed);
    if (tensor)
        status = tensor_file_read(parsed, out, err);
    safetensors_free(parsed);
    if (status != RISE_OK && err != NULL && err->file[0] == '\0')
        snprintf(err->file, sizeof err->file, "%s", file->path);
    if (status != RISE_OK || tensor)
        return status;
    return rise_blob_new(RISE_MODEL, "safetensors", file->bytes, file->size, out, err);
}

static rise_status whole(rise_ctx *ctx, rise_error *err) {
    const rise_file *file = rise_param_file(ctx, "path");
    if (file == NULL)
        return rise_fail(err, RISE_E_BUG, "import: the file is not loaded");
    const rise_file *list = rise_param_file(ctx, "sha256");
    rise_value *value = NULL;
    rise_status status = list != NULL ? digest_check(file, list, err) : RISE_OK;
    if (status != RISE_OK)
        return status;
    switch (format_of(file->path)) {
    case FORMAT_NPY:
        status = import_tensor(ctx, file, &value, err);
        break;
    case FORMAT_CSV:
        status = import_table(file->path, file->bytes, file->size, &value, err);
        break;
    case FORMAT_SAFETENSORS:
        status = import_safetensors(file, &value, err);
        break;
    case FORMAT_JSON:
        status = import_trees(file, &value, err);
        break;
    default:
        rise_fail_at(err, RISE_E_DATA, file->path, 0, 0, "is no .npy, .csv, .safetensors or .json");
        return rise_hint(err, "rename it, or convert it to one of these");
    }
    return status == RISE_OK ? rise_output(ctx, "value", value, err) : status;
}

static const rise_port inputs[] = {{0}};

const rise_node_type rise_node_import = {
    .abi = RISE_NODE_ABI,
    .size = sizeof(rise_node_type),
    .name = "import",
    .brief = "a tensor, a table or a model from a file",
    .version = 2,
    .in = inputs,
    .out = outputs,
    .params = params,
    .check = check,
    .whole = whole,
};

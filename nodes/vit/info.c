/* vit/info.c: the metadata of a model file: what it takes to use the weights again. */
#include "model.h"

#include "kit/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool get_number(const safetensors *file, const char *key, double *value) {
    const char *text = safetensors_metadata(file, key);
    return text != NULL && scan_is_number(text, text + strlen(text), value);
}

static bool get_size(const safetensors *file, const char *key, size_t *value) {
    const char *text = safetensors_metadata(file, key);
    int64_t x;
    if (text == NULL || !scan_is_integer(text, text + strlen(text), &x) || x < 1)
        return false;
    *value = (size_t)x;
    return true;
}

static void get_text(const safetensors *file, const char *key, char *to, size_t size) {
    const char *text = safetensors_metadata(file, key);
    snprintf(to, size, "%s", text != NULL ? text : "");
}

rise_status vit_model_info_read(const safetensors *file, vit_model_info *info, rise_error *err) {
    *info = (vit_model_info){.target_max = 1};
    rise_status status = vit_shape_guess(file, &info->shape, err);
    if (status != RISE_OK)
        return status;
    info->complete = get_size(file, "grid_x", &info->shape.grid[0]) &&
                     get_size(file, "grid_y", &info->shape.grid[1]) &&
                     get_size(file, "grid_z", &info->shape.grid[2]) &&
                     get_size(file, "heads", &info->shape.heads) &&
                     get_size(file, "r", &info->shape.block);
    double low, high;
    info->scaled =
        get_number(file, "target_min", &low) && get_number(file, "target_max", &high) && high > low;
    if (info->scaled) {
        info->target_min = low;
        info->target_max = high;
    }
    if (!get_number(file, "target_std", &info->target_std))
        info->target_std = 0;
    if (!get_number(file, "comm_length", &info->length))
        info->length = 0;
    get_text(file, "comm_length_unit", info->length_unit, sizeof info->length_unit);
    get_text(file, "target_unit", info->target_unit, sizeof info->target_unit);
    return RISE_OK;
}

/* ---- frame ids, 64 hexadecimal digits each, one after another -------------------------------- */

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_id(const char *text, rise_id *id) {
    for (size_t i = 0; i < sizeof id->byte; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        id->byte[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static int by_bytes(const void *a, const void *b) {
    return memcmp(a, b, sizeof(rise_id));
}

rise_status vit_frames_read(const safetensors *file, const char *key, rise_id **ids, size_t *n,
                            rise_error *err) {
    const char *text = safetensors_metadata(file, key);
    *ids = NULL;
    *n = 0;
    if (text == NULL)
        return RISE_OK;
    size_t length = strlen(text), digits = 2 * sizeof(rise_id);
    rise_id *list = calloc(length / digits + 1, sizeof *list);
    if (list == NULL)
        return rise_fail_nomem(err, "the frames of a model");
    bool ok = length % digits == 0;
    for (size_t i = 0; i < length / digits && ok; i++)
        ok = read_id(text + i * digits, &list[i]);
    if (!ok) {
        free(list);
        return rise_fail(err, RISE_E_DATA, "model: \"%s\" is not a list of frame ids", key);
    }
    *n = length / digits;
    qsort(list, *n, sizeof *list, by_bytes);
    *ids = list;
    return RISE_OK;
}

bool vit_frames_have(const rise_id *ids, size_t n, const rise_id *id) {
    return n > 0 && bsearch(id, ids, n, sizeof *ids, by_bytes) != NULL;
}

char *vit_frames_text(const rise_id *ids, const uint8_t *part, uint8_t which, size_t n) {
    static const char digits[] = "0123456789abcdef";
    size_t count = 0;
    for (size_t f = 0; f < n; f++)
        count += part[f] == which;
    char *text = malloc(count * 2 * sizeof(rise_id) + 1), *next = text;
    if (text == NULL)
        return NULL;
    for (size_t f = 0; f < n; f++)
        for (size_t i = 0; i < sizeof ids->byte && part[f] == which; i++) {
            *next++ = digits[ids[f].byte[i] >> 4];
            *next++ = digits[ids[f].byte[i] & 15];
        }
    *next = 0;
    return text;
}

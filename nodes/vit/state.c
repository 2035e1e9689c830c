/* vit/state.c: the state of training as bytes, so that an epoch can be a sub-result. */
#include "train.h"

#include "kit/safetensors.h"
#include "kit/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

rise_status vit_state_save(const vit_net *net, const vit_state *state, void **bytes, size_t *size,
                           rise_error *err) {
    size_t n = net->n_params;
    const safetensors_entry entry[] = {
        {.name = "curve",
         .dtype = RISE_F64,
         .rank = 2,
         .shape = {state->epoch, VIT_CURVE},
         .data = state->curve},
        {.name = "params", .dtype = RISE_F32, .rank = 1, .shape = {n}, .data = state->params},
        {.name = "adam_m", .dtype = RISE_F32, .rank = 1, .shape = {n}, .data = state->m},
        {.name = "adam_v", .dtype = RISE_F32, .rank = 1, .shape = {n}, .data = state->v},
        {.name = "best", .dtype = RISE_F32, .rank = 1, .shape = {n}, .data = state->best},
    };
    /* the best weights need no copy when they are these */
    size_t n_entries = state->best_epoch == state->epoch ? 4 : 5;
    char epoch[32], best[32], loss[SCAN_NUMBER_MAX];
    snprintf(epoch, sizeof epoch, "%zu", state->epoch);
    snprintf(best, sizeof best, "%zu", state->best_epoch);
    scan_write_f64(loss, state->best_loss);
    const safetensors_pair metadata[] = {
        {"epoch", epoch}, {"best_epoch", best}, {"best_loss", loss}};
    return safetensors_write(entry, n_entries, metadata, 3, bytes, size, err);
}

static bool get_count(const safetensors *file, const char *key, size_t *value) {
    const char *text = safetensors_metadata(file, key);
    int64_t x;
    if (text == NULL || !scan_is_integer(text, text + strlen(text), &x) || x < 1)
        return false;
    *value = (size_t)x;
    return true;
}

static bool get_floats(const safetensors *file, const char *name, size_t n, float *to) {
    const safetensors_entry *e = safetensors_find(file, name);
    if (e == NULL || e->dtype != RISE_F32 || e->rank != 1 || e->shape[0] != n)
        return false;
    memcpy(to, e->data, n * sizeof *to);
    return true;
}

static bool read_state(const safetensors *file, size_t n, size_t max_epochs, vit_state *s) {
    const char *loss = safetensors_metadata(file, "best_loss");
    const safetensors_entry *curve = safetensors_find(file, "curve");
    if (!get_count(file, "epoch", &s->epoch) || !get_count(file, "best_epoch", &s->best_epoch) ||
        s->epoch > max_epochs || s->best_epoch > s->epoch || loss == NULL ||
        !scan_is_number(loss, loss + strlen(loss), &s->best_loss))
        return false;
    if (curve == NULL || curve->dtype != RISE_F64 || curve->rank != 2 ||
        curve->shape[0] != s->epoch || curve->shape[1] != VIT_CURVE)
        return false;
    memcpy(s->curve, curve->data, curve->bytes);
    return get_floats(file, "params", n, s->params) && get_floats(file, "adam_m", n, s->m) &&
           get_floats(file, "adam_v", n, s->v) &&
           get_floats(file, s->best_epoch == s->epoch ? "params" : "best", n, s->best);
}

rise_status vit_state_load(const vit_net *net, const void *bytes, size_t size, size_t max_epochs,
                           vit_state *state, rise_error *err) {
    safetensors *file = NULL;
    rise_status status = safetensors_parse(bytes, size, &file, err);
    if (status != RISE_OK)
        return status;
    if (!read_state(file, net->n_params, max_epochs, state))
        status = rise_fail(err, RISE_E_DATA, "stored epoch: not a state of this training");
    safetensors_free(file);
    return status;
}

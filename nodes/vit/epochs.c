/* vit/epochs.c: training as a chain of sub-results, one an epoch.
 *
 * The key of an epoch holds all that determined it and nothing else: not the number of epochs asked
 * for (unless the schedule knows it), so that 40 epochs after 20 cost 20. */
#include "run.h"

#include "kit/bytes.h"

#include <stdlib.h>
#include <string.h>

static void add_number(byte_buffer *key, const char *name, double value) {
    bytes_add_text(key, name);
    bytes_add_text(key, "=");
    bytes_add_f64(key, value);
    bytes_add_text(key, "\n");
}

static void add_digest(byte_buffer *key, const char *name, const rise_id *id) {
    bytes_add_text(key, name);
    bytes_add_text(key, ":");
    bytes_add(key, id->byte, sizeof id->byte);
    bytes_add_text(key, "\n");
}

/* The content of `init`, not its name. */
static rise_status add_init(vit_run *run, byte_buffer *key, rise_error *err) {
    if (run->init == NULL)
        return RISE_OK;
    const rise_file *file = rise_param_file(run->ctx, "init");
    rise_value *value = NULL;
    rise_status status =
        rise_blob_new(RISE_MODEL, "safetensors", file->bytes, file->size, &value, err);
    if (status != RISE_OK)
        return status;
    rise_id id = rise_value_digest(value);
    rise_value_release(value);
    add_digest(key, "init", &id);
    return RISE_OK;
}

static rise_status make_key(vit_run *run, byte_buffer *key, rise_error *err) {
    const vit_shape *shape = &run->net.shape;
    const vit_settings *s = &run->settings;
    static const char *const ports[] = {"input", "target", "split"};
    bytes_add_text(key, "epoch\n");
    bytes_add_text(key, vit_numerics());
    bytes_add_text(key, "\n");
    add_number(key, "patch", (double)shape->patch);
    add_number(key, "embedding", (double)shape->embedding);
    add_number(key, "heads", (double)shape->heads);
    add_number(key, "layers", (double)shape->layers);
    add_number(key, "r", (double)shape->block);
    add_number(key, "batch", (double)s->batch);
    add_number(key, "lr", s->rate);
    add_number(key, "schedule", (double)s->schedule);
    if (s->schedule == VIT_COSINE)
        add_number(key, "epochs", (double)s->epochs);
    if (s->schedule == VIT_STEP) {
        add_number(key, "step_size", (double)s->step_size);
        add_number(key, "gamma", s->gamma);
    }
    add_number(key, "dropout", s->dropout);
    add_number(key, "shuffle", s->shuffle);
    add_number(key, "seed", (double)s->seed);
    if (run->augment_kind != NULL) {
        bytes_add_text(key, "augment=");
        bytes_add_text(key, run->augment_kind);
        bytes_add_text(key, "\n");
    }
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (rise_connected(run->ctx, ports[i])) {
            rise_id id = rise_input_digest(run->ctx, ports[i]);
            add_digest(key, ports[i], &id);
        }
    rise_status status = add_init(run, key, err);
    if (status == RISE_OK && key->failed)
        status = rise_fail_nomem(err, "the key of an epoch");
    return status;
}

/* The key with the epoch's number at its end; `length` is where that begins. */
static bool key_of(byte_buffer *key, size_t length, size_t epoch) {
    key->size = length;
    add_number(key, "epoch", (double)epoch);
    return !key->failed;
}

static void reset(vit_run *run, const float *first) {
    size_t bytes = run->net.n_params * sizeof *first;
    memcpy(run->state.params, first, bytes);
    memset(run->state.m, 0, bytes);
    memset(run->state.v, 0, bytes);
    run->state.epoch = run->state.best_epoch = 0;
    run->state.best_loss = 0;
}

/* The latest epoch that is stored, if any. */
static rise_status resume(vit_run *run, byte_buffer *key, size_t length, rise_error *err) {
    size_t bytes = run->net.n_params * sizeof(float);
    float *first = malloc(bytes);
    if (first == NULL)
        return rise_fail_nomem(err, "the first weights");
    memcpy(first, run->state.params, bytes);
    for (size_t epoch = run->until; epoch > 0; epoch--) {
        rise_value *value = NULL;
        if (!key_of(key, length, epoch) ||
            rise_memo_get(run->ctx, key->data, key->size, &value) != RISE_OK)
            continue;
        const rise_blob *blob = rise_value_blob(value);
        bool ok = blob != NULL &&
                  vit_state_load(&run->net, blob->bytes, blob->size, run->settings.epochs,
                                 &run->state, NULL) == RISE_OK &&
                  run->state.epoch == epoch;
        rise_value_release(value);
        if (ok)
            break;
        reset(run, first);
    }
    free(first);
    return RISE_OK;
}

static rise_status store(vit_run *run, byte_buffer *key, size_t length, rise_error *err) {
    void *bytes = NULL;
    size_t size;
    rise_value *value = NULL;
    if (!key_of(key, length, run->state.epoch))
        return rise_fail_nomem(err, "the key of an epoch");
    rise_status status = vit_state_save(&run->net, &run->state, &bytes, &size, err);
    if (status == RISE_OK)
        status = rise_blob_new(RISE_MODEL, "safetensors", bytes, size, &value, err);
    free(bytes);
    if (status == RISE_OK)
        rise_memo_put(run->ctx, key->data, key->size, value);
    rise_value_release(value);
    return status;
}

static void tell_epoch(vit_run *run) {
    const vit_state *s = &run->state;
    const double *row = s->curve + (s->epoch - 1) * VIT_CURVE;
    rise_progress(run->ctx, (double)s->epoch, (double)run->until,
                  "epoch %zu: loss %.4g, validation %.4g", s->epoch, row[1], row[2]);
}

static void tell_batch(void *user, size_t done, size_t n_batches, double loss) {
    vit_run *run = user;
    size_t epoch = run->state.epoch;
    rise_progress(run->ctx, (double)epoch + (double)done / (double)n_batches, (double)run->until,
                  "epoch %zu, batch %zu of %zu: loss %.4g", epoch + 1, done, n_batches, loss);
}

rise_status run_train(vit_run *run, rise_error *err) {
    const vit_job job = {.net = &run->net,
                         .host = &run->host,
                         .samples = &run->samples,
                         .target = run->scaled_target,
                         .train = run->frame[RUN_TRAIN],
                         .validation = run->frame[RUN_VALIDATION],
                         .n_train = run->n_part[RUN_TRAIN],
                         .n_validation = run->n_part[RUN_VALIDATION],
                         .settings = &run->settings,
                         .augment = run->augment_kind != NULL ? &run->augment : NULL,
                         .tell = tell_batch,
                         .tell_user = run};
    if (run->settings.epochs == 0) {
        memcpy(run->state.best, run->state.params, run->net.n_params * sizeof(float));
        return RISE_OK;
    }
    byte_buffer key = {0};
    rise_status status = make_key(run, &key, err);
    size_t length = key.size;
    if (status == RISE_OK)
        status = resume(run, &key, length, err);
    if (status == RISE_OK && run->state.epoch > 0)
        tell_epoch(run);
    vit_training *training = NULL;
    if (status == RISE_OK && run->state.epoch < run->until)
        status = vit_train_begin(&job, &run->state, &training, err);
    while (status == RISE_OK && run->state.epoch < run->until) {
        status = vit_train_epoch(training, err);
        if (status == RISE_OK)
            status = store(run, &key, length, err);
        if (status == RISE_OK)
            tell_epoch(run);
    }
    vit_train_end(training);
    bytes_free(&key);
    return status;
}

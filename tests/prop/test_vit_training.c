/* tests/prop/test_vit_training.c: training gives the same bytes whatever the threads do, however it
 * is interrupted, and learns; schedules; model files are checked. */
#include "vit/augment.h"
#include "vit/model.h"
#include "vit/train.h"
#include "support/vit_case.h"

#include "kit/rng.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FRAMES = 22, TRAIN = 15, EPOCHS = 4, VOLUME = 2 * 8 * 8 * 8, MEMORY = 1 << 30 };

/* ---- hosts ----------------------------------------------------------------------------------- */

static rise_status forwards(void *user, size_t n, rise_parallel_fn fn, void *arg, rise_error *err) {
    (void)user;
    rise_status status = RISE_OK;
    for (size_t i = 0; i < n && status == RISE_OK; i++)
        status = fn(arg, i, err);
    return status;
}

static rise_status backwards(void *user, size_t n, rise_parallel_fn fn, void *arg,
                             rise_error *err) {
    (void)user;
    rise_status status = RISE_OK;
    for (size_t i = n; i-- > 0 && status == RISE_OK;)
        status = fn(arg, i, err);
    return status;
}

typedef struct crew {
    rise_parallel_fn fn;
    void *arg;
    size_t n;
    atomic_size_t next;
    atomic_int failed;
} crew;

static void *work(void *user) {
    crew *c = user;
    for (size_t i; (i = atomic_fetch_add(&c->next, 1)) < c->n;)
        if (c->fn(c->arg, i, NULL) != RISE_OK)
            atomic_store(&c->failed, 1);
    return NULL;
}

static rise_status threads(void *user, size_t n, rise_parallel_fn fn, void *arg, rise_error *err) {
    (void)user;
    crew c = {.fn = fn, .arg = arg, .n = n};
    pthread_t thread[3];
    for (size_t t = 0; t < 3; t++)
        assert_int_equal(pthread_create(&thread[t], NULL, work, &c), 0);
    for (size_t t = 0; t < 3; t++)
        pthread_join(thread[t], NULL);
    return atomic_load(&c.failed) ? rise_fail(err, RISE_E_FAILED, "a task failed") : RISE_OK;
}

static bool never(void *user) {
    (void)user;
    return false;
}

static bool at_once(void *user) {
    (void)user;
    return true;
}

/* ---- a small training ------------------------------------------------------------------------ */

typedef struct study {
    vit_case net;
    uint8_t voxels[FRAMES * VOLUME];
    float target[FRAMES];
    size_t train[FRAMES], validation[FRAMES];
    vit_samples samples;
    vit_settings settings;
    vit_augment augment; /* used where job.augment is set */
    vit_host host;
    vit_job job;
    vit_state state;
} study;

/* Energies depend on how many atoms of each kind lie in one half of the box. */
static study *begin(size_t block) {
    study *s = calloc(1, sizeof *s);
    assert_non_null(s);
    const vit_shape shape = {2, {8, 8, 8}, 2, 16, 2, 2, block};
    vit_case_fresh(&s->net, &shape, 21);
    const rng_stream r = {8, {0, 0, 0}};
    for (size_t f = 0; f < FRAMES; f++) {
        uint64_t density = 2 + rng_below(&r, 1u << 30 | f, 6);
        for (size_t v = 0; v < VOLUME; v++)
            s->voxels[f * VOLUME + v] = rng_below(&r, f * VOLUME + v, 16) < density;
        s->target[f] = (float)(density - 2) / 5.0f;
        if (f < TRAIN)
            s->train[f] = f;
        else
            s->validation[f - TRAIN] = f;
    }
    s->samples = (vit_samples){s->voxels, RISE_U8, VOLUME};
    s->settings = (vit_settings){.epochs = EPOCHS,
                                 .batch = 6,
                                 .rate = 2e-3,
                                 .schedule = VIT_COSINE,
                                 .step_size = 2,
                                 .gamma = 0.5,
                                 .dropout = 0.1,
                                 .shuffle = true,
                                 .seed = 4};
    s->host = (vit_host){NULL, forwards, never, MEMORY};
    s->job = (vit_job){.net = &s->net.net,
                       .host = &s->host,
                       .samples = &s->samples,
                       .target = s->target,
                       .train = s->train,
                       .validation = s->validation,
                       .n_train = TRAIN,
                       .n_validation = FRAMES - TRAIN,
                       .settings = &s->settings};
    size_t n = s->net.net.n_params;
    s->state.params = calloc(n, sizeof(float));
    s->state.m = calloc(n, sizeof(float));
    s->state.v = calloc(n, sizeof(float));
    s->state.best = calloc(n, sizeof(float));
    s->state.curve = calloc(200 * VIT_CURVE, sizeof(double));
    assert_true(s->state.params && s->state.m && s->state.v && s->state.best && s->state.curve);
    vit_params_init(&s->net.net, 5, s->state.params);
    return s;
}

static void end(study *s) {
    vit_case_free(&s->net);
    free(s->state.params);
    free(s->state.m);
    free(s->state.v);
    free(s->state.best);
    free(s->state.curve);
    free(s);
}

/* Up to epoch `epochs`, or the first failure. */
static rise_status attempt(study *s, size_t epochs, rise_error *err) {
    vit_training *training = NULL;
    assert_int_equal(vit_train_begin(&s->job, &s->state, &training, err), RISE_OK);
    rise_status status = RISE_OK;
    while (status == RISE_OK && s->state.epoch < epochs)
        status = vit_train_epoch(training, err);
    vit_train_end(training);
    return status;
}

/* As the above, the training samples moved by shifts and all symmetries. */
static study *begin_moved(size_t block, bool moved) {
    study *s = begin(block);
    vit_augment_allow(&s->augment, 2, s->net.net.shape.grid, NULL, s->train, TRAIN, true, true);
    s->job.augment = moved ? &s->augment : NULL;
    return s;
}

static void train(study *s, size_t epochs) {
    rise_error err = {0};
    if (attempt(s, epochs, &err) != RISE_OK)
        fail_msg("%s", err.message);
}

static void assert_same(const study *a, const study *b) {
    size_t bytes = a->net.net.n_params * sizeof(float);
    assert_memory_equal(a->state.params, b->state.params, bytes);
    assert_memory_equal(a->state.m, b->state.m, bytes);
    assert_memory_equal(a->state.v, b->state.v, bytes);
    assert_memory_equal(a->state.best, b->state.best, bytes);
    assert_memory_equal(a->state.curve, b->state.curve, EPOCHS * VIT_CURVE * sizeof(double));
    assert_int_equal(a->state.best_epoch, b->state.best_epoch);
}

static void test_threads(void **state) {
    (void)state;
    static rise_status (*const hosts[])(void *, size_t, rise_parallel_fn, void *,
                                        rise_error *) = {backwards, threads};
    for (size_t run = 0; run < 4; run++) {
        size_t block = 3 + run / 2; /* one wraps, one does not */
        study *a = begin_moved(block, run % 2);
        train(a, EPOCHS);
        for (size_t h = 0; h < 2; h++) {
            study *b = begin_moved(block, run % 2);
            b->host.parallel = hosts[h];
            train(b, EPOCHS);
            assert_same(a, b);
            end(b);
        }
        end(a);
    }
}

/* With memory for one workspace only, threads wait for each other and activations are made again.
 */
static void test_memory(void **state) {
    (void)state;
    for (size_t block = 2; block <= 3; block++) {
        study *a = begin(block), *b = begin(block);
        train(a, EPOCHS);
        b->host.parallel = threads;
        b->host.memory = 1;
        train(b, EPOCHS);
        assert_same(a, b);
        end(a);
        end(b);
    }
}

static void resume(bool moved) {
    study *whole = begin_moved(2, moved);
    train(whole, EPOCHS);
    for (size_t stop = 1; stop < EPOCHS; stop++) {
        study *first = begin_moved(2, moved), *second = begin_moved(2, moved);
        train(first, stop);
        void *bytes = NULL;
        size_t size;
        rise_error err = {0};
        assert_int_equal(vit_state_save(&first->net.net, &first->state, &bytes, &size, &err), 0);
        assert_int_equal(
            vit_state_load(&second->net.net, bytes, size, EPOCHS, &second->state, &err), 0);
        assert_int_equal(
            vit_state_load(&second->net.net, bytes, size, stop - 1, &second->state, &err),
            RISE_E_DATA); /* of a longer training */
        assert_int_equal(
            vit_state_load(&second->net.net, bytes, size, EPOCHS, &second->state, &err), 0);
        train(second, EPOCHS);
        assert_same(whole, second);
        free(bytes);
        end(first);
        end(second);
    }
    end(whole);
}

static void test_resume(void **state) {
    (void)state;
    resume(false);
    resume(true);
}

/* Moves reach the training samples and nothing else: another first epoch, but the same predictions
 * of the same weights. */
static void test_moves(void **state) {
    (void)state;
    study *still = begin_moved(2, false), *moved = begin_moved(2, true);
    size_t bytes = still->net.net.n_params * sizeof(float);
    train(still, 1);
    train(moved, 1);
    assert_memory_not_equal(still->state.params, moved->state.params, bytes);
    float y[2][FRAMES];
    rise_error err = {0};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(vit_predict(&still->net.net, &still->host, &still->samples,
                                     i ? moved->state.params : still->state.params,
                                     still->validation, FRAMES - TRAIN, y[i], &err),
                         RISE_OK);
    double sum = 0;
    for (size_t i = 0; i < FRAMES - TRAIN; i++)
        sum += pow((double)y[1][i] - (double)still->target[TRAIN + i], 2) / 7; /* FRAMES - TRAIN */
    assert_true(fabs(sum - moved->state.curve[2]) < 1e-9); /* validated as they lie */
    end(still);
    end(moved);
}

static void test_learns(void **state) {
    (void)state;
    study *s = begin(2);
    s->settings.epochs = 60;
    train(s, 60);
    const double *curve = s->state.curve;
    double mean = 0, variance = 0;
    for (size_t f = 0; f < TRAIN; f++)
        mean += (double)s->target[f] / 15; /* TRAIN */
    for (size_t f = 0; f < TRAIN; f++)
        variance += pow((double)s->target[f] - mean, 2) / 15; /* TRAIN */
    if (!(curve[59 * VIT_CURVE + 1] < 0.5 * variance))
        fail_msg("loss %.4g after 60 epochs; the mean alone gives %.4g", curve[59 * VIT_CURVE + 1],
                 variance);
    /* the best epoch is the first of the lowest validation losses, and its weights are kept */
    size_t best = 0;
    for (size_t e = 1; e < 60; e++)
        if (curve[e * VIT_CURVE + 2] < curve[best * VIT_CURVE + 2])
            best = e;
    assert_int_equal(s->state.best_epoch, best + 1);
    float y[FRAMES];
    rise_error err = {0};
    assert_int_equal(vit_predict(&s->net.net, &s->host, &s->samples, s->state.best, s->validation,
                                 FRAMES - TRAIN, y, &err),
                     RISE_OK);
    double sum = 0;
    for (size_t i = 0; i < FRAMES - TRAIN; i++)
        sum += pow((double)y[i] - (double)s->target[TRAIN + i], 2) / 7; /* FRAMES - TRAIN */
    assert_true(fabs(sum - s->state.best_loss) < 1e-9);
    end(s);
}

static void test_schedules(void **state) {
    (void)state;
    vit_settings s = {.epochs = 40, .rate = 1e-3, .step_size = 20, .gamma = 0.1};
    assert_true(vit_rate_at(&s, 19) == 1e-3);
    assert_true(fabs(vit_rate_at(&s, 20) - 1e-4) < 1e-12);
    s.schedule = VIT_COSINE;
    assert_true(vit_rate_at(&s, 0) == 1e-3);
    assert_true(fabs(vit_rate_at(&s, 20) - 5e-4) < 1e-12);
    s.schedule = VIT_CONSTANT;
    assert_true(vit_rate_at(&s, 39) == 1e-3);
}

static void test_divergence(void **state) {
    (void)state;
    study *s = begin(2);
    s->target[7] = NAN; /* whatever makes a loss that is no number */
    s->settings.shuffle = false;
    rise_error err = {0};
    assert_int_equal(attempt(s, 1, &err), RISE_E_FAILED);
    assert_non_null(strstr(err.message, "epoch 1"));
    assert_non_null(strstr(err.message, "batch 2 of 3"));
    assert_null(strstr(err.hint, "until")); /* there is no epoch to go back to */
    end(s);

    s = begin(2);
    train(s, 2);
    s->target[TRAIN] = NAN; /* a validation frame */
    assert_int_equal(attempt(s, 3, &err), RISE_E_FAILED);
    assert_string_equal(err.message, "training diverged: the loss is not finite in epoch 3, "
                                     "validation");
    assert_non_null(strstr(err.hint, "`until: 2`"));
    end(s);

    s = begin(2);
    s->settings.batch = TRAIN;
    s->settings.rate = INFINITY; /* spoils the weights after the only loss */
    s->job.n_validation = 0;
    assert_int_equal(attempt(s, 1, &err), RISE_E_FAILED);
    assert_string_equal(err.message, "training diverged: the weights are not finite in epoch 1, "
                                     "batch 1 of 1");
    end(s);
}

typedef struct told {
    size_t n, done, of;
    double loss;
} told;

static void hear(void *user, size_t done, size_t n_batches, double loss) {
    told *t = user;
    t->n++;
    assert_true(done == t->done + 1 && isfinite(loss));
    t->done = done;
    t->of = n_batches;
    t->loss = loss;
}

static void test_progress(void **state) {
    (void)state;
    study *s = begin(2);
    told t = {0};
    s->job.tell = hear;
    s->job.tell_user = &t;
    train(s, 1);
    assert_true(t.n == 3 && t.of == 3); /* 15 frames by 6 */
    assert_true(t.loss == s->state.curve[1]);
    end(s);
}

/* One place is the least; more samples at a time and the passes of a training need more. */
static void test_need(void **state) {
    (void)state;
    for (size_t block = 3; block <= 4; block++) {
        study *s = begin(block);
        const vit_net *net = &s->net.net;
        const vit_need one = vit_train_need(net, 1, TRAIN), all = vit_train_need(net, 99, TRAIN);
        const vit_need predict = vit_predict_need(net);
        assert_true(one.workspace == all.workspace && predict.workspace < one.workspace);
        assert_true(one.weights <= all.weights && predict.weights < one.weights);
        assert_true(vit_work_bytes(net, 1, false) > 0);
        assert_true(vit_work_bytes(net, 2, true) > vit_work_bytes(net, 1, true));
        end(s);
    }
}

static void test_interruption(void **state) {
    (void)state;
    study *s = begin(2);
    s->host.cancelled = at_once;
    rise_error err = {0};
    assert_int_equal(attempt(s, 1, &err), RISE_E_INTERRUPTED);
    float y[FRAMES];
    assert_int_equal(
        vit_predict(&s->net.net, &s->host, &s->samples, s->state.params, s->train, TRAIN, y, &err),
        RISE_E_INTERRUPTED);
    end(s);
}

static rise_status load_into(const vit_shape *shape, const void *bytes, size_t size,
                             rise_error *err) {
    vit_case c;
    vit_case_fresh(&c, shape, 1);
    safetensors *file = NULL;
    assert_int_equal(safetensors_parse(bytes, size, &file, err), RISE_OK);
    rise_status status = vit_params_load(&c.net, file, c.params, err);
    safetensors_free(file);
    vit_case_free(&c);
    return status;
}

static void test_model_files(void **state) {
    (void)state;
    study *s = begin(2);
    void *bytes = NULL;
    size_t size;
    rise_error err = {0};
    const safetensors_pair notes[] = {{"grid_x", "8"},    {"grid_y", "8"}, {"grid_z", "8"},
                                      {"heads", "2"},     {"r", "2"},      {"target_min", "-5.25"},
                                      {"target_max", "3"}};
    assert_int_equal(vit_params_save(&s->net.net, s->state.params, notes, 7, &bytes, &size, &err),
                     RISE_OK);
    safetensors *file = NULL;
    vit_model_info info;
    assert_int_equal(safetensors_parse(bytes, size, &file, &err), RISE_OK);
    assert_int_equal(vit_model_info_read(file, &info, &err), RISE_OK);
    assert_true(info.complete && info.scaled);
    assert_true(info.target_min == -5.25 && info.target_max == 3);
    assert_memory_equal(&info.shape, &s->net.net.shape, sizeof info.shape);
    assert_int_equal(vit_params_load(&s->net.net, file, s->net.params, &err), RISE_OK);
    assert_memory_equal(s->net.params, s->state.params, s->net.net.n_params * sizeof(float));
    safetensors_free(file);

    vit_shape other = s->net.net.shape;
    other.grid[2] = 16; /* the tensor that does not fit, and both shapes */
    assert_int_equal(load_into(&other, bytes, size, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "pos_embedding"));
    assert_non_null(strstr(err.message, "(1, 65, 16)"));
    assert_non_null(strstr(err.message, "(1, 129, 16)"));
    other = s->net.net.shape;
    other.layers = 3;
    assert_int_equal(load_into(&other, bytes, size, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "encoder_layers.2"));
    other.layers = 1;
    assert_int_equal(load_into(&other, bytes, size, &err), RISE_E_DATA);
    assert_non_null(strstr(err.message, "encoder_layers.1"));
    free(bytes);
    end(s);
}

static void test_frame_lists(void **state) {
    (void)state;
    rise_id id[3] = {{{1, 2, 255}}, {{0}}, {{9}}};
    const uint8_t part[3] = {2, 0, 2};
    char *text = vit_frames_text(id, part, 2, 3);
    assert_non_null(text);
    assert_int_equal(strlen(text), 128);
    float one = 1;
    const safetensors_entry entry = {.name = "x", .dtype = RISE_F32, .data = &one};
    const safetensors_pair notes[] = {{VIT_KEY_TEST, text}, {VIT_KEY_TRAIN, "12"}};
    void *bytes = NULL;
    size_t size, n;
    rise_id *found = NULL;
    safetensors *file = NULL;
    assert_int_equal(safetensors_write(&entry, 1, notes, 2, &bytes, &size, NULL), RISE_OK);
    assert_int_equal(safetensors_parse(bytes, size, &file, NULL), RISE_OK);
    assert_int_equal(vit_frames_read(file, VIT_KEY_TEST, &found, &n, NULL), RISE_OK);
    assert_int_equal(n, 2);
    assert_true(vit_frames_have(found, n, &id[0]) && vit_frames_have(found, n, &id[2]));
    assert_false(vit_frames_have(found, n, &id[1]));
    free(found);
    assert_int_equal(vit_frames_read(file, VIT_KEY_TRAIN, &found, &n, NULL), RISE_E_DATA);
    assert_int_equal(vit_frames_read(file, VIT_KEY_VALIDATION, &found, &n, NULL), RISE_OK);
    assert_null(found);
    safetensors_free(file);
    free(bytes);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),     cmocka_unit_test(test_memory),
        cmocka_unit_test(test_resume),      cmocka_unit_test(test_moves),
        cmocka_unit_test(test_learns),      cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_divergence),  cmocka_unit_test(test_progress),
        cmocka_unit_test(test_need),        cmocka_unit_test(test_interruption),
        cmocka_unit_test(test_model_files), cmocka_unit_test(test_frame_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

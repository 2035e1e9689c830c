/* vit/train.c: epochs of Adam, deterministic for any number of threads. Knows no files and no
 * tables. */
#include "train.h"

#include "adam.h"
#include "augment.h"
#include "kit/rng.h"
#include "pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TASKS 64u
#define GRAD_BYTES ((size_t)256 << 20) /* for the gradients of all tasks */
#define SLICES 32u                     /* of the parameters, in the update */
#define STATE_COPIES 3u /* as bytes, as the value that is kept, and packed for the store */
#define SHUFFLE_STREAM 0xFFFFFFFEu

double vit_rate_at(const vit_settings *s, size_t epoch) {
    if (s->schedule == VIT_STEP)
        return s->rate * pow(s->gamma, (double)(epoch / s->step_size));
    if (s->schedule == VIT_COSINE)
        return s->rate * 0.5 * (1 + cos(3.141592653589793 * (double)epoch / (double)s->epochs));
    return s->rate;
}

/* ---- one batch ------------------------------------------------------------------------------- */

typedef struct vit_training {
    const vit_job *job;
    vit_state *state;
    vit_weights weights;
    float *transposed;
    vit_pool *pool;
    size_t *order; /* (n_train) frames of this epoch */
    size_t group, max_tasks;
    float *grad; /* (max_tasks, n_params) */
    float *y;    /* (batch) */
    /* of the batch at hand */
    const size_t *frame;
    size_t n, n_groups, n_tasks;
    uint64_t step;
} training;

/* A training sample as this epoch sees it. */
static void copy_sample(const training *t, size_t frame, float *voxels) {
    const vit_job *job = t->job;
    if (job->augment == NULL) {
        vit_samples_copy(job->samples, frame, voxels);
        return;
    }
    const vit_move move = vit_augment_draw(job->augment, job->settings->seed,
                                           (uint32_t)t->state->epoch, (uint32_t)frame);
    vit_augment_copy(job->augment, &move, job->samples, frame, voxels);
}

static rise_status train_group(training *t, size_t g, vit_place *place, float *grad,
                               rise_error *err) {
    const vit_job *job = t->job;
    size_t first = g * t->group, n = t->n - first < t->group ? t->n - first : t->group;
    uint32_t sample[VIT_GROUP_MAX];
    float dy[VIT_GROUP_MAX];
    for (size_t s = 0; s < n; s++) {
        copy_sample(t, t->frame[first + s], place->voxels + s * job->samples->volume);
        sample[s] = (uint32_t)t->frame[first + s];
    }
    const vit_dropout dropout = {.rate = job->settings->dropout,
                                 .seed = job->settings->seed,
                                 .epoch = (uint32_t)t->state->epoch,
                                 .sample = sample};
    float *y = t->y + first;
    rise_status status =
        vit_forward(job->net, &t->weights, place->work, place->voxels, n, &dropout, y, err);
    for (size_t s = 0; s < n; s++) /* of the mean square over the batch */
        dy[s] = 2 * (y[s] - job->target[t->frame[first + s]]) / (float)t->n;
    if (status == RISE_OK)
        status = vit_backward(job->net, &t->weights, place->work, place->voxels, n, &dropout, dy,
                              grad, NULL, err);
    return status;
}

static rise_status train_task(void *user, size_t i, rise_error *err) {
    training *t = user;
    size_t n_params = t->job->net->n_params;
    float *grad = t->grad + i * n_params;
    memset(grad, 0, n_params * sizeof *grad);
    vit_place *place;
    rise_status status =
        vit_pool_take(t->pool, t->job->host->cancelled, t->job->host->user, &place, err);
    if (status != RISE_OK)
        return status;
    size_t end = (i + 1) * t->n_groups / t->n_tasks;
    for (size_t g = i * t->n_groups / t->n_tasks; g < end && status == RISE_OK; g++)
        status = train_group(t, g, place, grad, err);
    vit_pool_give(t->pool, place);
    return status;
}

/* Gradients of the tasks summed pairwise (0+1, 2+3, ..., then 0+2, ...), and a step of Adam, for
 * one slice of the parameters. */
static rise_status update_slice(void *user, size_t i, rise_error *err) {
    training *t = user;
    (void)err;
    size_t n = t->job->net->n_params, first = n * i / SLICES, end = n * (i + 1) / SLICES;
    for (size_t apart = 1; apart < t->n_tasks; apart *= 2)
        for (size_t a = 0; a + apart < t->n_tasks; a += 2 * apart) {
            float *to = t->grad + a * n;
            const float *from = t->grad + (a + apart) * n;
            for (size_t j = first; j < end; j++)
                to[j] += from[j];
        }
    vit_state *s = t->state;
    adam_step(first, end, t->step, vit_rate_at(t->job->settings, s->epoch), t->grad, s->params,
              s->m, s->v);
    return RISE_OK;
}

/* Sum of squared errors of the batch in `*squares`. */
static rise_status train_batch(training *t, double *squares, rise_error *err) {
    const vit_job *job = t->job;
    vit_weights_set(job->net, t->state->params, t->transposed, &t->weights);
    t->n_groups = (t->n + t->group - 1) / t->group;
    t->n_tasks = t->n_groups < t->max_tasks ? t->n_groups : t->max_tasks;
    rise_status status = job->host->parallel(job->host->user, t->n_tasks, train_task, t, err);
    if (status != RISE_OK)
        return status;
    *squares = 0;
    for (size_t s = 0; s < t->n; s++) {
        double off = (double)t->y[s] - (double)job->target[t->frame[s]];
        *squares += off * off;
    }
    if (!isfinite(*squares))
        return RISE_OK; /* the caller says where */
    return job->host->parallel(job->host->user, SLICES, update_slice, t, err);
}

/* ---- one epoch ------------------------------------------------------------------------------- */

/* Every epoch before is a sub-result, so the hint costs its reader nothing. */
static rise_status diverged(size_t epoch, const char *what, const char *where, rise_error *err) {
    rise_fail(err, RISE_E_FAILED, "training diverged: the %s not finite in epoch %zu, %s", what,
              epoch, where);
    if (epoch == 1)
        return rise_hint(err, "a lower lr, smaller numbers in `input` or in `init`");
    return rise_hint(err,
                     "a lower lr; epoch %zu was the last good one: `until: %zu` gives the best "
                     "weights up to there and trains nothing again",
                     epoch - 1, epoch - 1);
}

static bool all_finite(const float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static rise_status validate(const vit_job *job, const vit_state *state, double *loss,
                            rise_error *err) {
    float *y = calloc(job->n_validation, sizeof *y);
    if (y == NULL)
        return rise_fail_nomem(err, "validation");
    rise_status status = vit_predict(job->net, job->host, job->samples, state->params,
                                     job->validation, job->n_validation, y, err);
    double sum = 0;
    for (size_t i = 0; i < job->n_validation; i++) {
        double off = (double)y[i] - (double)job->target[job->validation[i]];
        sum += off * off;
    }
    *loss = sum / (double)job->n_validation;
    free(y);
    return status;
}

static rise_status run_batches(training *t, double *loss, rise_error *err) {
    const vit_job *job = t->job;
    size_t batch = job->settings->batch, n_batches = (job->n_train + batch - 1) / batch;
    double sum = 0;
    for (size_t b = 0; b < n_batches; b++) {
        if (job->host->cancelled(job->host->user))
            return rise_fail(err, RISE_E_INTERRUPTED, "interrupted");
        size_t first = b * batch;
        t->frame = t->order + first;
        t->n = job->n_train - first < batch ? job->n_train - first : batch;
        t->step = t->state->epoch * n_batches + b + 1;
        double squares = 0;
        rise_status status = train_batch(t, &squares, err);
        if (status != RISE_OK)
            return status;
        /* Weights that the last step spoilt would show in no loss of this epoch. */
        bool good = isfinite(squares), last = b + 1 == n_batches;
        if (!good || (last && !all_finite(t->state->params, job->net->n_params))) {
            char where[64];
            snprintf(where, sizeof where, "batch %zu of %zu", b + 1, n_batches);
            return diverged(t->state->epoch + 1, good ? "weights are" : "loss is", where, err);
        }
        sum += squares;
        if (job->tell != NULL)
            job->tell(job->tell_user, b + 1, n_batches, sum / (double)(first + t->n));
    }
    *loss = sum / (double)job->n_train;
    return RISE_OK;
}

static void begin_epoch(training *t) {
    const vit_job *job = t->job;
    const rng_stream stream = {job->settings->seed, {(uint32_t)t->state->epoch, 0, SHUFFLE_STREAM}};
    if (job->settings->shuffle)
        rng_permutation(&stream, job->n_train, t->order);
    for (size_t i = 0; i < job->n_train; i++)
        t->order[i] = job->train[job->settings->shuffle ? t->order[i] : i];
}

static void end_epoch(vit_state *state, const vit_job *job, double loss, double validation) {
    double *row = state->curve + state->epoch * VIT_CURVE;
    row[0] = vit_rate_at(job->settings, state->epoch);
    row[1] = loss;
    row[2] = validation;
    state->epoch++;
    if (state->best_epoch == 0 || validation < state->best_loss) {
        state->best_epoch = state->epoch;
        state->best_loss = validation;
        memcpy(state->best, state->params, job->net->n_params * sizeof *state->best);
    }
}

rise_status vit_train_epoch(vit_training *t, rise_error *err) {
    const vit_job *job = t->job;
    double loss = 0;
    begin_epoch(t);
    rise_status status = run_batches(t, &loss, err);
    double validation = loss;
    if (status == RISE_OK && job->n_validation > 0)
        status = validate(job, t->state, &validation, err);
    if (status == RISE_OK && !isfinite(validation))
        status = diverged(t->state->epoch + 1, "loss is", "validation", err);
    if (status == RISE_OK)
        end_epoch(t->state, job, loss, validation);
    return status;
}

/* ---- a training ------------------------------------------------------------------------------ */

/* Tasks of a batch, each with a gradient of its own. They decide in which order gradients are
 * added, so neither threads nor memory have a say. */
static size_t task_limit(const vit_net *net, size_t batch) {
    size_t group = vit_group_size(net), n_groups = (batch + group - 1) / group;
    size_t affordable = GRAD_BYTES / (net->n_params * sizeof(float));
    size_t n = n_groups < MAX_TASKS ? n_groups : MAX_TASKS;
    if (n > affordable)
        n = affordable > 1 ? affordable : 1;
    return n;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static vit_pool_plan places_of(const vit_net *net, size_t n_tasks) {
    return (vit_pool_plan){
        .net = net, .n_places = n_tasks, .n_samples = vit_group_size(net), .backward = true};
}

vit_need vit_train_need(const vit_net *net, size_t batch, size_t n_train) {
    size_t tasks = task_limit(net, least(batch, n_train)), array = net->n_params * sizeof(float);
    const vit_pool_plan plan = places_of(net, tasks);
    return (vit_need){(1 + tasks) * array, vit_place_bytes(&plan), STATE_COPIES * 4 * array};
}

rise_status vit_train_begin(const vit_job *job, vit_state *state, vit_training **out,
                            rise_error *err) {
    const vit_net *net = job->net;
    size_t batch = least(job->settings->batch, job->n_train), max_tasks = task_limit(net, batch);
    training *t = calloc(1, sizeof *t);
    if (t == NULL)
        return rise_fail_nomem(err, "a training");
    *t = (training){.job = job,
                    .state = state,
                    .transposed = calloc(net->n_params, sizeof *t->transposed),
                    .order = calloc(job->n_train, sizeof *t->order),
                    .group = vit_group_size(net),
                    .max_tasks = max_tasks,
                    .grad = calloc(max_tasks * net->n_params, sizeof *t->grad),
                    .y = calloc(batch, sizeof *t->y)};
    vit_pool_plan plan = places_of(net, max_tasks);
    plan.memory = job->host->memory;
    rise_status status = RISE_OK;
    if (t->transposed == NULL || t->grad == NULL || t->y == NULL || t->order == NULL)
        status = rise_fail_nomem(err, "gradients");
    if (status == RISE_OK)
        status = vit_pool_new(&plan, &t->pool, err);
    if (status != RISE_OK)
        vit_train_end(t);
    else
        *out = t;
    return status;
}

void vit_train_end(vit_training *t) {
    if (t == NULL)
        return;
    vit_pool_free(t->pool);
    free(t->transposed);
    free(t->order);
    free(t->grad);
    free(t->y);
    free(t);
}

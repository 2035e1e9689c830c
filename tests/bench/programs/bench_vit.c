/* bench_vit: a training step of the published network, per sample.
 *
 *   bench_vit [r[,r...]] [batch] [repeats] [--bare | --two | --serve]
 *
 * 32^3 voxels in two channels, patches of 2, embedding 64, two heads, two layers, dropout 0.1; 2000
 * atoms a sample at random places (their places change no time). What is timed is an epoch of one
 * batch: forward, backward, Adam. --bare prints seconds per sample of one step per repeat; --two
 * how much faster two threads are; --serve makes a step for each line on stdin (transformer.h). */
#include "measure.h"
#include "transformer.h"

#include "kit/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REPEATS = 99, ATOMS = 2000, GRID = 32, CHANNELS = 2 };
#define VOLUME ((size_t)CHANNELS * GRID * GRID * GRID)

/* ---- a training ------------------------------------------------------------------------------ */

typedef struct study {
    vit_net net;
    size_t *frame;
    uint8_t *voxels;
    float *target;
    vit_samples samples;
    vit_settings settings;
    vit_host host;
    vit_job job;
    vit_state state;
    vit_training *training;
} study;

static void *zeroed(size_t n, size_t size) {
    void *p = calloc(n, size);
    if (p == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return p;
}

static rise_status begin(study *s, size_t r, size_t batch, rise_error *err) {
    const vit_shape shape = {CHANNELS, {GRID, GRID, GRID}, 2, 64, 2, 2, r};
    *s = (study){.host = transformer_one_thread};
    rise_status status = vit_net_init(&s->net, &shape, err);
    if (status != RISE_OK)
        return status;
    s->voxels = zeroed(batch * VOLUME, 1);
    s->target = zeroed(batch, sizeof *s->target);
    s->frame = zeroed(batch, sizeof *s->frame);
    const rng_stream places = {1, {0, 0, 0}};
    for (size_t f = 0; f < batch; f++) {
        s->frame[f] = f;
        s->target[f] = (float)f / (float)batch;
        for (size_t a = 0; a < ATOMS; a++)
            s->voxels[f * VOLUME + rng_below(&places, f * ATOMS + a, VOLUME)] = 1;
    }
    size_t n = s->net.n_params;
    s->state = (vit_state){.params = zeroed(n, sizeof(float)),
                           .m = zeroed(n, sizeof(float)),
                           .v = zeroed(n, sizeof(float)),
                           .best = zeroed(n, sizeof(float)),
                           .curve = zeroed(MAX_REPEATS + 1, VIT_CURVE * sizeof(double))};
    vit_params_init(&s->net, 1, s->state.params);
    s->samples = (vit_samples){s->voxels, RISE_U8, VOLUME};
    s->settings = (vit_settings){.epochs = MAX_REPEATS + 1,
                                 .batch = batch,
                                 .rate = 1e-4,
                                 .schedule = VIT_CONSTANT,
                                 .dropout = 0.1,
                                 .seed = 1};
    s->job = (vit_job){.net = &s->net,
                       .host = &s->host,
                       .samples = &s->samples,
                       .target = s->target,
                       .train = s->frame,
                       .n_train = batch,
                       .settings = &s->settings};
    return vit_train_begin(&s->job, &s->state, &s->training, err);
}

static void end(study *s) {
    vit_train_end(s->training);
    free(s->voxels);
    free(s->target);
    free(s->frame);
    free(s->state.params);
    free(s->state.m);
    free(s->state.v);
    free(s->state.best);
    free(s->state.curve);
}

/* An epoch of one batch. */
static rise_status step(study *s, bool two, rise_error *err) {
    s->host.parallel = two ? transformer_two_threads.parallel : transformer_one_thread.parallel;
    s->state.epoch = 0;
    return vit_train_epoch(s->training, err);
}

static rise_status timed_step(void *user, double *seconds, rise_error *err) {
    study *s = user;
    double start = measure_cpu();
    rise_status status = step(s, false, err);
    *seconds = (measure_cpu() - start) / (double)s->settings.batch;
    return status;
}

static int one_core(study *s, size_t repeats, bool bare, rise_error *err) {
    double sample[MAX_REPEATS];
    if (step(s, false, err) != RISE_OK) /* warms up */
        return 1;
    for (size_t i = 0; i < repeats; i++) {
        if (timed_step(s, &sample[i], err) != RISE_OK)
            return 1;
        if (bare)
            printf("%.6f\n", sample[i]);
    }
    if (bare)
        return 0;
    double peak = measure_peak_float(), seconds = measure_median(sample, repeats);
    double flop = transformer_flop_training(&s->net);
    printf("%3zu %6zu %10.1f %9.2f %9.1f %7.1f %% %9.0f\n", s->net.shape.block, s->settings.batch,
           1e3 * seconds, 1e-9 * flop, 1e-9 * flop / seconds,
           peak > 0 ? 100e-9 * flop / seconds / peak : 0, measure_peak_memory());
    return 0;
}

static int serve(study *s, rise_error *err) {
    return step(s, false, err) != RISE_OK || transformer_serve(timed_step, s, err) != 0;
}

/* Wall time of a step on one thread and on two, in turn. */
static int two_cores(study *s, size_t repeats, rise_error *err) {
    double ratio[MAX_REPEATS];
    if (step(s, true, err) != RISE_OK)
        return 1;
    for (size_t i = 0; i < repeats; i++) {
        double seconds[2];
        for (int two = 0; two < 2; two++) {
            double start = measure_wall();
            if (step(s, two, err) != RISE_OK)
                return 1;
            seconds[two] = measure_wall() - start;
        }
        ratio[i] = seconds[0] / seconds[1];
    }
    printf("%3zu %6zu two threads: %.2f times one by wall time\n", s->net.shape.block,
           s->settings.batch, measure_median(ratio, repeats));
    return 0;
}

int main(int argc, char **argv) {
    char sides[256];
    snprintf(sides, sizeof sides, "%s", argc > 1 ? argv[1] : "1,2,3,4,8,16");
    size_t batch = argc > 2 ? strtoul(argv[2], NULL, 10) : 32;
    size_t repeats = argc > 3 ? strtoul(argv[3], NULL, 10) : 5;
    const char *mode = argc > 4 ? argv[4] : "";
    if (batch < 2 || repeats < 1 || repeats > MAX_REPEATS) {
        fprintf(stderr, "usage: bench_vit [r,...] [batch] [repeats] [--bare | --two | --serve]\n");
        return 2;
    }
    bool bare = strcmp(mode, "--bare") == 0, two = strcmp(mode, "--two") == 0;
    bool on_demand = strcmp(mode, "--serve") == 0;
    if (!bare && !two && !on_demand)
        printf("  r  batch  ms/sample     Gflop   Gflop/s   of peak  peak MiB\n");
    int failed = 0;
    char *rest = sides;
    for (char *side = strtok_r(sides, ",", &rest); side; side = strtok_r(NULL, ",", &rest)) {
        study s;
        rise_error err = {0};
        int wrong = begin(&s, strtoul(side, NULL, 10), batch, &err) != RISE_OK;
        if (!wrong)
            wrong = on_demand ? serve(&s, &err)
                    : two     ? two_cores(&s, repeats, &err)
                              : one_core(&s, repeats, bare, &err);
        if (wrong)
            fprintf(stderr, "r = %s: %s\n", side, err.message);
        fflush(stdout);
        end(&s);
        failed |= wrong;
    }
    return failed;
}

/* bench_ig: integrated gradients of one sample, Gauss-Legendre.
 *
 *   bench_ig WEIGHTS.safetensors VOXELS.npy [r[,r...]] [steps] [repeats] [--bare | --two | --serve]
 *   bench_ig WEIGHTS.safetensors VOXELS.npy [r[,r...]] --delta
 *   bench_ig WEIGHTS.safetensors VOXELS.npy r steps --write FILE
 *
 * The published network (two heads, blocks of r patches), the first sample of the voxels (S, C, X,
 * Y, Z). --bare prints seconds of one sample per repeat, --two how much faster two threads are,
 * --serve does a sample for each line on stdin (transformer.h), --delta how far the attributions
 * are from complete at 50, 200 and 800 steps. --write puts them into FILE as float32, C order, and
 * prints y(x) and y(0); with 0 steps, input times gradient. */
#include "measure.h"
#include "transformer.h"

#include "ig/ig.h"
#include "support/npy.h"
#include "vit/model.h"
#include "vit/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REPEATS = 99, HEADS = 2 };

static void need(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "bench_ig: %s\n", what);
        exit(1);
    }
}

static void *room(size_t n, size_t size) {
    void *p = calloc(n, size);
    need(p != NULL, "out of memory");
    return p;
}

/* ---- a sample and a network ------------------------------------------------------------------ */

typedef struct study {
    vit_net net;
    size_t volume;
    float *voxels, *attribution, *params, *transposed;
    vit_weights weights;
    size_t n_steps;
    double *node, *weight;
    bool two;
    ig_result result;
    vit_pool *pool; /* NULL: not yet */
} study;

static safetensors *read_weights(const char *path, rise_error *err) {
    FILE *f = fopen(path, "rb");
    need(f != NULL && fseek(f, 0, SEEK_END) == 0, path);
    long size = ftell(f);
    need(size > 0, path);
    rewind(f);
    void *bytes = room((size_t)size, 1);
    need(fread(bytes, 1, (size_t)size, f) == (size_t)size, path);
    fclose(f);
    safetensors *file = NULL;
    need(safetensors_parse(bytes, (size_t)size, &file, err) == RISE_OK, err->message);
    return file; /* reads from the bytes: both stay until the end */
}

static void set_steps(study *s, size_t n) {
    free(s->node);
    free(s->weight);
    s->n_steps = n > 0 ? n : 1;
    s->node = room(s->n_steps, sizeof *s->node);
    s->weight = room(s->n_steps, sizeof *s->weight);
    ig_rule(n > 0 ? IG_GAUSS : IG_GRADIENT, s->n_steps, s->node, s->weight);
}

static void begin(study *s, const safetensors *weights, const npy_array *x, size_t r,
                  size_t n_steps) {
    rise_error err = {0};
    vit_shape shape = {.grid = {x->shape[2], x->shape[3], x->shape[4]}, .heads = HEADS, .block = r};
    *s = (study){.volume = x->count / x->shape[0]};
    need(vit_shape_guess(weights, &shape, &err) == RISE_OK &&
             vit_net_init(&s->net, &shape, &err) == RISE_OK,
         err.message);
    need(shape.channels == x->shape[1], "weights and voxels differ in their channels");
    s->voxels = room(s->volume, sizeof *s->voxels);
    s->attribution = room(s->volume, sizeof *s->attribution);
    s->params = room(s->net.n_params, sizeof *s->params);
    s->transposed = room(s->net.n_params, sizeof *s->transposed);
    for (size_t i = 0; i < s->volume; i++)
        s->voxels[i] = (float)npy_at(x, i);
    need(vit_params_load(&s->net, weights, s->params, &err) == RISE_OK, err.message);
    vit_weights_set(&s->net, s->params, s->transposed, &s->weights);
    set_steps(s, n_steps);
}

static void end(study *s) {
    vit_pool_free(s->pool);
    free(s->voxels);
    free(s->attribution);
    free(s->params);
    free(s->transposed);
    free(s->node);
    free(s->weight);
}

/* As the node does it for each frame; workspaces stay. */
static rise_status attribute(study *s, rise_error *err) {
    const vit_host *host = s->two ? &transformer_two_threads : &transformer_one_thread;
    ig_plan plan = {.net = &s->net,
                    .weights = &s->weights,
                    .scale = 1,
                    .n_steps = s->n_steps,
                    .node = s->node,
                    .weight = s->weight};
    const vit_pool_plan places = {.net = &s->net,
                                  .n_places = IG_MAX_TASKS,
                                  .n_samples = vit_group_size(&s->net),
                                  .backward = true,
                                  .d_voxels = true,
                                  .memory = host->memory};
    rise_status status = s->pool == NULL ? vit_pool_new(&places, &s->pool, err) : RISE_OK;
    plan.pool = s->pool;
    if (status == RISE_OK)
        status = ig_attribute(&plan, host, s->voxels, s->attribution, &s->result, err);
    return status;
}

/* ---- modes ----------------------------------------------------------------------------------- */

static rise_status timed(void *user, double *seconds, rise_error *err) {
    double start = measure_cpu();
    rise_status status = attribute(user, err);
    *seconds = measure_cpu() - start;
    return status;
}

static int one_core(study *s, size_t repeats, bool bare, rise_error *err) {
    double sample[MAX_REPEATS];
    if (attribute(s, err) != RISE_OK) /* warms up */
        return 1;
    for (size_t i = 0; i < repeats; i++) {
        if (timed(s, &sample[i], err) != RISE_OK)
            return 1;
        if (bare)
            printf("%.6f\n", sample[i]);
    }
    if (bare)
        return 0;
    double peak = measure_peak_float(), seconds = measure_median(sample, repeats);
    double flop = (double)s->n_steps * transformer_flop_gradient(&s->net);
    printf("%3zu %6zu %10.3f %9.2f %9.1f %7.1f %% %9.0f\n", s->net.shape.block, s->n_steps, seconds,
           1e-9 * flop, 1e-9 * flop / seconds, peak > 0 ? 100e-9 * flop / seconds / peak : 0,
           measure_peak_memory());
    return 0;
}

/* Wall time on one thread and on two, in turn. */
static int two_cores(study *s, size_t repeats, rise_error *err) {
    double ratio[MAX_REPEATS];
    if (attribute(s, err) != RISE_OK)
        return 1;
    for (size_t i = 0; i < repeats; i++) {
        double seconds[2];
        for (int two = 0; two < 2; two++) {
            s->two = two;
            double start = measure_wall();
            if (attribute(s, err) != RISE_OK)
                return 1;
            seconds[two] = measure_wall() - start;
        }
        ratio[i] = seconds[0] / seconds[1];
    }
    printf("%3zu %6zu two threads: %.2f times one by wall time\n", s->net.shape.block, s->n_steps,
           measure_median(ratio, repeats));
    return 0;
}

static int completeness(study *s, rise_error *err) {
    static const size_t steps[] = {50, 200, 800};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        set_steps(s, steps[i]);
        if (attribute(s, err) != RISE_OK)
            return 1;
        double difference = s->result.value - s->result.baseline;
        printf("%3zu %6zu y(x) - y(0) = %.8g, delta = %.3g\n", s->net.shape.block, steps[i],
               difference, s->result.sum - difference);
        fflush(stdout);
    }
    return 0;
}

static int write_attribution(study *s, const char *path, rise_error *err) {
    if (attribute(s, err) != RISE_OK)
        return 1;
    FILE *f = fopen(path, "wb");
    need(f != NULL && fwrite(s->attribution, sizeof(float), s->volume, f) == s->volume &&
             fclose(f) == 0,
         path);
    printf("%.9g %.9g\n", s->result.value, s->result.baseline);
    return 0;
}

static int run(study *s, const char *mode, const char *path, size_t repeats, rise_error *err) {
    if (strcmp(mode, "--serve") == 0)
        return attribute(s, err) != RISE_OK || transformer_serve(timed, s, err) != 0;
    if (strcmp(mode, "--two") == 0)
        return two_cores(s, repeats, err);
    if (strcmp(mode, "--delta") == 0)
        return completeness(s, err);
    if (strcmp(mode, "--write") == 0)
        return write_attribution(s, path, err);
    return one_core(s, repeats, strcmp(mode, "--bare") == 0, err);
}

int main(int argc, char **argv) {
    const char *word[5] = {NULL}, *mode = "", *path = NULL;
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 && n < 5)
            word[n++] = argv[i];
        else
            mode = argv[i];
        if (strcmp(argv[i], "--write") == 0 && i + 1 < argc)
            path = argv[++i];
    }
    char sides[256];
    snprintf(sides, sizeof sides, "%s", n > 2 ? word[2] : "1,2,3,4,8,16");
    size_t n_steps = n > 3 ? strtoul(word[3], NULL, 10) : 50;
    size_t repeats = n > 4 ? strtoul(word[4], NULL, 10) : 5;
    need(n >= 2 && repeats >= 1 && repeats <= MAX_REPEATS && n_steps <= 100000 &&
             (strcmp(mode, "--write") != 0 || path != NULL),
         "WEIGHTS.safetensors VOXELS.npy [r,...] [steps] [repeats] "
         "[--bare | --two | --serve | --delta | --write FILE]");
    rise_error err = {0};
    npy_array x;
    need(npy_load(word[1], &x) && x.rank == 5, "voxels are an array (S, C, X, Y, Z)");
    safetensors *weights = read_weights(word[0], &err);
    if (mode[0] == 0)
        printf("  r  steps   s/sample     Gflop   Gflop/s   of peak  peak MiB\n");
    int failed = 0;
    char *rest = sides;
    for (char *side = strtok_r(sides, ",", &rest); side; side = strtok_r(NULL, ",", &rest)) {
        study s;
        begin(&s, weights, &x, strtoul(side, NULL, 10), n_steps);
        int wrong = run(&s, mode, path, repeats, &err);
        if (wrong)
            fprintf(stderr, "r = %s: %s\n", side, err.message);
        fflush(stdout);
        end(&s);
        failed |= wrong;
    }
    npy_free(&x);
    return failed;
}

/* bench_store: what the store of values does per core, beside the parts that it is made of.
 *
 *   bench_store FOLDER [MIB [REPEATS]]   tensors of MIB (64), each figure the median of REPEATS (7)
 *
 * FOLDER is made and removed. Seconds are processor time of the one thread, the kernel's work on
 * files included. *Smooth*: floats that a zstd frame takes a good part off; *noise*: floats of
 * random bits, which are stored raw. A put of a large value is timed with its digest; every value
 * is new to the store. */
#include "measure.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/inside.h"
#include "store/store.h"

enum { N_SMALL = 4000, MAX_REPEATS = 101 };

static void need(bool ok, const char *what) {
    if (ok)
        return;
    fprintf(stderr, "bench_store: %s\n", what);
    exit(1);
}

static void *room(size_t n) {
    void *p = malloc(n ? n : 1);
    need(p, "no memory");
    memset(p, 1, n);
    return p;
}

static uint64_t draw(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Smooth: a slow wave with the rounding noise of a measurement, as densities and spectra have. */
static rise_value *make(size_t n, uint64_t seed, bool smooth) {
    rise_dim dim = {.name = "bin", .size = n};
    rise_value *v = NULL;
    void *data = NULL;
    uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
    need(rise_tensor_new(RISE_F32, 1, &dim, "", &v, &data, NULL) == RISE_OK, "no memory");
    float *to = data;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)(draw(&x) >> 32);
        if (smooth)
            to[i] =
                (float)(sin((double)i * 1e-3 + (double)seed) + 1e-4 * (double)(bits >> 16) / 65536);
        else
            memcpy(&to[i], &bits, 4);
    }
    return v;
}

/* ---- floors ---------------------------------------------------------------------------------- */

typedef void part_fn(const uint8_t *in, uint8_t *out, size_t n);

static void copy(const uint8_t *in, uint8_t *out, size_t n) {
    memcpy(out, in, n);
}
static void sha(const uint8_t *in, uint8_t *out, size_t n) {
    id_of(in, n, (rise_id *)(void *)out);
}
static void seal(const uint8_t *in, uint8_t *out, size_t n) {
    XXH128_hash_t h = XXH3_128bits(in, n);
    memcpy(out, &h, sizeof h);
}
static void shuffle(const uint8_t *in, uint8_t *out, size_t n) {
    shuffle_bytes(in, out, n, 4);
}
static void unshuffle(const uint8_t *in, uint8_t *out, size_t n) {
    unshuffle_bytes(in, out, n, 4);
}

static double time_part(part_fn *fn, const uint8_t *in, uint8_t *out, size_t n, int repeats) {
    double sample[MAX_REPEATS];
    for (int r = 0; r < repeats; r++) {
        double start = measure_cpu();
        fn(in, out, n);
        sample[r] = measure_cpu() - start;
    }
    return measure_median(sample, (size_t)repeats);
}

static void row(const char *name, double bytes, double seconds) {
    printf("%-44s %7.2f GB/s\n", name, bytes / seconds * 1e-9);
}

static void floors(size_t n, int repeats) {
    rise_value *v = make(n / 4, 1, true);
    const uint8_t *in = rise_value_tensor(v)->data;
    uint8_t *out = room(n + 64), *back = room(n + 64);
    double sample[3][MAX_REPEATS];
    codec *c = codec_new();
    buffer packed = {0};
    need(c && buffer_reserve(&packed, n + n / 8), "no memory");
    memset(packed.bytes, 1, packed.capacity);
    row("copy", (double)n, time_part(copy, in, out, n, repeats));
    row("SHA-256", (double)n, time_part(sha, in, out, n, repeats));
    row("XXH3-128", (double)n, time_part(seal, in, out, n, repeats));
    row("shuffle", (double)n, time_part(shuffle, in, out, n, repeats));
    row("shuffle back", (double)n, time_part(unshuffle, out, back, n, repeats));
    shuffle_bytes(in, out, n, 4);
    for (int r = 0; r < repeats; r++) {
        packed.size = 0;
        double start = measure_cpu();
        need(codec_compress(c, out, n, &packed), "zstd");
        sample[0][r] = measure_cpu() - start;
        start = measure_cpu();
        need(codec_decompress(c, packed.bytes, packed.size, back, n) == ENTRY_GOOD, "zstd");
        sample[1][r] = measure_cpu() - start;
    }
    row("zstd, smooth floats shuffled", (double)n, measure_median(sample[0], (size_t)repeats));
    row("zstd back", (double)n, measure_median(sample[1], (size_t)repeats));
    printf("%-44s %7.2f\n", "  ratio", (double)n / (double)packed.size);
    codec_free(c);
    buffer_free(&packed);
    free(out);
    free(back);
    rise_value_release(v);
}

static void files(const char *folder, size_t n, int repeats) {
    double put[MAX_REPEATS], get[MAX_REPEATS];
    char path[4200];
    uint8_t *bytes = room(n);
    snprintf(path, sizeof path, "%.4000s-floor", folder);
    for (int r = 0; r < repeats; r++) {
        double start = measure_cpu();
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0666);
        need(fd >= 0 && path_write_all(fd, bytes, n, -1) == 0, "cannot write there");
        put[r] = measure_cpu() - start;
        start = measure_cpu();
        need(pread(fd, bytes, n, 0) == (ssize_t)n, "cannot read there");
        get[r] = measure_cpu() - start;
        close(fd);
        unlink(path);
    }
    free(bytes);
    row("write a new file", (double)n, measure_median(put, (size_t)repeats));
    row("read it", (double)n, measure_median(get, (size_t)repeats));
}

static void memory(size_t n, int repeats) {
    double sample[MAX_REPEATS];
    for (int r = 0; r < repeats; r++) {
        double start = measure_cpu();
        uint8_t *fresh = malloc(n);
        need(fresh, "no memory");
        memory_ready(fresh, n);
        memset(fresh, 1, n);
        free(fresh);
        sample[r] = measure_cpu() - start;
    }
    row("take fresh memory and give it back", (double)n, measure_median(sample, (size_t)repeats));
}

/* ---- the store ------------------------------------------------------------------------------- */

static store *open_at(const char *folder) {
    store *s = NULL;
    need(store_open(folder, NULL, &s, NULL) == RISE_OK && store_writing(s), "cannot write there");
    return s;
}

static void remove_folder(const char *folder) {
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%.4000s'", folder);
    need(system(command) == 0, "cannot clean up");
}

static void large(const char *folder, const char *name, size_t n, bool smooth, int repeats) {
    double put[MAX_REPEATS], again[MAX_REPEATS], get[MAX_REPEATS];
    char text[80];
    for (int r = 0; r < repeats; r++) {
        rise_value *v = make(n / 4, (uint64_t)r + (smooth ? 100 : 200), smooth), *w = NULL;
        uint64_t stored;
        store *s = open_at(folder);
        double start = measure_cpu();
        rise_id digest = rise_value_digest(v);
        double hashed = measure_cpu();
        need(store_put(s, v, &stored), "not stored");
        put[r] = measure_cpu() - start;
        again[r] = measure_cpu() - hashed;
        start = measure_cpu();
        need(store_get(s, &digest, &w, NULL) == RISE_OK, "not found");
        get[r] = measure_cpu() - start;
        rise_value_release(w);
        rise_value_release(v);
        store_close(s);
        remove_folder(folder); /* so that the system can use the pages of the file again */
    }
    snprintf(text, sizeof text, "put, %s", name);
    row(text, (double)n, measure_median(put, (size_t)repeats));
    snprintf(text, sizeof text, "put, %s, digest known", name);
    row(text, (double)n, measure_median(again, (size_t)repeats));
    snprintf(text, sizeof text, "get, %s", name);
    row(text, (double)n, measure_median(get, (size_t)repeats));
}

static void per_value(const char *name, double seconds) {
    printf("%-44s %7.2f us\n", name, seconds / (double)N_SMALL * 1e6);
}

/* Values of 64 floats, with a record each, as a map over many frames makes them. */
static void small(const char *folder, int repeats) {
    double put[MAX_REPEATS], get[MAX_REPEATS], open[MAX_REPEATS];
    rise_value **v = room(N_SMALL * sizeof *v);
    for (int r = 0; r < repeats; r++) {
        for (size_t i = 0; i < N_SMALL; i++)
            v[i] = make(64, (uint64_t)r * N_SMALL + i + 1000, true);
        store *s = open_at(folder);
        double start = measure_cpu();
        for (size_t i = 0; i < N_SMALL; i++) {
            uint64_t stored;
            store_output output = {.digest = rise_value_digest(v[i]), .bytes = 256};
            store_record record = {.key = output.digest, .n_outputs = 1, .output = &output};
            need(store_put(s, v[i], &stored) && store_add(s, &record, false), "not stored");
        }
        store_close(s);
        put[r] = measure_cpu() - start;
        start = measure_cpu();
        s = open_at(folder);
        open[r] = (measure_cpu() - start) / (r + 1);
        start = measure_cpu();
        for (size_t i = 0; i < N_SMALL; i++) {
            rise_id digest = rise_value_digest(v[i]);
            rise_value *w = NULL;
            need(store_find(s, &digest) && store_get(s, &digest, &w, NULL) == RISE_OK, "not found");
            rise_value_release(w);
        }
        get[r] = measure_cpu() - start;
        store_close(s);
        for (size_t i = 0; i < N_SMALL; i++)
            rise_value_release(v[i]);
    }
    free(v);
    per_value("put of 64 floats, with its record", measure_median(put, (size_t)repeats));
    per_value("get of 64 floats, with its record", measure_median(get, (size_t)repeats));
    per_value("open, for each such record", measure_median(open, (size_t)repeats));
}

static void claim(const char *folder, int repeats) {
    double sample[MAX_REPEATS];
    store *s = open_at(folder);
    for (int r = 0; r < repeats; r++) {
        double start = measure_cpu();
        for (uint64_t i = 0; i < N_SMALL; i++) {
            rise_id key;
            id_of(&i, sizeof i, &key);
            need(store_claim(s, &key) == CLAIM_OURS, "no claim");
            store_unclaim(s, &key);
        }
        sample[r] = measure_cpu() - start;
    }
    store_close(s);
    per_value("claim, nobody else there", measure_median(sample, (size_t)repeats));
}

int main(int argc, char **argv) {
    int mib = argc > 2 ? atoi(argv[2]) : 64, repeats = argc > 3 ? atoi(argv[3]) : 7;
    need(argc > 1 && argc < 5 && mib > 0 && repeats > 0 && repeats <= MAX_REPEATS,
         "bench_store FOLDER [MIB [REPEATS]]");
    size_t n = (size_t)mib << 20;
    char sub[4100];
    printf("tensors of %d MiB, median of %d, one core\n", mib, repeats);
    floors(n, repeats);
    memory(n, repeats);
    files(argv[1], n, repeats);
    snprintf(sub, sizeof sub, "%.4000s/large", argv[1]);
    large(sub, "smooth floats", n, true, repeats);
    large(sub, "noise", n, false, repeats);
    snprintf(sub, sizeof sub, "%.4000s/small", argv[1]);
    small(sub, repeats);
    claim(sub, repeats);
    remove_folder(argv[1]);
    return 0;
}

/* Whoever is first: nodes that take some time or none, by chance, on one to eight threads. Values,
 * files and keys are the same in every order. */
#include "support/folder.h"
#include "support/shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { ROUNDS = 50, MOST_THREADS = 8, MOST_VALUES = 32 };

/* Half of the calls wait, up to half a millisecond. */
static atomic_uint_fast64_t chance;

static void wait_by_chance(void) {
    uint64_t x = atomic_fetch_add(&chance, UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    struct timespec t = {.tv_nsec = (long)(x % 500000)};
    if (x >> 63)
        nanosleep(&t, NULL);
}

typedef struct results {
    size_t n;
    char reference[MOST_VALUES][64];
    rise_id digest[MOST_VALUES], key[MOST_VALUES];
    size_t n_warnings;
} results;

static void note(rise_run *run, const char *reference, results *out) {
    rise_value *value = NULL;
    rise_error err = {0};
    if (rise_run_value(run, reference, &value, &err) != RISE_OK)
        fail_msg("%s: %s", reference, err.message);
    assert_true(out->n < MOST_VALUES);
    snprintf(out->reference[out->n], sizeof out->reference[0], "%s", reference);
    out->digest[out->n++] = rise_value_digest(value);
    rise_value_release(value);
}

static void note_all(rise_run *run, results *out) {
    static const char *const references[] = {"lines",
                                             "rows",
                                             "total[factor=1]",
                                             "total[factor=2]",
                                             "some",
                                             "some.y",
                                             "both[factor=1]",
                                             "both.text[factor=1]",
                                             "both.frames[factor=1]",
                                             "both[factor=2]",
                                             "again[factor=2]",
                                             "all"};
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < rise_run_instances(run); i++)
        assert_true(i < MOST_VALUES && rise_run_key(run, i, &out->key[i]));
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        note(run, references[i], out);
    out->n_warnings = rise_run_warnings(run);
}

static void run_once(const char *folder, const char *name, unsigned threads, results *out) {
    char graph_path[256], cache[256], written[256];
    rise_host *host = NULL;
    rise_graph *graph = NULL;
    rise_run *run = NULL;
    rise_error err = {0};
    size_t n = 0;
    snprintf(graph_path, sizeof graph_path, "%s/graph.yaml", folder);
    snprintf(cache, sizeof cache, "%s/cache", folder);
    snprintf(written, sizeof written, "%s/%s", folder, name);
    rise_run_options options = {.cache = cache, .out = written, .jobs = threads};
    assert_int_equal(rise_host_new(&host, &err), RISE_OK);
    assert_int_equal(rise_host_add(host, shape_types, n_shape_types, &err), RISE_OK);
    if (rise_graph_load(host, graph_path, NULL, 0, &graph, &err, 1, &n) != RISE_OK ||
        rise_run_start(host, graph, &options, &run, &err) != RISE_OK ||
        rise_run_wait(run, &err) != RISE_OK)
        fail_msg("%s", err.message);
    note_all(run, out);
    rise_run_free(run);
    rise_graph_free(graph);
    rise_host_free(host);
    assert_int_equal(folder_remove(cache), 0);
}

static void same_in_every_order(void **state) {
    (void)state;
    char folder[] = "/tmp/rise-orders-XXXXXX", first[64], other[64];
    static results expected, seen;
    assert_non_null(mkdtemp(folder));
    assert_true(shapes_write(folder));
    run_once(folder, "first", 1, &expected);
    snprintf(first, sizeof first, "%s/first", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    shapes_pause = wait_by_chance;
    for (unsigned round = 0; round < ROUNDS; round++) {
        atomic_store(&chance, round * UINT64_C(0x2545f4914f6cdd1d));
        run_once(folder, "other", 1 + round % MOST_THREADS, &seen);
        for (size_t i = 0; i < expected.n; i++)
            if (memcmp(&seen.digest[i], &expected.digest[i], sizeof seen.digest[i]) != 0)
                fail_msg("round %u: %s", round, expected.reference[i]);
        assert_memory_equal(seen.key, expected.key, sizeof seen.key);
        assert_int_equal(seen.n_warnings, expected.n_warnings);
        assert_true(folder_part_of(first, other) && folder_part_of(other, first));
        assert_int_equal(folder_remove(other), 0);
    }
    shapes_pause = NULL;
    assert_int_equal(folder_remove(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_in_every_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Files written by LAMMPS and by ASE, read by the reader and by ASE and OVITO: cells, directions,
 * species and positions are the same. tests/golden/data/readers/make made the files, and
 * expected.txt of what the others read in them. */
#include <rise/rise.h>

#include "support/folder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER "tests/golden/data/readers/"
extern const rise_node_type rise_node_reader;

typedef struct place {
    char folder[64], graph[128], cache[128];
    rise_host *host;
} place;

/* The frames of one file; the run goes with what it gave. */
typedef struct reading {
    rise_graph *graph;
    rise_run *run;
    rise_value *value;
} reading;

static void read_file(const place *p, const char *name, reading *out) {
    char here[512];
    rise_error err = {0};
    size_t n = 0;
    FILE *f = fopen(p->graph, "w");
    assert_non_null(f);
    assert_non_null(getcwd(here, sizeof here));
    fprintf(f,
            "rise: 1\nnodes:\n  frames: {type: reader, paths: [\"%s/" FOLDER
            "%s\"], species: {1: Zr, 2: Cu}}\n",
            here, name);
    assert_int_equal(fclose(f), 0);
    rise_run_options options = {.cache = p->cache, .out = p->folder, .jobs = 1};
    if (rise_graph_load(p->host, p->graph, NULL, 0, &out->graph, &err, 1, &n) != RISE_OK ||
        rise_run_start(p->host, out->graph, &options, &out->run, &err) != RISE_OK ||
        rise_run_wait(out->run, &err) != RISE_OK ||
        rise_run_value(out->run, "frames", &out->value, &err) != RISE_OK) {
        char shown[1200];
        rise_error_format(&err, shown, sizeof shown);
        fail_msg("%s: %s", name, shown);
    }
}

static void let_go(reading *r) {
    rise_value_release(r->value);
    rise_run_free(r->run);
    rise_graph_free(r->graph);
}

/* Cartesian steps that are whole turns of the cell are none. */
static double apart(const rise_cell *cell, const double a[3], const double b[3]) {
    const double(*v)[3] = cell->vector;
    double d[3], across[3][3], volume = 0, sum = 0;
    for (int i = 0; i < 3; i++) {
        d[i] = a[i] - b[i];
        for (int k = 0; k < 3; k++) {
            const double *p = v[(i + 1) % 3], *q = v[(i + 2) % 3];
            across[i][k] = p[(k + 1) % 3] * q[(k + 2) % 3] - p[(k + 2) % 3] * q[(k + 1) % 3];
        }
        volume +=
            i == 0 ? v[0][0] * across[0][0] + v[0][1] * across[0][1] + v[0][2] * across[0][2] : 0;
    }
    double turns[3] = {0};
    for (int i = 0; i < 3 && volume > 0; i++)
        if (cell->periodic[i])
            turns[i] = nearbyint((d[0] * across[i][0] + d[1] * across[i][1] + d[2] * across[i][2]) /
                                 volume);
    for (int k = 0; k < 3; k++) {
        double left = d[k] - turns[0] * v[0][k] - turns[1] * v[1][k] - turns[2] * v[2][k];
        sum += left * left;
    }
    return sqrt(sum);
}

static void check_frame(FILE *expected, const char *name, size_t index, const rise_frame *frame) {
    size_t n = 0;
    int periodic[3];
    assert_int_equal(
        fscanf(expected, " frame %zu %d %d %d", &n, &periodic[0], &periodic[1], &periodic[2]), 4);
    if (frame->n_atoms != n)
        fail_msg("%s: frame %zu: %zu atoms, expected %zu", name, index, frame->n_atoms, n);
    for (int i = 0; i < 3; i++) {
        double v[3];
        assert_int_equal(fscanf(expected, "%lf %lf %lf", &v[0], &v[1], &v[2]), 3);
        for (int k = 0; k < 3; k++)
            if (fabs(frame->cell.vector[i][k] - v[k]) > 1e-9)
                fail_msg("%s: frame %zu: cell %c%c %.12g, expected %.12g", name, index, 'a' + i,
                         'x' + k, frame->cell.vector[i][k], v[k]);
        if (frame->cell.periodic[i] != (periodic[i] == 1))
            fail_msg("%s: frame %zu: direction %c", name, index, 'a' + i);
    }
    for (size_t a = 0; a < n; a++) {
        int z;
        double x[3];
        assert_int_equal(fscanf(expected, "%d %lf %lf %lf", &z, &x[0], &x[1], &x[2]), 4);
        if (frame->species[a] != z || apart(&frame->cell, frame->positions[a], x) > 1e-9)
            fail_msg("%s: frame %zu: atom %zu: %d at %.12g %.12g %.12g, expected %d at %.12g %.12g "
                     "%.12g",
                     name, index, a, frame->species[a], frame->positions[a][0],
                     frame->positions[a][1], frame->positions[a][2], z, x[0], x[1], x[2]);
    }
}

static void same_as_others(void **state) {
    (void)state;
    place p = {.folder = "/tmp/rise-readers-XXXXXX"};
    rise_error err = {0};
    const rise_node_type *types[] = {&rise_node_reader};
    char name[64], line[256];
    size_t n_files = 0, n_frames = 0;
    assert_non_null(mkdtemp(p.folder));
    snprintf(p.graph, sizeof p.graph, "%s/graph.yaml", p.folder);
    snprintf(p.cache, sizeof p.cache, "%s/cache", p.folder);
    assert_int_equal(rise_host_new(&p.host, &err), RISE_OK);
    assert_int_equal(rise_host_add(p.host, types, 1, &err), RISE_OK);
    FILE *expected = fopen(FOLDER "expected.txt", "r");
    assert_non_null(expected);
    assert_non_null(fgets(line, sizeof line, expected));
    while (fscanf(expected, " file %63s %zu", name, &n_frames) == 2) {
        reading r = {0};
        assert_non_null(fgets(line, sizeof line, expected));
        read_file(&p, name, &r);
        const rise_frames *frames = rise_value_frames(r.value);
        if (frames->n_frames != n_frames)
            fail_msg("%s: %zu frames, expected %zu", name, frames->n_frames, n_frames);
        for (size_t i = 0; i < n_frames; i++)
            check_frame(expected, name, i, &frames->frame[i]);
        let_go(&r);
        n_files++;
    }
    assert_true(feof(expected));
    fclose(expected);
    assert_true(n_files >= 40);
    rise_host_free(p.host);
    assert_int_equal(folder_remove(p.folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

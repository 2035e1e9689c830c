/* Every input that the fuzz targets keep, once more: what was found stays mended. */
#include "fuzz.h"
#include "support/cases.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct target {
    const char *name;
    void (*run)(const uint8_t *bytes, size_t size);
} target;

static target targets[] = {{"csv", fuzz_csv},       {"entry", fuzz_entry},
                           {"dump", fuzz_dump},     {"extxyz", fuzz_extxyz},
                           {"lammps", fuzz_lammps}, {"npy", fuzz_npy},
                           {"record", fuzz_record}, {"safetensors", fuzz_safetensors},
                           {"trees", fuzz_trees},   {"vasp", fuzz_vasp},
                           {"yaml", fuzz_yaml}};

/* The bytes of a file without anything behind them, so that a sanitizer sees a step too far. */
static uint8_t *read_input(const char *path, size_t *size) {
    struct stat st;
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    *size = (size_t)st.st_size;
    uint8_t *bytes = malloc(*size ? *size : 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, f), *size);
    fclose(f);
    return bytes;
}

static void replay(void **state) {
    const target *t = *state;
    char path[512], folder[128];
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", t->name);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t n = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        fprintf(stderr, "%s\n", path); /* the last one is the one that ended the program */
        size_t size = 0;
        uint8_t *bytes = read_input(path, &size);
        t->run(bytes, size);
        free(bytes);
        n++;
    }
    closedir(dir);
    assert_true(n >= 15); /* a corpus that is not there replays well */
}

int main(void) {
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        cases_add("corpus", targets[i].name, replay, &targets[i]);
    return cases_run("corpora", NULL, NULL);
}

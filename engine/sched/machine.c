/* sched/machine: how many cores and how much memory this process may use. */
#include "sched/run.h"

#include <math.h>
#include <stdio.h>

static bool read_numbers(const char *path, double *a, double *b) {
    char text[128] = {0}, word[64] = {0};
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool got = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    int n = got ? sscanf(text, "%63s %lf", word, b) : 0;
    return n >= 1 && text_to_double(word, a); /* "max" is no number: no limit */
}

unsigned runner_cores(void) {
    double quota = 0, period = 100000;
    unsigned n = uv_available_parallelism();
    if (read_numbers("/sys/fs/cgroup/cpu.max", &quota, &period) && period > 0) {
        unsigned allowed = (unsigned)ceil(quota / period);
        n = allowed > 0 && allowed < n ? allowed : n;
    }
    return n ? n : 1;
}

uint64_t runner_memory(void) {
    double limit = 0, unused = 0;
    uint64_t bytes = uv_get_total_memory();
    if (read_numbers("/sys/fs/cgroup/memory.max", &limit, &unused) && limit > 0 &&
        limit < (double)bytes)
        bytes = (uint64_t)limit;
    return bytes;
}

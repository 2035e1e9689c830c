/* sched/machine: how many cores and how much memory this process may use. */
#include "sched/run.h"

#include <math.h>
#include <stdio.h>

/* The first line of a file of a control group: a number or "max", which is no limit, and another.
 */
static bool read_numbers(const char *folder, const char *name, double *a, double *b) {
    char text[128] = {0}, word[64] = {0}, path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool got = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    int n = got ? sscanf(text, "%63s %lf", word, b) : 0;
    return n >= 1 && text_to_double(word, a);
}

unsigned machine_cores(const char *limits) {
    double quota = 0, period = 100000;
    unsigned n = uv_available_parallelism();
    if (read_numbers(limits, "cpu.max", &quota, &period) && quota > 0 && period > 0 &&
        quota / period < n)
        n = (unsigned)ceil(quota / period);
    return n;
}

uint64_t machine_memory(const char *limits) {
    double limit = 0, unused = 0;
    uint64_t bytes = uv_get_total_memory();
    if (read_numbers(limits, "memory.max", &limit, &unused) && limit > 0 && limit < (double)bytes)
        bytes = (uint64_t)limit;
    return bytes;
}

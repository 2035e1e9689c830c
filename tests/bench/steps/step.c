/* step FACTOR OUT [IN...]: the step as a program, for tools that start one for each. A file holds
 * one number a line. */
#include "step.h"

#include <stdio.h>
#include <stdlib.h>

static int add(double row[STEP_WIDTH], const char *path) {
    FILE *file = fopen(path, "r");
    if (!file)
        return 1;
    int n = 0;
    for (double x; n < STEP_WIDTH && fscanf(file, "%lf", &x) == 1; n++)
        row[n] += x;
    fclose(file);
    return n != STEP_WIDTH;
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 64;
    double row[STEP_WIDTH] = {0};
    if (argc == 3)
        step_seed(row);
    for (int i = 3; i < argc; i++)
        if (add(row, argv[i])) {
            fprintf(stderr, "step: %s cannot be read\n", argv[i]);
            return 65;
        }
    step_turn(row, argc > 3 ? (size_t)argc - 3 : 1, strtod(argv[1], NULL));
    FILE *file = fopen(argv[2], "w");
    if (!file)
        return 73;
    for (int i = 0; i < STEP_WIDTH; i++)
        fprintf(file, "%.17g\n", row[i]);
    return fclose(file) ? 74 : 0;
}

/* bench_machine: the most that one core of this machine can do. */
#include "measure.h"

#include <stdio.h>

int main(void) {
    printf("FMA peak of one core: %.1f Gflop/s float, %.1f Gflop/s double\n", measure_peak_float(),
           measure_peak_double());
    return 0;
}

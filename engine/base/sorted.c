/* Looking into ascending numbers. */
#include "base/base.h"

size_t sorted_place(const size_t *sorted, size_t n, uint64_t number) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (sorted[mid] < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Sorts texts and finds each among the distinct ones. Knows nothing of tables. */
#include "kit/texts.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t texts_rank(const char *const *text, size_t n, const char **different, int64_t *place) {
    size_t n_different = 0;
    if (n == 0) {
        return 0;
    }
    memcpy(different, text, n * sizeof *different);
    qsort(different, n, sizeof *different, by_text);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(different[i], different[n_different - 1]) != 0) {
            different[n_different++] = different[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        const char **found = bsearch(&text[i], different, n_different, sizeof *different, by_text);
        place[i] = found - different;
    }
    return n_different;
}

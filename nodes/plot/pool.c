/* Memory of one figure: handed out in pieces, given back at once. */
#include "plot.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct plot_block {
    plot_block *next;
    _Alignas(64) unsigned char bytes[];
};

void *plot_alloc(plot_pool *pool, size_t n, size_t size) {
    if (size && n > (SIZE_MAX - 128) / size)
        return NULL;
    size_t bytes = (sizeof(plot_block) + n * size + 63) / 64 * 64;
    plot_block *block = aligned_alloc(64, bytes);
    if (!block)
        return NULL;
    for (size_t i = 0; i < bytes - sizeof *block; i++)
        block->bytes[i] = 0;
    block->next = pool->block;
    pool->block = block;
    return block->bytes;
}

const char *plot_text(plot_pool *pool, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *text = n < 0 ? NULL : plot_alloc(pool, (size_t)n + 1, 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}

void plot_pool_free(plot_pool *pool) {
    while (pool->block) {
        plot_block *next = pool->block->next;
        free(pool->block);
        pool->block = next;
    }
}

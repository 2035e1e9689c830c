/* Arenas: a chain of zeroed blocks, released together. Knows nothing of what lies in them. */
#include "base/base.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <string.h>

/* Blocks grow with the arena, so that thousands of small arenas stay small. */
enum { BLOCK_MIN = 256, BLOCK_MAX = 4 << 20 };

struct arena_block {
    arena_block *next;
    size_t used, capacity; /* of bytes[] */
    _Alignas(16) unsigned char bytes[];
};

/* Start of an aligned piece of `size` bytes in the block, or SIZE_MAX. */
static size_t block_fit(const arena_block *b, size_t size, size_t align) {
    uintptr_t at = (uintptr_t)b->bytes + b->used;
    size_t skip = (size_t)(-at & (align - 1));
    size_t left = b->capacity - b->used;
    return skip <= left && size <= left - skip ? b->used + skip : SIZE_MAX;
}

void *arena_alloc(arena *a, size_t size, size_t align) {
    if (align < 1)
        align = 1;
    arena_block *b = a->block;
    size_t start = b ? block_fit(b, size, align) : SIZE_MAX;
    if (start == SIZE_MAX) {
        if (size > SIZE_MAX / 2 - align - sizeof(arena_block)) {
            a->failed = true;
            return NULL;
        }
        size_t capacity = a->used < BLOCK_MIN   ? BLOCK_MIN
                          : a->used > BLOCK_MAX ? BLOCK_MAX
                                                : a->used;
        bool large = size + align > capacity;
        if (large)
            capacity = size + align;
        arena_block *fresh = calloc(1, sizeof *fresh + capacity);
        if (!fresh) {
            a->failed = true;
            return NULL;
        }
        memory_ready(fresh, sizeof *fresh + capacity);
        fresh->capacity = capacity;
        if (large && b && b->capacity - b->used > BLOCK_MIN) {
            fresh->next = b->next; /* the open block still has room: keep it first */
            b->next = fresh;
        } else {
            fresh->next = b;
            a->block = fresh;
        }
        b = fresh;
        start = block_fit(b, size, align);
    }
    b->used = start + size;
    a->used += size;
    return b->bytes + start;
}

void memory_ready(void *at, size_t size) {
    enum { PAGE = 4096, LARGE = 1 << 20, VERY_LARGE = 4 << 20 };
    uintptr_t from = ((uintptr_t)at + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t to = ((uintptr_t)at + size) & ~(uintptr_t)(PAGE - 1);
    if (size < LARGE)
        return;
    if (size >= VERY_LARGE) /* advice: nothing hangs on it */
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
    (void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
#endif
}

static void free_blocks(arena_block *b) {
    for (arena_block *next; b; b = next) {
        next = b->next;
        free(b);
    }
}

void arena_free(arena *a) {
    free_blocks(a->block);
    *a = (arena){0};
}

void arena_reset(arena *a) {
    arena_block *b = a->block;
    if (!b)
        return;
    free_blocks(b->next);
    memset(b->bytes, 0, b->used);
    b->used = 0;
    b->next = NULL;
}

void arena_join(arena *to, arena *from) {
    arena_block *last = from->block;
    while (last && last->next)
        last = last->next;
    if (last && to->block) { /* behind the open block, which still has room */
        last->next = to->block->next;
        to->block->next = from->block;
    } else if (last) {
        to->block = from->block;
    }
    to->used += from->used;
    *from = (arena){0};
}

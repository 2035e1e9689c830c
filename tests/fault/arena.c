/* Arenas of the engine, of which each piece is a request that can be refused: where a block of an
 * arena ends depends on the lengths of all that lies in it, so any piece may be the one that needs
 * another block. */
#include "fault/memory.h"

#include "base/base.h"

#define arena_alloc arena_alloc_granted
#include "base/arena.c"
#undef arena_alloc

static bool each;

void memory_by_piece(bool on) {
    each = on;
}

void *arena_alloc(arena *a, size_t size, size_t align) {
    if (each && memory_refuses()) {
        a->failed = true;
        return NULL;
    }
    return arena_alloc_granted(a, size, align);
}

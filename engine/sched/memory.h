/* sched/memory: values kept in memory by digest, least recently used out first. Any thread. */
#ifndef SCHED_MEMORY_H
#define SCHED_MEMORY_H

#include "base/base.h"

typedef struct memory_cache memory_cache;

memory_cache *memory_cache_new(uint64_t budget); /* bytes; NULL: memory short */
void memory_cache_free(memory_cache *m);
rise_value *memory_cache_get(memory_cache *m, const rise_id *digest); /* retained, or NULL */
void memory_cache_put(memory_cache *m, const rise_id *digest, const rise_value *value);

#endif

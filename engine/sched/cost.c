/* sched/cost: what nodes cost when they last ran, and the order of work that follows from it. */
#include "sched/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double UNKNOWN_COST_S = 0.1;
static const double WORTH_REMEMBERING_S = 0.05;

bool gives_rows_only(const instance *it) {
    return it->ran_frame != NULL;
}

/* Wall seconds of who runs inside others say when, not how long. */
static void cost_write(const instance *it, buffer *b) {
    double cpu_s = (double)atomic_load(&it->act->cpu_ns) * 1e-9;
    buffer_f64(b, gives_rows_only(it) ? cpu_s : it->act->ended - it->act->started);
    buffer_f64(b, cpu_s);
    buffer_u64(b, atomic_load(&it->act->peak_bytes));
    buffer_u64(b, atomic_load(&it->frames_ran));
    buffer_u64(b, it->frames ? it->frames->n : 0);
}

/* Under which name the store keeps it. */
static void cost_name(const char *what, const instance *it, const char *name, rise_id *out) {
    char text[512];
    snprintf(text, sizeof text, "%s %s %s", what, it->node->type->name, name);
    id_of(text, strlen(text), out);
}

bool cost_read(const instance *it, last_cost *out) {
    rise_id name;
    size_t size = 0;
    cost_name("cost", it, it->name, &name);
    const uint8_t *bytes = store_name_get(it->run->store, &name, &size);
    cursor c = {bytes, bytes ? bytes + size : NULL, bytes == NULL};
    out->wall_s = cursor_f64(&c);
    out->cpu_s = cursor_f64(&c);
    out->peak_bytes = cursor_u64(&c);
    out->ran = cursor_u64(&c);
    out->frames = cursor_u64(&c);
    return !c.failed && out->wall_s >= 0 && out->cpu_s >= 0;
}

static double known_cost(const instance *it) {
    last_cost last;
    return cost_read(it, &last) ? last.wall_s : UNKNOWN_COST_S;
}

/* Many nodes have a hundred thousand instances and no cost worth remembering: whether any of them
 * has one stands under a name of the node. */
static bool costs_known(const instance *it) {
    rise_id name;
    size_t size = 0;
    cost_name("costs", it, it->node->name, &name);
    return store_name_get(it->run->store, &name, &size) != NULL;
}

void instance_remember_cost(const instance *it) {
    bool ran = atomic_load(&it->status) == RISE_RAN && it->act->started > 0;
    double cost = it->act->ended - it->act->started;
    if (!ran || (cost < WORTH_REMEMBERING_S && !gives_rows_only(it)))
        return;
    rise_id name;
    buffer b = {0};
    cost_name("cost", it, it->name, &name);
    cost_write(it, &b);
    if (!b.failed)
        store_name_set(it->run->store, &name, b.bytes, b.size);
    buffer_free(&b);
    if (costs_known(it))
        return;
    cost_name("costs", it, it->node->name, &name);
    store_name_set(it->run->store, &name, "", 1);
}

void run_set_priorities(run *r) {
    bool known = false;
    for (size_t i = r->n_instances; i-- > 0;) {
        instance *it = &r->instance[i];
        double longest = 0;
        for (size_t k = 0; k < it->n_next; k++)
            longest = fmax(longest, it->next[k]->priority);
        if (it->index + 1 == it->node->n_instances) /* the first that is seen of its node */
            known = costs_known(it);
        it->priority = longest + (known ? known_cost(it) : UNKNOWN_COST_S);
    }
}

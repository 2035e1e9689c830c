/* sched/claim: of several processes that want the same, one computes it and the others wait. Who
 * waits holds no claim, so nobody waits in a circle. */
#include "sched/run.h"

#include <time.h>

static const double PATIENCE_S = 10; /* without a sign of life of who computes it */

static void sleep_s(double s) {
    struct timespec t = {.tv_nsec = (long)(s * 1e9)};
    nanosleep(&t, NULL);
}

void instance_claim(instance *it, const rise_id *key) {
    store *s = it->run->store;
    claim_state state = store_claim(s, key);
    bool waited = state == CLAIM_BUSY;
    uint64_t last = 0;
    double alive = clock_wall(), pause = 0.0002;
    if (waited)
        instance_say(it, "another run computes it");
    while (state == CLAIM_BUSY && !instance_cancelled(it)) {
        sleep_s(pause);
        pause = pause < 0.05 ? pause * 1.5 : pause;
        uint64_t sign = store_claim_beat(s, key);
        double now = clock_wall();
        if (sign != last)
            alive = now;
        last = sign;
        if (now - alive > PATIENCE_S)
            break;
        state = store_claim(s, key);
    }
    if (waited)
        instance_say(it, "");
}

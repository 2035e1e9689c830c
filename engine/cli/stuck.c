/* cli/stuck: a node that does not come back after its timeout. The rest of the run is stopped and
 * given some time to put away what it has; then the process ends, and the node with it. */
#include "cli.h"

#include <unistd.h>

static const double REST_S = 5;
static double end_at; /* seconds of the process; 0: nothing is stuck */
static rise_error why;

void stuck_told(void *user, const rise_instance *it, double seconds) {
    rise_fail(&why, RISE_E_TIMEOUT,
              "%s has not returned after %.0f s, though its timeout told it to stop", it->name,
              seconds);
    rise_hint(&why, "a node has to look at rise_cancelled now and then; what others have finished "
                    "is kept, run.json was not written");
    progress_warned(user, why.message);
    if (end_at <= 0)
        end_at = process_seconds() + REST_S;
}

void stuck_tick(void *user, rise_run *run) {
    progress_tick(user, run);
    if (end_at <= 0)
        return;
    rise_run_cancel(run, RISE_E_INTERRUPTED);
    if (process_seconds() < end_at)
        return;
    progress_stop(user, run);
    tell_error(&why);
    progress_free(user, true, rise_status_exit(why.status));
    fflush(stdout);
    _exit(rise_status_exit(why.status)); /* its thread would be in the way of an orderly end */
}

rise_status stuck_status(rise_status status) {
    return end_at > 0 && status == RISE_E_INTERRUPTED ? why.status : status;
}

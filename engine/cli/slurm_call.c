/* cli/slurm_call: one call of a program of Slurm, tried again where its controller does not answer.
 * A controller that is flooded by all who ask again at once stays flooded: pauses grow, and chance
 * is in them. */
#include "slurm.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const double PATIENCE_S = 120; /* for one call: Slurm's own are shorter */

double slurm_poll_s(double asked) {
    const char *text = getenv("RISE_SLURM_POLL");
    double wish = text ? strtod(text, NULL) : 0;
    return wish > 0 ? wish : asked;
}

/* Slurm gives no exit codes for it. Others of its messages are about what was asked for. */
static bool is_busy(const outside *said) {
    static const char *const signs[] = {
        "timed out",
        "Unable to contact slurm controller",
        "Connection refused",
        "Connection reset",
        "Transport endpoint",
        "Zero Bytes were transmitted",
        "Unexpected message",
        "temporarily unable",
        "temporarily unavailable",
        "in standby mode",
        "rate limit",
        "Slurm backup controller",
        "Communication shut",
        "Communication connection",
        "connect failure",
    };
    bool found = said->late;
    for (size_t i = 0; said->code != 0 && i < sizeof signs / sizeof *signs; i++)
        found = found || strcasestr(said->err, signs[i]) || strcasestr(said->out, signs[i]);
    return found;
}

/* 0.5 to 1.5 of it. */
static double with_chance(double seconds) {
    uint16_t x = 0x8000;
    (void)!getrandom(&x, sizeof x, GRND_NONBLOCK);
    return seconds * (0.5 + (double)x / 65536);
}

static rise_status fail_call(const char *program, const outside *said, rise_error *err) {
    const char *text = said->err[0] ? said->err : said->out[0] ? said->out : "it said nothing";
    if (said->late)
        return rise_fail(err, RISE_E_SYSTEM, "%s gave no answer in %.0f s", program, PATIENCE_S);
    return rise_fail(err, RISE_E_SYSTEM, "%s failed (exit code %d): %.400s", program, said->code,
                     text);
}

rise_status slurm_call(const char *const *argv, unsigned tries, bool (*again)(void *user),
                       void *user, outside *result, bool *busy, rise_error *err) {
    double pause = slurm_poll_s(30) / 15;
    for (unsigned i = 1;; i++) {
        rise_status s = outside_run(argv, PATIENCE_S, result, err);
        if (s == RISE_E_NOINPUT) {
            s = rise_fail(err, RISE_E_SYSTEM, "there is no `%s` here", argv[0]);
            return rise_hint(err, "start it where jobs are submitted (a login node), or run here: "
                                  "--executor local");
        }
        if (s != RISE_OK || (result->code == 0 && !result->late))
            return s;
        bool no_answer = is_busy(result);
        if (busy)
            *busy = no_answer;
        s = fail_call(argv[0], result, err);
        outside_free(result);
        if (!no_answer || i >= tries || slurm_interrupted())
            return s;
        slurm_rest(with_chance(pause));
        pause *= 2;
        if (slurm_interrupted() || (again && !again(user)))
            return s;
    }
}

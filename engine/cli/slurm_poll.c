/* cli/slurm_poll: what became of the jobs: by squeue, and where it does not know one any more, by
 * scontrol. A job that neither knows has ended some time ago. */
#include "slurm.h"

#include <stdlib.h>
#include <string.h>

/* ---- one element ----------------------------------------------------------------------------- */
typedef struct counts {
    unsigned waits, runs, short_of_memory, too_long, lost, failed, cancelled;
} counts;

static void count_state(counts *c, const char *state) {
    static const struct {
        const char *state;
        size_t offset;
    } known[] = {
        {"PENDING", offsetof(counts, waits)},
        {"REQUEUE", offsetof(counts, waits)}, /* and REQUEUED, REQUEUE_HOLD */
        {"SUSPENDED", offsetof(counts, runs)},
        {"RUNNING", offsetof(counts, runs)},
        {"CONFIGURING", offsetof(counts, runs)},
        {"COMPLETING", offsetof(counts, runs)},
        {"STAGE_OUT", offsetof(counts, runs)},
        {"SIGNALING", offsetof(counts, runs)},
        {"STOPPED", offsetof(counts, runs)},
        {"RESIZING", offsetof(counts, runs)},
        {"OUT_OF_MEMORY", offsetof(counts, short_of_memory)},
        {"TIMEOUT", offsetof(counts, too_long)},
        {"DEADLINE", offsetof(counts, too_long)},
        {"NODE_FAIL", offsetof(counts, lost)},
        {"BOOT_FAIL", offsetof(counts, lost)},
        {"PREEMPTED", offsetof(counts, lost)},
        {"FAILED", offsetof(counts, failed)},
        {"CANCELLED", offsetof(counts, cancelled)},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(state, known[i].state, strlen(known[i].state)) == 0)
            (*(unsigned *)(void *)((char *)c + known[i].offset))++;
}

static unsigned most(unsigned a, unsigned b) {
    return a > b ? a : b;
}

/* Slurm forgets elements that ended minutes ago: the counts of those only grow. */
static void take_counts(job *b, const counts *c) {
    b->waits = c->waits;
    b->runs = c->runs;
    b->over = c->waits + c->runs == 0;
    b->short_of_memory = most(b->short_of_memory, c->short_of_memory);
    b->too_long = most(b->too_long, c->too_long);
    b->lost = most(b->lost, c->lost);
    b->failed = most(b->failed, c->failed);
    b->cancelled = most(b->cancelled, c->cancelled);
}

/* ---- squeue ---------------------------------------------------------------------------------- */
/* Lines "job|state|reason" of all jobs; those of this one. */
static void read_queue(job *b, const char *text) {
    counts c = {0};
    b->reason[0] = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char number[24], state[32], reason[64] = "";
        if (sscanf(line, "%23[^|\n]|%31[^|\n]|%63[^\n]", number, state, reason) < 2 ||
            strcmp(number, b->number) != 0)
            continue;
        count_state(&c, state);
        if (strncmp(state, "PENDING", 7) == 0 &&
            (!b->reason[0] || strcmp(b->reason, "JobArrayTaskLimit") == 0))
            snprintf(b->reason, sizeof b->reason, "%s", reason);
    }
    take_counts(b, &c);
}

static rise_status ask_squeue(jobs *j, bool *busy, rise_error *err) {
    char numbers[2048];
    outside said;
    jobs_numbers(j, false, ",", numbers, sizeof numbers);
    const char *const argv[] = {"squeue", "-h",    "-r", "-t",       "all",
                                "-j",     numbers, "-o", "%F|%T|%r", NULL};
    rise_status s = slurm_call(argv, 1, NULL, NULL, &said, busy, err);
    if (s != RISE_OK)
        return s;
    for (size_t i = 0; i < j->n; i++)
        if (!j->item[i].over)
            read_queue(&j->item[i], said.out);
    outside_free(&said);
    return RISE_OK;
}

/* ---- scontrol -------------------------------------------------------------------------------- */
/* A line for each element, with " JobState=RUNNING " in it. */
static void read_control(job *b, const char *text) {
    static const char key[] = " JobState=";
    counts c = {0};
    for (const char *at = text; (at = strstr(at, key)); at += sizeof key - 1)
        count_state(&c, at + sizeof key - 1);
    take_counts(b, &c);
}

static rise_status ask_scontrol(job *b, bool *busy, rise_error *err) {
    const char *const argv[] = {"scontrol", "-o", "show", "job", b->number, NULL};
    outside said;
    rise_status s = slurm_call(argv, 1, NULL, NULL, &said, busy, err);
    if (s == RISE_OK) {
        read_control(b, said.out);
        outside_free(&said);
    } else if (!*busy && strstr(err->message, "Invalid job id")) {
        take_counts(b, &(counts){0});
        s = RISE_OK;
    }
    return s;
}

rise_status slurm_look(jobs *j, bool *answered, rise_error *err) {
    bool busy = false;
    *answered = true;
    rise_status s = ask_squeue(j, &busy, err);
    for (size_t i = 0; s != RISE_OK && !busy && i < j->n; i++)
        if (!j->item[i].over) {
            rise_status one = ask_scontrol(&j->item[i], &busy, err);
            if (one != RISE_OK && !busy)
                return one;
        }
    *answered = !busy;
    return RISE_OK;
}

/* quench/sample.c: one sample: from the store, or by a run of LAMMPS, and then into the store. */
#include "quench.h"

#include "kit/safetensors.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is kept of a sample. */
enum { CELL = 3, ENERGY = 3, TEMPERATURE, ITERATIONS, NUMBERS };

static rise_value *pack(const quench_work *w, const quench_result *r) {
    double numbers[NUMBERS] = {r->cell[0], r->cell[1],     r->cell[2],
                               r->energy,  r->temperature, (double)r->iterations};
    const safetensors_entry entry[] = {
        {.name = "positions",
         .dtype = RISE_F64,
         .rank = 2,
         .shape = {w->plan.n_atoms, 3},
         .data = r->position},
        {.name = "numbers", .dtype = RISE_F64, .rank = 1, .shape = {NUMBERS}, .data = numbers}};
    const safetensors_pair lammps = {"lammps", r->lammps};
    void *bytes = NULL;
    size_t size = 0;
    rise_value *value = NULL;
    if (safetensors_write(entry, 2, &lammps, 1, &bytes, &size, NULL) == RISE_OK &&
        rise_blob_new(RISE_DOCUMENT, "safetensors", bytes, size, &value, NULL) != RISE_OK)
        value = NULL;
    free(bytes);
    return value;
}

static bool unpack(const quench_work *w, const rise_value *value, quench_result *r) {
    const rise_blob *blob = rise_value_blob(value);
    safetensors *file = NULL;
    if (!blob || safetensors_parse(blob->bytes, blob->size, &file, NULL) != RISE_OK)
        return false;
    const safetensors_entry *positions = safetensors_find(file, "positions");
    const safetensors_entry *numbers = safetensors_find(file, "numbers");
    const char *lammps = safetensors_metadata(file, "lammps");
    size_t size = w->plan.n_atoms * sizeof *r->position;
    bool fits = positions && numbers && lammps && positions->dtype == RISE_F64 &&
                positions->bytes == size && numbers->dtype == RISE_F64 &&
                numbers->bytes == NUMBERS * sizeof(double);
    if (fits) {
        double n[NUMBERS];
        memcpy(n, numbers->data, sizeof n);
        memcpy(r->position, positions->data, size);
        memcpy(r->cell, n, sizeof r->cell);
        r->energy = n[ENERGY];
        r->temperature = n[TEMPERATURE];
        r->iterations = (int64_t)n[ITERATIONS];
        snprintf(r->lammps, sizeof r->lammps, "%s", lammps);
    }
    safetensors_free(file);
    return fits;
}

/* ---- a run of LAMMPS ------------------------------------------------------------------------- */
typedef struct course {
    quench_work *w;
    const quench_sample *sample;
    quench_log log;
    int64_t done; /* steps told of */
} course;

static int64_t steps_before(const quench_sample *s, quench_phase phase) {
    int64_t steps = 0;
    for (quench_phase p = QUENCH_MELT; p < phase; p++)
        steps += s->steps[p];
    return steps;
}

/* Steps of this sample that are done are added to those of all. */
static void tell(course *c, int64_t done) {
    quench_work *w = c->w;
    int64_t all = atomic_fetch_add(&w->steps_done, done - c->done) + done - c->done;
    c->done = done;
    rise_progress(w->ctx, (double)all, (double)w->n_steps,
                  "%zu of %zu samples; sample %zu: %s, %.0f K", atomic_load(&w->n_done), w->n,
                  c->sample->number, quench_phase_name(c->log.phase), c->log.temperature);
}

static void take_line(void *user, const char *text) {
    course *c = user;
    quench_log_line(&c->log, text);
    int64_t done = steps_before(c->sample, c->log.phase);
    if (c->log.phase > QUENCH_BEGIN && c->log.step < c->sample->steps[c->log.phase])
        done += c->log.step;
    else if (c->log.phase > QUENCH_BEGIN)
        done += c->sample->steps[c->log.phase];
    if (done > c->done)
        tell(c, done);
}

static rise_status call_lammps(course *c, const byte_buffer *script, const byte_buffer *start,
                               rise_program_end *end, rise_error *err) {
    const quench_work *w = c->w;
    static const char *const argument[] = {"-in", QUENCH_SCRIPT, "-log", "none", "-nocite", NULL};
    /* One process, one thread: samples are what runs side by side. Open MPI starts a daemon for a
     * program without mpirun, unless it is told that nobody will join. */
    static const char *const environment[] = {"OMP_NUM_THREADS=1",
                                              "OMPI_MCA_ess_singleton_isolated=1", NULL};
    static const char *const take[] = {QUENCH_FINAL, NULL};
    const rise_file give[] = {
        {QUENCH_SCRIPT, script->data, script->size},
        {QUENCH_START, start->data, start->size},
        {QUENCH_POTENTIAL, w->potential->bytes, w->potential->size},
    };
    const rise_program program = {.name = w->lmp,
                                  .argument = argument,
                                  .environment = environment,
                                  .give = give,
                                  .n_give = sizeof give / sizeof *give,
                                  .take = take,
                                  .line = take_line,
                                  .user = c};
    rise_status s = rise_program_run(w->ctx, &program, end, err);
    if (s == RISE_E_SYSTEM && !err->hint[0])
        rise_hint(err, "install LAMMPS (Debian: apt-get install lammps), or name it: `lmp: "
                       "/path/to/lmp`");
    return s;
}

static rise_status fail_run(const course *c, const rise_program_end *end, rise_error *err) {
    const quench_log *log = &c->log;
    char tail[400], how[64];
    quench_log_tail(log, tail, sizeof tail);
    if (end->signal)
        snprintf(how, sizeof how, "was ended by signal %d (%s)", end->signal,
                 strsignal(end->signal));
    else if (end->code)
        snprintf(how, sizeof how, "failed (exit code %lld)", (long long)end->code);
    else
        snprintf(how, sizeof how, "ended without a result");
    rise_fail(err, RISE_E_FAILED, "sample %zu: %s %s: %s", c->sample->number, c->w->lmp, how,
              tail[0] ? tail : "it said nothing");
    if (strstr(tail, "Lost atoms") || strstr(tail, "out of range"))
        rise_hint(err,
                  "a smaller `timestep`, a box that is not too small, or without this sample: "
                  "`leave_out: [%zu]`",
                  c->sample->number);
    return RISE_E_FAILED;
}

static rise_status take_result(course *c, const rise_program_end *end, quench_result *r,
                               rise_error *err) {
    const quench_log *log = &c->log;
    bool whole = log->has_energy && log->has_iterations && end->taken[0].bytes;
    if (end->signal || end->code || !whole)
        return fail_run(c, end, err);
    rise_error why;
    if (quench_read_dump(&end->taken[0], &c->w->plan.mix, r->cell, r->position, &why) != RISE_OK)
        return rise_fail(err, RISE_E_FAILED, "sample %zu: %s", c->sample->number, why.message);
    r->energy = log->energy;
    r->temperature = log->temperature;
    r->iterations = log->iterations;
    snprintf(r->lammps, sizeof r->lammps, "%s", log->version[0] ? log->version : "not told");
    return RISE_OK;
}

/* `began`: atoms moved, so that a failure is this sample's own. */
static rise_status run_sample(quench_work *w, size_t i, const byte_buffer *script, bool *began,
                              rise_error *err) {
    course c = {.w = w, .sample = &w->sample[i]};
    byte_buffer start = {0};
    rise_program_end end = {0};
    rise_status s = RISE_OK;
    if (!quench_place(&w->plan, c.sample->number, w->result[i].position))
        s = rise_fail_nomem(err, "the places of atoms");
    quench_write_start(&w->plan, (const double(*)[3])w->result[i].position, &start);
    if (s == RISE_OK && start.failed)
        s = rise_fail_nomem(err, "the places of atoms");
    if (s == RISE_OK)
        s = call_lammps(&c, script, &start, &end, err);
    if (s == RISE_OK)
        s = take_result(&c, &end, &w->result[i], err);
    *began = c.log.phase > QUENCH_BEGIN;
    tell(&c, steps_before(c.sample, QUENCH_PHASES));
    rise_program_end_free(&end);
    bytes_free(&start);
    return s;
}

/* ---- kept samples ---------------------------------------------------------------------------- */
static bool recall(quench_work *w, size_t i, const byte_buffer *key) {
    rise_value *value = NULL;
    if (rise_memo_get(w->ctx, key->data, key->size, &value) != RISE_OK)
        return false;
    bool found = unpack(w, value, &w->result[i]);
    rise_value_release(value);
    if (found)
        atomic_fetch_add(&w->steps_done, steps_before(&w->sample[i], QUENCH_PHASES));
    return found;
}

static void keep(quench_work *w, size_t i, const byte_buffer *key) {
    rise_value *value = pack(w, &w->result[i]);
    if (value)
        rise_memo_put(w->ctx, key->data, key->size, value);
    rise_value_release(value);
}

rise_status quench_make(void *user, size_t i, rise_error *err) {
    quench_work *w = user;
    byte_buffer script = {0}, key = {0};
    bool began = false;
    rise_status s = RISE_OK;
    quench_write_script(&w->plan, &w->sample[i], &script);
    bytes_add(&key, w->plan.potential.byte, sizeof w->plan.potential.byte);
    bytes_add(&key, script.data, script.size);
    w->result[i].position = malloc(w->plan.n_atoms * sizeof *w->result[i].position);
    if (!w->result[i].position || script.failed || key.failed)
        s = rise_fail_nomem(err, "a sample");
    else if (!recall(w, i, &key)) {
        s = run_sample(w, i, &script, &began, err);
        if (s == RISE_OK)
            keep(w, i, &key);
    }
    if (s == RISE_OK)
        atomic_fetch_add(&w->n_done, 1);
    bytes_free(&key);
    bytes_free(&script);
    if (s != RISE_E_FAILED || !began)
        return s;
    w->failed[i] = *err; /* the others go on */
    return RISE_OK;
}

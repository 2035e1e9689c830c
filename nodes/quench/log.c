/* quench/log.c: the lines that LAMMPS prints: how far it is, what came out, what went wrong. The
 * script marks its phases and results with "rise: ". */
#include "quench.h"

#include "kit/scan.h"

#include <stdio.h>
#include <string.h>

static const char mark[] = "rise: ";

static void keep_line(quench_log *log, const char *text) {
    if (log->after_error >= 2 || !*scan_skip(text, text + strlen(text)))
        return; /* then MPI says at length that it ends */
    if (log->after_error > 0 || strncmp(text, "ERROR", 5) == 0)
        log->after_error++;
    snprintf(log->line[log->n_lines++ % QUENCH_LINES], QUENCH_LINE, "%s", text);
}

static bool number_after(const char *text, const char *name, double *value) {
    size_t n = strlen(name);
    return strncmp(text, name, n) == 0 && scan_is_number(text + n, text + strlen(text), value);
}

static void take_mark(quench_log *log, const char *text) {
    double value;
    for (quench_phase p = QUENCH_MELT; p < QUENCH_PHASES; p++)
        if (strcmp(text, quench_phase_name(p)) == 0) {
            log->phase = p;
            log->step = 0;
        }
    if (number_after(text, "energy ", &value)) {
        log->energy = value;
        log->has_energy = true;
    }
    if (number_after(text, "iterations ", &value) && value >= 0 && value < 1e15) {
        log->iterations = (int64_t)value;
        log->has_iterations = true;
    }
}

/* A row of thermo: step, temperature, and at least one number more. */
static void take_row(quench_log *log, const char *text) {
    const char *end = text + strlen(text), *p = scan_skip(text, end), *q;
    int64_t step;
    double temperature, energy;
    if (!scan_is_integer(p, q = scan_token_end(p, end), &step))
        return;
    p = scan_skip(q, end);
    if (!scan_is_number(p, q = scan_token_end(p, end), &temperature))
        return;
    p = scan_skip(q, end);
    if (!scan_is_number(p, scan_token_end(p, end), &energy))
        return;
    log->step = step;
    if (log->phase != QUENCH_MINIMISE) /* there nothing moves: the temperature is the last one */
        log->temperature = temperature;
}

static void take_version(quench_log *log, const char *text) {
    static const char name[] = "LAMMPS (";
    const char *close = strrchr(text, ')');
    if (!log->version[0] && strncmp(text, name, strlen(name)) == 0 && close)
        snprintf(log->version, sizeof log->version, "%.*s",
                 (int)(close - text - (long)strlen(name)), text + strlen(name));
}

void quench_log_line(quench_log *log, const char *text) {
    keep_line(log, text);
    if (strncmp(text, mark, strlen(mark)) == 0)
        take_mark(log, text + strlen(mark));
    else
        take_row(log, text);
    take_version(log, text);
}

void quench_log_tail(const quench_log *log, char *text, size_t size) {
    size_t first = log->n_lines > QUENCH_LINES ? log->n_lines - QUENCH_LINES : 0, at = 0;
    if (log->after_error > 0)
        first = log->n_lines - (size_t)log->after_error;
    text[0] = 0;
    for (size_t i = first; i < log->n_lines && at < size; i++) {
        int n = snprintf(text + at, size - at, "%s%s", i > first ? " | " : "",
                         log->line[i % QUENCH_LINES]);
        at += n > 0 ? (size_t)n : 0;
    }
}

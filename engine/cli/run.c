/* cli/run: one run, from its start to what is told of it. */
#include "slurm.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static rise_run *_Atomic running;
static atomic_int n_signals;

static void on_signal(int number) {
    int why = number == SIGINT ? RISE_E_INTERRUPTED : RISE_E_TERMINATED;
    if (atomic_fetch_add(&n_signals, 1) > 0)
        _exit(rise_status_exit((rise_status)why));
    rise_run *run = atomic_load(&running);
    if (run)
        rise_run_cancel(run, (rise_status)why);
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The kernel notes when a process started, in ticks since boot: before main(), exact to 10 ms. A
 * shell that replaced itself by this program (exec) leaves its own start there, which is no use. */
static double kernel_start(void) {
    char text[1024];
    unsigned long long ticks = 0;
    FILE *file = fopen("/proc/self/stat", "r");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[n] = 0;
    const char *after = strrchr(text, ')');
    if (!after || sscanf(after + 1,
                         " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d"
                         " %*d %*d %llu",
                         &ticks) != 1)
        return 0;
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double start;

void process_restart(void) {
    start = seconds(CLOCK_BOOTTIME);
}

double process_seconds(void) {
    double now = seconds(CLOCK_BOOTTIME);
    if (start <= 0) {
        double started = kernel_start();
        start = started > 0 && started < now && now - started < 0.5 ? started : now;
    }
    return now - start;
}

void tell_failures(rise_run *run) {
    for (size_t i = 0; i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (it.status == RISE_NODE_FAILED)
            tell_failure(it.error, it.name);
    }
}

/* As they are, for programs that read them; a terminal is spared. */
static void tell_outputs(rise_run *run) {
    bool terminal = isatty(STDOUT_FILENO) != 0;
    for (size_t i = 0; i < rise_run_files(run); i++) {
        rise_output_file file;
        rise_run_file(run, i, &file);
        if (terminal)
            terminal_text(stdout, file.path);
        else
            fputs(file.path, stdout);
        putchar('\n');
    }
}

rise_status run_tell(rise_host *host, const rise_graph *graph, const cli_options *o, rise_run *run,
                     progress *p, rise_status status) {
    rise_error late = {0};
    progress_stop(p, run);
    if (status != RISE_OK)
        tell_failures(run);
    rise_status s = record_write(host, run, graph, o, status, &late);
    if (s != RISE_OK)
        tell_error(&late);
    tell_outputs(run);
    s = status == RISE_OK ? s : status;
    return fflush(stdout) != 0 && s == RISE_OK ? RISE_E_OUTPUT : s;
}

static rise_status finish_run(rise_host *host, const rise_graph *graph, const cli_options *o,
                              rise_run *run, progress *p) {
    rise_error err = {0};
    progress_started(p, run, graph, o->operand[0]);
    atomic_store(&running, run);
    catch_signals();
    rise_status s = rise_run_wait(run, &err);
    atomic_store(&running, NULL);
    s = stuck_status(s);
    s = run_tell(host, graph, o, run, p, s);
    if (s == RISE_E_INTERRUPTED || s == RISE_E_TERMINATED)
        tell_error(&err);
    return s;
}

static rise_status run_here(rise_host *host, const rise_graph *graph, const cli_options *o,
                            progress *p, bool *started) {
    rise_error err = {0};
    rise_run *run = NULL;
    rise_run_options options = o->run;
    options.out_used = true; /* run.json */
    options.events = (rise_events){.ended = o->progress == PROGRESS_NONE ? NULL : progress_ended,
                                   .warned = progress_warned,
                                   .ticked = stuck_tick,
                                   .stuck = stuck_told,
                                   .user = p};
    rise_status s = rise_run_start(host, graph, &options, &run, &err);
    *started = s == RISE_OK;
    if (s == RISE_OK)
        s = finish_run(host, graph, o, run, p);
    else
        tell_error(&err);
    rise_run_free(run);
    return s;
}

/* In jobs of Slurm: what pilots computed is then taken from the cache here. */
static int run_graph(rise_host *host, const cli_options *o, progress *p, bool *started) {
    int code = 0;
    bool done = true;
    rise_error err = {0};
    rise_status s = RISE_OK;
    rise_graph *graph = load_graph(host, o->operand[0], o, &code);
    if (!graph)
        return code;
    if (rise_graph_pilot(graph, 0)->slurm)
        s = slurm_run(host, graph, o, &done, &err);
    if (s != RISE_OK && err.message[0])
        tell_error(&err);
    if (s == RISE_OK && done)
        s = run_here(host, graph, o, p, started);
    rise_graph_free(graph);
    return rise_status_exit(s);
}

int command_run(rise_host *host, const cli_options *o) {
    bool started = false;
    process_seconds();
    if (o->progress == PROGRESS_JSON)
        tell_in_json();
    progress *p = progress_new(o->progress);
    int code = run_graph(host, o, p, &started);
    progress_free(p, started, code);
    return code;
}

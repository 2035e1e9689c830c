/* sched/process: see process.h. A loop of libuv's own, in the calling thread.
 *
 * The child leads a session and a group of its own, so that what it begins can be ended with it and
 * a Ctrl-C of the terminal reaches us alone. It must not outlive us, however we end: it holds the
 * reading end of a pipe (descriptor 3) whose only writing end is ours, and the pipe is set to tell
 * its group of any change by SIGKILL. Nothing is ever written: the change is that we are gone.
 * (Killed between the fork and the line that names the group we would leave it behind, to end by
 * itself.) */
#include "sched/process.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { POLL_MS = 20, LINE = 1000, CHUNK = 4096 };
static const double GRACE_S = 3;  /* from the request to end to the end */
static const double REMAIN_S = 1; /* for what it wrote, once it has ended */

typedef struct child {
    const process *what;
    process_end *end;
    uv_loop_t loop;
    uv_process_t process;
    uv_pipe_t output;
    uv_timer_t timer;
    clockid_t clock;
    bool has_clock, over, killed;
    double asked, ended; /* when */
    char chunk[CHUNK];
    char line[LINE + 1];
    size_t n_line;
} child;

static void read_clock(child *c) {
    struct timespec t;
    if (c->has_clock && clock_gettime(c->clock, &t) == 0)
        c->end->cpu_s = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void end_line(child *c) {
    while (c->n_line > 0 && c->line[c->n_line - 1] == '\r')
        c->n_line--;
    c->line[c->n_line] = 0;
    c->n_line = 0;
    if (c->what->line)
        c->what->line(c->what->user, c->line);
}

static void give_chunk(uv_handle_t *handle, size_t wanted, uv_buf_t *out) {
    child *c = handle->data;
    (void)wanted;
    *out = uv_buf_init(c->chunk, sizeof c->chunk);
}

static void close_once(uv_handle_t *handle) {
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *bytes) {
    child *c = stream->data;
    for (ssize_t i = 0; i < n; i++) {
        char byte = bytes->base[i];
        if (byte == '\n')
            end_line(c);
        else if (byte && c->n_line < LINE)
            c->line[c->n_line++] = byte;
    }
    if (n >= 0)
        return;
    read_clock(c); /* most programs close their output by ending: the clock goes with them */
    if (c->n_line > 0)
        end_line(c);
    close_once((uv_handle_t *)stream);
    if (c->over)
        close_once((uv_handle_t *)&c->timer);
}

static void on_exit(uv_process_t *handle, int64_t code, int signal) {
    child *c = handle->data;
    c->end->code = code;
    c->end->signal = signal;
    c->over = true;
    c->ended = clock_wall();
    kill(-handle->pid, SIGKILL); /* what it left behind */
    close_once((uv_handle_t *)handle);
    if (uv_is_closing((uv_handle_t *)&c->output))
        close_once((uv_handle_t *)&c->timer);
}

static void on_poll(uv_timer_t *timer) {
    child *c = timer->data;
    double now = clock_wall();
    if (c->over && now - c->ended > REMAIN_S) {
        close_once((uv_handle_t *)&c->output);
        close_once((uv_handle_t *)timer);
    }
    if (c->over)
        return;
    read_clock(c);
    if (!c->end->stopped && c->what->stop(c->what->user)) {
        c->end->stopped = true;
        c->asked = now;
        kill(-c->process.pid, SIGTERM);
    } else if (c->end->stopped && !c->killed && now - c->asked > GRACE_S) {
        c->killed = true;
        kill(-c->process.pid, SIGKILL);
    }
}

/* life[0] becomes the child's, life[1] stays ours. */
static int start(child *c, const int life[2], int write_end) {
    uv_stdio_container_t io[4] = {{.flags = UV_IGNORE},
                                  {.flags = UV_INHERIT_FD, .data.fd = write_end},
                                  {.flags = UV_INHERIT_FD, .data.fd = write_end},
                                  {.flags = UV_INHERIT_FD, .data.fd = life[0]}};
    uv_process_options_t options = {.file = c->what->file,
                                    .args = (char **)(uintptr_t)c->what->argument,
                                    .env = (char **)(uintptr_t)c->what->environment,
                                    .cwd = c->what->folder,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = 4,
                                    .stdio = io,
                                    .exit_cb = on_exit};
    if (fcntl(life[0], F_SETSIG, SIGKILL) != 0 ||
        fcntl(life[0], F_SETFL, fcntl(life[0], F_GETFL) | O_ASYNC) != 0)
        return -errno;
    int code = uv_spawn(&c->loop, &c->process, &options);
    if (code)
        return code;
    fcntl(life[0], F_SETOWN, -c->process.pid);
    c->has_clock = clock_getcpuclockid(c->process.pid, &c->clock) == 0;
    return 0;
}

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
}

/* Handles are initialised first, so that all of them are closed in the same way at the end. */
static int run_child(child *c) {
    int life[2] = {-1, -1}, output[2] = {-1, -1};
    int code = pipe2(life, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0 ? -errno : 0;
    if (!code && !(code = uv_pipe_open(&c->output, output[0])))
        output[0] = -1; /* the loop's */
    if (!code)
        code = start(c, life, output[1]);
    if (life[0] >= 0)
        close(life[0]);
    if (output[1] >= 0)
        close(output[1]);
    life[0] = output[1] = -1;
    if (code) {
        close_once((uv_handle_t *)&c->process);
        close_once((uv_handle_t *)&c->output);
        close_once((uv_handle_t *)&c->timer);
    } else {
        uv_read_start((uv_stream_t *)&c->output, give_chunk, on_read);
        uv_timer_start(&c->timer, on_poll, 0, POLL_MS);
    }
    uv_run(&c->loop, UV_RUN_DEFAULT);
    close_pair(life);
    close_pair(output);
    return code;
}

rise_status process_run(const process *p, process_end *end, rise_error *err) {
    child c = {.what = p, .end = end};
    *end = (process_end){0};
    int code = uv_loop_init(&c.loop);
    if (code)
        return rise_fail(err, RISE_E_SYSTEM, "%s: cannot be started: %s", p->file,
                         uv_strerror(code));
    code = uv_pipe_init(&c.loop, &c.output, 0);
    uv_timer_init(&c.loop, &c.timer);
    c.process.data = c.output.data = c.timer.data = &c;
    if (!code)
        code = run_child(&c);
    uv_loop_close(&c.loop);
    return code ? rise_fail(err, RISE_E_SYSTEM, "%s: cannot be started: %s", p->file,
                            uv_strerror(code))
                : RISE_OK;
}

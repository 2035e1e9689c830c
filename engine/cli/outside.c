/* cli/outside: see outside.h. */
#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MOST = 16 << 20 };

typedef struct text_in {
    int fd; /* -1: it has ended */
    char *text;
    size_t size, capacity;
} text_in;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- starting -------------------------------------------------------------------------------- */
/* Signals as a program expects them: we ignore some. */
static bool set_attributes(posix_spawnattr_t *attributes) {
    sigset_t normal, none;
    sigemptyset(&none);
    sigemptyset(&normal);
    sigaddset(&normal, SIGPIPE);
    sigaddset(&normal, SIGXFSZ);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETSIGMASK) == 0 &&
           posix_spawnattr_setpgroup(attributes, 0) == 0 &&
           posix_spawnattr_setsigdefault(attributes, &normal) == 0 &&
           posix_spawnattr_setsigmask(attributes, &none) == 0;
}

static int start(const char *const *argv, const int out[2], const int err[2], pid_t *pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&files) != 0)
        return ENOMEM;
    int why = posix_spawnattr_init(&attributes);
    if (why == 0) {
        bool set =
            set_attributes(&attributes) &&
            posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
            posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO) == 0 &&
            posix_spawn_file_actions_adddup2(&files, err[1], STDERR_FILENO) == 0;
        why = set ? posix_spawnp(pid, argv[0], &files, &attributes, (char *const *)argv, environ)
                  : ENOMEM;
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return why;
}

/* ---- what it prints -------------------------------------------------------------------------- */
/* False: memory was short. What is too much is read and forgotten. */
static bool take(text_in *in) {
    char piece[16384];
    ssize_t n = read(in->fd, piece, sizeof piece);
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0) {
        close(in->fd);
        in->fd = -1;
        return true;
    }
    if (in->size + (size_t)n > MOST)
        return true;
    if (in->size + (size_t)n + 1 > in->capacity) {
        size_t capacity = 2 * (in->size + (size_t)n + 1);
        char *grown = realloc(in->text, capacity);
        if (!grown)
            return false;
        in->text = grown;
        in->capacity = capacity;
    }
    memcpy(in->text + in->size, piece, (size_t)n);
    in->size += (size_t)n;
    return true;
}

/* Until both ends are closed. False: memory was short. */
static bool listen_to(text_in in[2], pid_t pid, double limit_s, bool *late) {
    double end = now() + limit_s;
    bool room = true;
    while (room && (in[0].fd >= 0 || in[1].fd >= 0)) {
        struct pollfd ready[2] = {{in[0].fd, POLLIN, 0}, {in[1].fd, POLLIN, 0}};
        double left = end - now();
        if (left <= 0) {
            *late = true;
            kill(-pid, SIGKILL);
            return true;
        }
        if (poll(ready, 2, (int)(left * 1e3) + 1) < 0)
            continue;
        for (int i = 0; i < 2; i++)
            if (in[i].fd >= 0 && ready[i].revents)
                room = take(&in[i]) && room;
    }
    return room;
}

static char *finish_text(text_in *in) {
    if (in->fd >= 0)
        close(in->fd);
    while (in->size > 0 && strchr(" \t\r\n", in->text[in->size - 1]))
        in->size--;
    if (in->text)
        in->text[in->size] = 0;
    return in->text ? in->text : calloc(1, 1);
}

static int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

rise_status outside_run(const char *const *argv, double limit_s, outside *result, rise_error *err) {
    int out[2], problem[2];
    pid_t pid = 0;
    if (pipe2(out, O_CLOEXEC) != 0)
        return rise_fail(err, RISE_E_SYSTEM, "%s: no pipe: %s", argv[0], strerror(errno));
    if (pipe2(problem, O_CLOEXEC) != 0) {
        int why = errno;
        close(out[0]);
        close(out[1]);
        return rise_fail(err, RISE_E_SYSTEM, "%s: no pipe: %s", argv[0], strerror(why));
    }
    int why = start(argv, out, problem, &pid);
    close(out[1]);
    close(problem[1]);
    text_in in[2] = {{.fd = out[0]}, {.fd = problem[0]}};
    *result = (outside){0};
    bool room = true;
    if (why == 0) {
        room = listen_to(in, pid, limit_s, &result->late);
        result->code = wait_for(pid);
    }
    result->out = finish_text(&in[0]);
    result->err = finish_text(&in[1]);
    if (why == 0 && room && result->out && result->err)
        return RISE_OK;
    outside_free(result);
    if (why == ENOENT)
        return rise_fail(err, RISE_E_NOINPUT, "there is no program `%s`", argv[0]);
    return why ? rise_fail(err, RISE_E_SYSTEM, "%s cannot be run: %s", argv[0], strerror(why))
               : rise_fail_nomem(err, "what a program printed");
}

void outside_free(outside *result) {
    free(result->out);
    free(result->err);
    *result = (outside){0};
}

/* cli/check_plugin: what is in a plug-in. It is loaded in a child process first: code of a plug-in
 * that runs while it is loaded (constructors) may crash, end the process or never come back. */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 5 };

/* What the child writes when loading came to an end, good or bad. */
static void try_to_load(rise_host *host, const char *path, int to) {
    rise_error err = {0};
    alarm(PATIENCE_S);
    if (rise_host_add_plugin(host, path, &err) == RISE_OK)
        err = (rise_error){0};
    ssize_t n = write(to, &err, sizeof err); /* less than a pipe holds at once */
    _exit(n == (ssize_t)sizeof err ? 0 : 1);
}

static rise_status child_failed(const char *path, int status, rise_error *err) {
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return rise_fail_at(err, RISE_E_USAGE, path, 0, 0,
                            "loading it takes more than %d s: does a constructor wait?",
                            PATIENCE_S);
    if (WIFSIGNALED(status))
        return rise_fail_at(err, RISE_E_USAGE, path, 0, 0,
                            "it crashes while it is loaded: %s in a constructor",
                            strsignal(WTERMSIG(status)));
    return rise_fail_at(err, RISE_E_USAGE, path, 0, 0,
                        "it ends the process while it is loaded (status %d)", WEXITSTATUS(status));
}

static rise_status listen_to(int from, pid_t child, const char *path, rise_error *err) {
    rise_error told;
    int status = 0;
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n<sizeof told; n += got> 0 ? (size_t)got : 0)
        do
            got = read(from, (char *)&told + n, sizeof told - n);
        while (got < 0 && errno == EINTR);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (n < sizeof told)
        return child_failed(path, status, err);
    *err = told;
    return told.status;
}

static rise_status load_in_child(rise_host *host, const char *path, rise_error *err) {
    int ends[2];
    if (pipe(ends) != 0)
        return rise_fail(err, RISE_E_SYSTEM, "no pipe: %s", strerror(errno));
    fflush(NULL); /* else the child would write it again */
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        try_to_load(host, path, ends[1]);
    }
    rise_status s =
        child < 0 ? rise_fail(err, RISE_E_SYSTEM, "no process: %s", strerror(errno)) : RISE_OK;
    close(ends[1]);
    if (s == RISE_OK)
        s = listen_to(ends[0], child, path, err);
    close(ends[0]);
    return s;
}

static void print_plugin(const rise_host *host, const char *path) {
    rise_plugin_info p;
    rise_host_plugin(host, rise_host_plugins(host) - 1, &p);
    printf("%s: plug-in %s %s, %zu node type%s, %s\n", path, p.name, p.version, p.n_types,
           p.n_types == 1 ? "" : "s", p.identity);
    for (size_t i = 0; i < p.n_types; i++)
        printf("%-16s %s\n", p.types[i]->name, p.types[i]->brief);
}

int command_check_plugin(rise_host *host, const cli_options *o) {
    rise_error err = {0};
    if (o->n_operands != 1) {
        fputs("rise-run: nodes --check needs the path of one plug-in\n", stderr);
        return rise_status_exit(RISE_E_USAGE);
    }
    rise_status s = load_in_child(host, o->operand[0], &err);
    if (s == RISE_OK)
        s = rise_host_add_plugin(host, o->operand[0], &err);
    if (s == RISE_OK)
        print_plugin(host, o->operand[0]);
    else
        tell_error(&err);
    return rise_status_exit(s);
}

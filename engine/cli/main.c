/* cli/main: one command. */
#include "cli.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A stray write to descriptor 0, 1 or 2 must never land in a file that was opened in its place. */
static void open_standard_files(void) {
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= 2)
        fd = open("/dev/null", O_RDWR);
    if (fd > 2)
        close(fd);
}

/* What is large (an input file, an assembled value) goes back to the system when it is freed. The
 * default moves this border up with the largest that was ever freed, and holes of that size stay:
 * memory would then grow with the number of input files. */
static void return_large_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 2 << 20); /* else 128 KiB, given back and taken again all the time */
}

static int dispatch(rise_host *host, const cli_options *o) {
    if (strcmp(o->command, "nodes") == 0)
        return command_nodes(host, o);
    if (strcmp(o->command, "cache") == 0)
        return command_cache(o);
    if (strcmp(o->command, "schema") == 0)
        return command_schema(host, o);
    if (o->n_operands != 1) {
        fprintf(stderr, "rise-run: %s graph is needed\n  rise-run graphs/quick.yaml\n",
                o->n_operands ? "exactly one" : "a");
        return rise_status_exit(RISE_E_USAGE);
    }
    if (strcmp(o->command, "plan") == 0)
        return command_plan(host, o);
    return strcmp(o->command, "check") == 0 ? command_check(host, o) : command_run(host, o);
}

int main(int argc, char **argv) {
    cli_options o;
    rise_error err;
    rise_host *host = NULL;
    open_standard_files();
    return_large_memory();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of write(), not an end */
    rise_status s = options_parse(argc, argv, &o);
    if (s != RISE_OK || o.help || o.version) {
        options_free(&o);
        return rise_status_exit(s);
    }
    s = rise_host_new(&host, &err);
    if (s == RISE_OK)
        s = rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err);
    int code = rise_status_exit(s);
    if (s == RISE_OK)
        code = dispatch(host, &o);
    else
        tell_error(&err);
    rise_host_free(host);
    options_free(&o);
    return code;
}

/* cli/main: one command. */
#include "rows.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
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

/* The watch adds them itself: one that cannot be loaded does not end it. */
static bool needs_plugins(const cli_options *o) {
    return !o->check && !(o->command->bit == FOR_CACHE && o->n_keep == 0) &&
           !(o->command->bit & (FOR_RUNS | FOR_DIFF | FOR_WATCH));
}

rise_status add_plugins(rise_host *host, const cli_options *o, rise_error *err) {
    rise_status s = rise_host_add_plugin_path(host, NULL, err);
    for (size_t i = 0; i < o->n_plugins && s == RISE_OK; i++)
        s = rise_host_add_plugin(host, o->plugin[i], err);
    return s;
}

/* A cache whose folder belongs to a group (chmod g+ws) stays writable for the group, whatever the
 * umask of who works in it. */
static void keep_group(const cli_options *o) {
    char folder[4200];
    struct stat st;
    if (rise_cache_folder(o->run.cache, folder, sizeof folder, NULL) == RISE_OK &&
        stat(folder, &st) == 0 && (st.st_mode & S_ISGID) && (st.st_mode & S_IWGRP))
        umask(umask(077) & ~(mode_t)070);
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
    if (s != RISE_OK || o.version) {
        if (s == RISE_OK)
            puts("rise " RISE_VERSION);
        options_free(&o);
        return rise_status_exit(s);
    }
    s = rise_host_new(&host, &err);
    if (s == RISE_OK)
        s = rise_host_add(host, rise_builtin_nodes, rise_builtin_count, &err);
    if (s == RISE_OK && needs_plugins(&o))
        s = add_plugins(host, &o, &err);
    int code = rise_status_exit(s);
    if (s == RISE_OK)
        keep_group(&o);
    if (s == RISE_OK)
        code = o.help ? command_help(host, &o) : o.command->run(host, &o);
    else
        tell_error(&err);
    rise_host_free(host);
    options_free(&o);
    return code;
}

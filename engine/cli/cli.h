/* engine/cli: rise-run. Sees the public headers only; it alone prints and reads the command line.
 * stdout carries results, stderr everything else. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <rise/rise.h>

#include <stdio.h>

/* Choices, in the order of their words in rows.c. */
typedef enum { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE } progress_mode;
typedef enum { CHART_DOT, CHART_MERMAID, CHART_SVG } chart_format;
typedef enum { STARTER_SOAP, STARTER_VIT, STARTER_DUAL } starter_kind;

typedef struct cli_options {
    const struct command_row *command; /* that of `run` where none is given */
    bool named;                        /* one is given */
    const char **operand;              /* without the command */
    size_t n_operands;
    const char **set, **plugin;
    size_t n_set, n_plugins;
    char **executor; /* of those in `set`, the ones made of --executor, --time and so on */
    size_t n_executor;
    bool detach; /* submit, do not wait */
    bool check;  /* nodes --check */
    rise_run_options run;
    progress_mode progress;
    chart_format format;
    starter_kind kind;
    const char *summary;       /* path, or NULL */
    bool ro_crate;             /* the output folder becomes a crate */
    unsigned limit;            /* of runs, 0: as usual */
    bool json;                 /* for programs */
    const char *paths, *label; /* of a new graph, or NULL */
    rise_gc_options gc;        /* but for the graphs, which are in `keep` as paths */
    const char **keep;
    size_t n_keep;
    bool read_data;
    bool help, version;
    char *const *words; /* the command line as it was given, ends with NULL */
} cli_options;

/* Usage errors are told on stderr; RISE_E_USAGE. */
rise_status options_parse(int argc, char **argv, cli_options *out);
void options_free(cli_options *o);

/* Each returns the exit code; those that need no node types ignore the host. */
int command_run(rise_host *host, const cli_options *o);
int command_watch(rise_host *host, const cli_options *o);
int command_plan(rise_host *host, const cli_options *o);
int command_worker(rise_host *host, const cli_options *o);
int command_look(rise_host *host, const cli_options *o);
int command_explain(rise_host *host, const cli_options *o);
int command_check(rise_host *host, const cli_options *o);
int command_status(rise_host *host, const cli_options *o);
int command_graph(rise_host *host, const cli_options *o);
int command_nodes(rise_host *host, const cli_options *o);
int command_new(rise_host *host, const cli_options *o);
int command_runs(rise_host *host, const cli_options *o);
int command_diff(rise_host *host, const cli_options *o);
int command_cache(rise_host *host, const cli_options *o);
int command_help(rise_host *host, const cli_options *o);
int command_manual(rise_host *host, const cli_options *o);
int command_complete(rise_host *host, const cli_options *o);
/* Loads a plug-in in a process of its own first, and says what is in it. */
int command_check_plugin(rise_host *host, const cli_options *o);
int command_schema(rise_host *host, const cli_options *o);

/* Those of the environment and of --plugin. */
rise_status add_plugins(rise_host *host, const cli_options *o, rise_error *err);
/* Loads the graph; tells all its errors with the line and a caret. */
rise_graph *load_graph(rise_host *host, const char *path, const cli_options *o, int *exit_code);
/* plan.c: `show` looks at the plan of operand[0]; returns the exit status. only: NULL: all nodes.
 */
typedef rise_status plan_fn(rise_run *run, const cli_options *o, rise_error *err);
int with_plan(rise_host *host, const cli_options *o, const char *only, plan_fn *show);
/* One error: "rise-run: file:line:col: message", the line, a caret, the hint; `instance`: where it
 * came up, or NULL. */
void tell_error(const rise_error *err);
void tell_failure(const rise_error *err, const char *instance);
void tell_failures(rise_run *run);                    /* of all nodes that failed in it */
enum { MOST_ERRORS = 20 };                            /* of a graph, that are told one by one */
void tell_errors(const rise_error *errors, size_t n); /* the first of n */
void tell_in_json(void);                              /* from now on as lines of --progress json */

/* Any may be called with NULL. */
typedef struct progress progress;
progress *progress_new(progress_mode mode);
void progress_started(progress *p, rise_run *run, const rise_graph *graph, const char *path);
void progress_tick(void *user, rise_run *run);
void progress_ended(void *user, const rise_instance *instance);
void progress_warned(void *user, const char *text);
void progress_stop(progress *p, rise_run *run); /* the run is over: no live lines any more */
/* The last word; `started`: progress_stop was called. */
void progress_free(progress *p, bool started, int exit_code);

/* stuck.c: nodes that do not return; events of a run whose user is its progress */
void stuck_told(void *user, const rise_instance *it, double seconds);
void stuck_tick(void *user, rise_run *run);   /* also shows the progress; may end the process */
rise_status stuck_status(rise_status status); /* of a run that ended after all */

/* run.json and run.html in --out, the file of --summary, and the history of the cache. */
rise_status record_write(rise_host *host, rise_run *run, const rise_graph *graph,
                         const cli_options *o, rise_status status, rise_error *err);
/* write.c: a file that is there whole or not at all. */
typedef struct file_out {
    FILE *f; /* takes what is to be in it */
    bool device, sync;
    char path[4100], temporary[4300];
} file_out;
rise_status file_begin(file_out *o, const char *path, bool sync, rise_error *err);
/* Not there if `status` is not RISE_OK, which is what it returns then. */
rise_status file_end(file_out *o, rise_status status, rise_error *err);
/* What is told of a run that is over, and kept of it; the status to end with. */
rise_status run_tell(rise_host *host, const rise_graph *graph, const cli_options *o, rise_run *run,
                     progress *p, rise_status status);
double process_seconds(void); /* since this process started, */
void process_restart(void);   /* or since this */

/* ---- texts that others chose (text.c) -------------------------------------------------------- */
size_t utf8_size(const char *text); /* bytes of the character that begins here; 0: none does */
/* A JSON string of any text: bytes that are not UTF-8 (names of files may hold any) become '?', as
 * JSON cannot hold them. NULL only when memory is short. */
struct json_t *json_text(const char *text);
/* One line of --progress json, in one write; takes over the event, NULL is fine. */
void json_line(struct json_t *event);
bool json_print(struct json_t *value); /* what --json asks for, to stdout; takes over the value */
/* As HTML and XML hold it, also between quotes. */
void markup_text(FILE *f, const char *text);
void markup_link(FILE *f, const char *path); /* a path as an address: %20 and so on */
/* As it is, but control characters (of names, paths and values, which others chose) become `?`;
 * tabs stay. */
void terminal_text(FILE *f, const char *text);
void terminal_padded(FILE *f, const char *text, size_t columns); /* and blanks up to so many */
size_t text_columns(const char *text);                           /* on a terminal */
/* Cuts the text to that many columns and takes out what moves the cursor; columns left. */
size_t text_fit(char *text, size_t columns);
void text_bytes(double bytes, char text[16]);
void text_seconds(double seconds, char text[16]);

#endif

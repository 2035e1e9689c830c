/* engine/cli: rise-run. Sees the public headers only; it alone prints and reads the command line.
 * stdout carries results, stderr everything else. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <rise/rise.h>

#include <stdio.h>

typedef enum { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE } progress_mode;

typedef struct cli_options {
    const char *command; /* "run" where none is given */
    const char *operand[8];
    size_t n_operands;
    const char **set;
    size_t n_set;
    rise_run_options run;
    progress_mode progress;
    const char *summary; /* path, or NULL */
    bool help, version;
} cli_options;

/* Usage errors are told on stderr; RISE_E_USAGE. */
rise_status options_parse(int argc, char **argv, cli_options *out);
void options_free(cli_options *o);

/* Each returns the exit code. */
int command_run(rise_host *host, const cli_options *o);
int command_plan(rise_host *host, const cli_options *o);
int command_check(rise_host *host, const cli_options *o);
int command_nodes(rise_host *host, const cli_options *o);
int command_schema(rise_host *host, const cli_options *o);
int command_cache(const cli_options *o);

/* Loads the graph; tells all its errors with the line and a caret. */
rise_graph *load_graph(rise_host *host, const cli_options *o, int *exit_code);
/* One error: "rise-run: file:line:col: message", the line, a caret, the hint. */
void tell_error(const rise_error *err);

typedef struct progress progress;
progress *progress_new(progress_mode mode, const char *title);
void progress_tick(void *user, rise_run *run);
void progress_ended(void *user, const rise_instance *instance);
void progress_warned(void *user, const char *text);
void progress_free(progress *p, rise_run *run); /* clears the live line, prints the last word */

/* What ran, why and at what cost, as JSON; written atomically. */
rise_status summary_write(rise_run *run, rise_status status, double wall_s, const char *path,
                          rise_error *err);
/* run.json and run.html in --out. */
rise_status record_write(rise_run *run, const rise_graph *graph, const cli_options *o,
                         rise_status status, double wall_s, rise_error *err);
/* A JSON string of any text: bytes that are not UTF-8 (names of files may hold any) become '?', as
 * JSON cannot hold them. NULL only when memory is short. */
struct json_t *json_text(const char *text);
rise_status write_text(const char *path, const char *text, size_t size, rise_error *err);
double process_seconds(void); /* since this process started */
void text_bytes(double bytes, char text[16]);
void text_seconds(double seconds, char text[16]);

#endif

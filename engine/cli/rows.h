/* cli/rows: commands and options as rows. Parsing, help, the manual page and completion all come
 * from them; a new command or option is one more row. */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "cli.h"

#include <stdint.h>

/* Which commands an option belongs to. */
enum {
    FOR_RUN = 1,
    FOR_PLAN = 2,
    FOR_CHECK = 4,
    FOR_GRAPH = 8,
    FOR_NODES = 16,
    FOR_NEW = 32,
    FOR_CACHE = 64,
    FOR_HELP = 128,
    FOR_EXPLAIN = 256,
    FOR_SCHEMA = 512,
    FOR_RUNS = 1024,
    FOR_DIFF = 2048,
    FOR_WATCH = 4096,
    FOR_LOOK = 8192,
    FOR_WORKER = 16384,
    FOR_STATUS = 32768,
    FOR_ALL = 0x7fffffff
};

/* What a word of a command line stands for. */
typedef enum { W_NONE, W_GRAPH, W_NEW_GRAPH, W_TYPE, W_CACHE, W_COMMAND, W_PAST } word_kind;

typedef struct command_row {
    const char *name, *operands, *brief;
    const char *text;     /* a paragraph, in lines of at most 78 columns */
    const char *examples; /* lines, NULL: none */
    unsigned bit;
    size_t least, most; /* operands */
    word_kind word;     /* what an operand is */
    int (*run)(rise_host *host, const cli_options *o);
    bool hidden; /* for scripts: not in the help */
} command_row;

typedef enum {
    O_FLAG,
    O_TEXT,
    O_COUNT,
    O_SIZE,
    O_LIST,
    O_PLUGIN,
    O_KEEP,
    O_DAYS,
    O_SECONDS,
    O_CHOICE,
    O_EXECUTOR
} option_kind;

typedef enum { G_WHAT, G_WHERE, G_HOW, G_TOLD, N_GROUPS } option_group;

typedef struct option_row {
    const char *name;
    const char *value; /* "DIR", or the choices "a|b|c"; NULL: a flag */
    const char *help;
    option_kind kind;
    size_t offset; /* of the field in cli_options; O_LIST: of `set` */
    option_group group;
    unsigned commands;
} option_row;

extern const command_row command_rows[];
extern const size_t n_command_rows;
extern const option_row option_rows[];
extern const size_t n_option_rows;
extern const char *const option_groups[N_GROUPS];

const command_row *command_find(const char *name);              /* NULL: none */
const option_row *option_find(const char *name, size_t length); /* NULL: none */

#endif

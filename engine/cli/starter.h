/* cli/starter: the text of a new graph. */
#ifndef CLI_STARTER_H
#define CLI_STARTER_H

#include "cli.h"

/* `path` is where the graph will stand; `paths` and `label` as YAML, "" leaves the place empty. */
void starter_write(FILE *f, starter_kind kind, const char *path, const char *paths,
                   const char *label);

#endif

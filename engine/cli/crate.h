/* cli/crate.h: a run as a Process Run Crate (https://w3id.org/ro/wfrun/process/0.5), which is an
 * RO-Crate 1.1: ro-crate-metadata.json makes the output folder one. It has an entity for each node
 * and for each file, none for an instance. What it says is in docs/provenance.md. */
#ifndef CLI_CRATE_H
#define CLI_CRATE_H

#include "record.h"

typedef struct crate_file {
    const char *path;   /* in the folder of the crate; of others as the run found them */
    const char *digest; /* SHA-256 as the run read it, in hexadecimal; "": it is to be made */
    const char *what;   /* a sentence, where `by` is "" */
    const char *by;     /* instance that wrote it */
    bool made, read;    /* by the run */
    char *owned;        /* the path, where it is to be freed */
} crate_file;

typedef struct crate {
    const record *of;
    json_out o;
    char graph[600];          /* the copy of the graph file */
    crate_file *part, *input; /* in the folder, and elsewhere; by path, each once */
    size_t n_parts, n_inputs;
    rise_value *input_table;
} crate;

rise_status crate_write(const record *r, rise_error *err) RISE_MUST_USE;

/* ---- crate_files.c --------------------------------------------------------------------------- */
rise_status crate_find_files(crate *c, rise_error *err) RISE_MUST_USE;
rise_status crate_copy_graph(const crate *c, rise_error *err) RISE_MUST_USE;
/* Reads all of those in the folder. */
rise_status crate_put_files(crate *c, rise_error *err) RISE_MUST_USE;
void crate_free(crate *c);

/* ---- crate_work.c ---------------------------------------------------------------------------- */
void crate_put_software(crate *c);
void crate_put_nodes(crate *c);
void crate_put_parameters(crate *c);

/* ---- pieces: names of properties and ids go before what is not known beforehand ---------------
 */
void crate_begin(crate *c, const char *before, const char *name, const char *type); /* an entity */
void crate_text(crate *c, const char *property, const char *text);
void crate_refer(crate *c, const char *before, const char *name); /* {"@id": ...} */
#define CRATE_NODE "#node/"
#define CRATE_TYPE "#type/"
#define CRATE_INPUT "#input/"
#define CRATE_PARAMETER "#parameter/"
#define CRATE_LIBRARY "#library/"
#define CRATE_PLUGIN "#plug-in/"

#endif

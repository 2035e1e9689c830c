/* cli/crate: the crate as a whole: what the folder is, and the run as one action that made it. */
#include "crate.h"

#include <stdlib.h>
#include <string.h>

#define PROFILE "https://w3id.org/ro/wfrun/process/0.5"

void crate_text(crate *c, const char *property, const char *text) {
    json_key(&c->o, property);
    json_put_text(&c->o, text);
}

void crate_refer(crate *c, const char *before, const char *name) {
    json_open(&c->o, '{');
    json_key(&c->o, "@id");
    json_put_uri(&c->o, before, name);
    json_close(&c->o, '}');
}

void crate_begin(crate *c, const char *before, const char *name, const char *type) {
    json_newline(&c->o);
    json_open(&c->o, '{');
    json_key(&c->o, "@id");
    json_put_uri(&c->o, before, name);
    if (type)
        crate_text(c, "@type", type);
}

static void refer_to(crate *c, const char *property, const char *uri) {
    json_key(&c->o, property);
    crate_refer(c, uri, "");
}

/* ---- the folder ------------------------------------------------------------------------------ */
static void put_descriptor(crate *c) {
    crate_begin(c, "ro-crate-metadata.json", "", "CreativeWork");
    refer_to(c, "conformsTo", "https://w3id.org/ro/crate/1.1");
    refer_to(c, "about", "./");
    json_close(&c->o, '}');
    crate_begin(c, PROFILE, "", "CreativeWork");
    crate_text(c, "name", "Process Run Crate");
    crate_text(c, "version", "0.5");
    json_close(&c->o, '}');
}

static void put_root(crate *c, const char *day) {
    const record *r = c->of;
    char text[1200];
    const char *title = rise_graph_title(r->graph);
    crate_begin(c, "./", "", "Dataset");
    refer_to(c, "conformsTo", PROFILE);
    crate_text(c, "name", title[0] ? title : c->graph);
    snprintf(text, sizeof text, "Output of rise-run for %s, and what it was made of.", c->graph);
    crate_text(c, "description", text);
    crate_text(c, "datePublished", day);
    crate_text(c, "license", "No license is stated: ask the authors before you use it.");
    json_key(&c->o, "hasPart");
    json_open(&c->o, '[');
    for (size_t i = 0; i < c->n_parts; i++)
        crate_refer(c, "", c->part[i].path);
    json_close(&c->o, ']');
    refer_to(c, "mentions", "#run");
    json_close(&c->o, '}');
}

/* ---- the run --------------------------------------------------------------------------------- */
/* As a shell takes it. */
static void write_word(FILE *f, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=,+@%";
    if (word[0] && strspn(word, plain) == strlen(word)) {
        fprintf(f, " %s", word);
        return;
    }
    fputs(" '", f);
    for (; *word; word++)
        *word == '\'' ? fputs("'\\''", f) : fputc(*word, f);
    fputc('\'', f);
}

static void write_machine(void *user, fact_kind kind, const char *name, const char *value) {
    if (kind == FACT_MACHINE)
        fprintf(user, "; %s: %s", name, value);
}

static void put_description(crate *c) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (f) {
        fputs("rise-run", f);
        for (char *const *word = c->of->o->words + 1; *word; word++)
            write_word(f, *word);
        facts_tell(c->of, write_machine, f);
    }
    if (!f || fclose(f) != 0)
        c->o.failed = true;
    else
        crate_text(c, "description", text);
    free(text);
}

static void put_status(crate *c) {
    const record *r = c->of;
    char text[1200];
    bool done = r->status == RISE_OK;
    crate_text(c, "actionStatus",
               done ? "http://schema.org/CompletedActionStatus"
                    : "http://schema.org/FailedActionStatus");
    snprintf(text, sizeof text, "%s", rise_status_text(r->status));
    for (size_t i = 0; r->tally.n[RISE_NODE_FAILED] > 0 && i < rise_run_instances(r->run); i++) {
        rise_instance it;
        rise_run_instance(r->run, i, &it);
        if (it.status != RISE_NODE_FAILED)
            continue;
        rise_error_format(it.error, text, sizeof text);
        break;
    }
    if (!done)
        crate_text(c, "error", text);
}

/* What went in: the graph, the files that were read, every parameter. */
static void put_objects(crate *c) {
    const rise_table *t = rise_value_table(c->of->chart->table[2]);
    bool several = t->n_rows + c->n_inputs > 0;
    for (size_t i = 0; i < c->n_parts && !several; i++)
        several = c->part[i].read && strcmp(c->part[i].path, c->graph) != 0;
    json_key(&c->o, "object");
    if (several)
        json_open(&c->o, '[');
    for (size_t i = 0; i < c->n_parts; i++)
        if (c->part[i].read)
            crate_refer(c, "", c->part[i].path);
    for (size_t i = 0; i < c->n_inputs; i++)
        crate_refer(c, CRATE_INPUT, c->input[i].path);
    for (size_t i = 0; i < t->n_rows; i++) {
        char name[1200];
        snprintf(name, sizeof name, "%s.%s", rise_table_find(t, "node")->text[i],
                 rise_table_find(t, "parameter")->text[i]);
        crate_refer(c, CRATE_PARAMETER, name);
    }
    if (several)
        json_close(&c->o, ']');
}

static void put_results(crate *c) {
    json_key(&c->o, "result");
    json_open(&c->o, '[');
    for (size_t i = 0; i < c->n_parts; i++)
        if (c->part[i].made)
            crate_refer(c, "", c->part[i].path);
    json_close(&c->o, ']');
}

static void put_run(crate *c, const char *began, const char *ended) {
    char text[700];
    crate_begin(c, "#run", "", "CreateAction");
    snprintf(text, sizeof text, "A run of %s", c->graph);
    crate_text(c, "name", text);
    put_description(c);
    if (c->of->kept)
        crate_text(c, "identifier", c->of->past.id);
    crate_text(c, "startTime", began);
    crate_text(c, "endTime", ended);
    put_status(c);
    refer_to(c, "instrument", "#rise");
    put_objects(c);
    put_results(c);
    json_close(&c->o, '}');
}

static rise_status put_all(crate *c, rise_error *err) {
    char began[48], ended[48], day[11];
    utc_text(c->of->began, began);
    utc_text(c->of->began + c->of->wall_s, ended);
    snprintf(day, sizeof day, "%.10s", ended);
    strcat(began, "+00:00");
    strcat(ended, "+00:00");
    json_open(&c->o, '{');
    json_key(&c->o, "@context");
    json_open(&c->o, '[');
    json_put_text(&c->o, "https://w3id.org/ro/crate/1.1/context");
    json_put_text(&c->o, "https://w3id.org/ro/terms/workflow-run/context");
    json_close(&c->o, ']');
    json_key(&c->o, "@graph");
    json_open(&c->o, '[');
    put_descriptor(c);
    put_root(c, day);
    put_run(c, began, ended);
    crate_put_software(c);
    crate_put_nodes(c);
    crate_put_parameters(c);
    rise_status s = crate_put_files(c, err);
    json_close(&c->o, ']');
    json_close(&c->o, '}');
    c->o.after = false;
    json_newline(&c->o);
    return s;
}

rise_status crate_write(const record *r, rise_error *err) {
    crate c = {.of = r};
    char path[4300];
    file_out file;
    rise_status s = crate_find_files(&c, err);
    if (s == RISE_OK)
        s = crate_copy_graph(&c, err);
    snprintf(path, sizeof path, "%s/ro-crate-metadata.json", rise_run_out_folder(r->run));
    if (s == RISE_OK)
        s = file_begin(&file, path, true, err);
    if (s == RISE_OK) {
        c.o.to = file.f;
        s = put_all(&c, err);
        if (!json_end(&c.o) && s == RISE_OK)
            s = rise_fail_nomem(err, "the metadata of the crate");
        s = file_end(&file, s, err);
    }
    crate_free(&c);
    return s;
}

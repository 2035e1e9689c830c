/* cli/crate_files: the files of a crate: what the run wrote, its own record, a copy of the graph,
 * and what it read. Files outside of the folder are told by name and digest: they are named inside
 * the metadata ("#input/..."), as they are no part of the crate and nothing fetches them. */
#include "crate.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int by_path(const void *a, const void *b) {
    const crate_file *p = a, *q = b;
    return strcmp(p->path, q->path);
}

/* Sorts; what is there twice becomes one. */
static size_t each_once(crate_file *file, size_t n) {
    size_t kept = 0;
    qsort(file, n, sizeof *file, by_path);
    for (size_t i = 0; i < n; i++) {
        crate_file *last = kept > 0 ? &file[kept - 1] : NULL;
        if (!last || strcmp(last->path, file[i].path) != 0) {
            file[kept++] = file[i];
            continue;
        }
        last->made = last->made || file[i].made;
        last->read = last->read || file[i].read;
        last->what = last->what[0] ? last->what : file[i].what;
        last->by = last->by[0] ? last->by : file[i].by;
        free(file[i].owned);
    }
    return kept;
}

/* ---- what there is --------------------------------------------------------------------------- */
static void add_part(crate *c, crate_file file) {
    file.digest = file.digest ? file.digest : "";
    file.what = file.what ? file.what : "";
    file.by = file.by ? file.by : "";
    c->part[c->n_parts++] = file;
}

static bool same_file(const char *a, const char *b) {
    struct stat s, t;
    return stat(a, &s) == 0 && stat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

/* A file of this run has that name, or the graph itself, which is not ours to write. */
static bool taken(const crate *c, const char *name) {
    char path[5000];
    snprintf(path, sizeof path, "%s/%s", rise_run_out_folder(c->of->run), name);
    for (size_t i = 0; i < c->n_parts; i++)
        if (strcmp(c->part[i].path, name) == 0)
            return true;
    return strcmp(name, "ro-crate-metadata.json") == 0 || same_file(path, c->of->o->operand[0]);
}

static bool is_utf8(const char *text) {
    size_t n = 1;
    for (; *text && n > 0; text += n)
        n = utf8_size(text);
    return n > 0;
}

/* Its own name where that may be. */
static void name_graph(crate *c) {
    const char *slash = strrchr(c->of->o->operand[0], '/');
    const char *own = slash ? slash + 1 : c->of->o->operand[0];
    snprintf(c->graph, sizeof c->graph, "%s",
             is_utf8(own) && strlen(own) < 256 ? own : "graph.yaml");
    while (taken(c, c->graph) && strlen(c->graph) + 7 < sizeof c->graph) {
        memmove(c->graph + 6, c->graph, strlen(c->graph) + 1);
        memcpy(c->graph, "graph-", 6);
    }
}

/* Where it lies in the folder of the crate, owned; NULL: elsewhere. */
static char *path_inside(const char *real_folder, const char *path) {
    char *real = realpath(path, NULL), *inside = NULL;
    size_t n = strlen(real_folder);
    if (real && strncmp(real, real_folder, n) == 0 && real[n] == '/')
        inside = strdup(real + n + 1);
    free(real);
    return inside;
}

static void find_inputs(crate *c, const char *real_folder) {
    const rise_table *t = rise_value_table(c->input_table);
    const rise_column *path = rise_table_find(t, "path"), *digest = rise_table_find(t, "digest");
    for (size_t i = 0; i < t->n_rows; i++)
        c->input[i] = (crate_file){
            .path = path->text[i], .digest = digest->text[i], .what = "", .by = "", .read = true};
    size_t n = each_once(c->input, t->n_rows);
    for (size_t i = 0; i < n; i++) {
        crate_file file = c->input[i];
        file.owned = path_inside(real_folder, file.path);
        if (!file.owned) {
            c->input[c->n_inputs++] = file;
            continue;
        }
        file.path = file.owned;
        add_part(c, file);
    }
}

rise_status crate_find_files(crate *c, rise_error *err) {
    const record *r = c->of;
    rise_status s = rise_run_inputs(r->run, &c->input_table, err);
    if (s != RISE_OK)
        return s;
    size_t n_inputs = rise_value_table(c->input_table)->n_rows, n_made = rise_run_files(r->run);
    c->part = calloc(n_made + n_inputs + 3, sizeof *c->part);
    c->input = calloc(n_inputs + 1, sizeof *c->input);
    char *real_folder = realpath(rise_run_out_folder(r->run), NULL);
    if (!c->part || !c->input || !real_folder) {
        free(real_folder);
        return rise_fail_nomem(err, "the list of files");
    }
    for (size_t i = 0; i < n_made; i++) {
        rise_output_file file;
        rise_run_file(r->run, i, &file);
        add_part(c, (crate_file){.path = below_out(r, file.path), .by = file.name, .made = true});
    }
    add_part(c, (crate_file){.path = "run.json", .made = true, .what = "What ran, when and why."});
    add_part(c, (crate_file){
                    .path = "run.html", .made = true, .what = "What ran, when and why, to read."});
    name_graph(c);
    add_part(c, (crate_file){.path = c->graph, .read = true, .what = "The graph that ran."});
    find_inputs(c, real_folder);
    c->n_parts = each_once(c->part, c->n_parts);
    free(real_folder);
    return RISE_OK;
}

void crate_free(crate *c) {
    for (size_t i = 0; i < c->n_parts; i++)
        free(c->part[i].owned);
    free(c->part);
    free(c->input);
    rise_value_release(c->input_table);
}

rise_status crate_copy_graph(const crate *c, rise_error *err) {
    char path[5000];
    size_t size = 0;
    file_out file;
    const char *text = rise_graph_text(c->of->graph, &size);
    snprintf(path, sizeof path, "%s/%s", rise_run_out_folder(c->of->run), c->graph);
    rise_status s = file_begin(&file, path, true, err);
    if (s != RISE_OK)
        return s;
    fwrite(text, 1, size, file.f);
    return file_end(&file, s, err);
}

/* ---- what is told of each -------------------------------------------------------------------- */
static const char *media_type(const char *path) {
    static const char *const types[][2] = {
        {".csv", "text/csv"},          {".extxyz", "chemical/x-xyz"}, {".gz", "application/gzip"},
        {".html", "text/html"},        {".json", "application/json"}, {".pdf", "application/pdf"},
        {".png", "image/png"},         {".sha256", "text/plain"},     {".svg", "image/svg+xml"},
        {".txt", "text/plain"},        {".xyz", "chemical/x-xyz"},    {".xz", "application/x-xz"},
        {".yaml", "application/yaml"}, {".yml", "application/yaml"},  {".zst", "application/zstd"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

/* SHA-256 and the number of bytes. */
static bool digest_of(FILE *f, char hex[65], uint64_t *size) {
    enum { PIECE = 1 << 16 };
    uint8_t digest[32];
    unsigned n_digest = 0;
    char *piece = malloc(PIECE);
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    bool ok = piece && sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1;
    errno = ok ? 0 : ENOMEM;
    *size = 0;
    for (size_t n; ok && (n = fread(piece, 1, PIECE, f)) > 0; *size += n)
        ok = EVP_DigestUpdate(sum, piece, n) == 1;
    ok = ok && !ferror(f) && EVP_DigestFinal_ex(sum, digest, &n_digest) == 1;
    for (size_t i = 0; ok && i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(sum);
    free(piece);
    return ok;
}

static void put_graph_steps(crate *c) {
    const chart *drawn = c->of->chart;
    json_key(&c->o, "step");
    if (drawn->n_boxes != 1)
        json_open(&c->o, '[');
    for (size_t i = 0; i < drawn->n_boxes; i++)
        crate_refer(c, CRATE_NODE, drawn->box[i].name);
    if (drawn->n_boxes != 1)
        json_close(&c->o, ']');
}

static void put_type(crate *c, bool graph) {
    json_key(&c->o, "@type");
    if (graph) {
        json_open(&c->o, '[');
        json_put_text(&c->o, "File");
        json_put_text(&c->o, "HowTo");
        json_close(&c->o, ']');
    } else {
        json_put_text(&c->o, "File");
    }
}

static void put_name(crate *c, const char *path) {
    const char *slash = strrchr(path, '/');
    crate_text(c, "name", slash ? slash + 1 : path);
}

static rise_status put_part(crate *c, const crate_file *part, rise_error *err) {
    char path[8400], hex[65] = "", text[1200];
    uint64_t size = 0;
    bool graph = strcmp(part->path, c->graph) == 0;
    snprintf(path, sizeof path, "%s/%s", rise_run_out_folder(c->of->run), part->path);
    FILE *f = fopen(path, "rb");
    bool ok = f && digest_of(f, hex, &size);
    int why = errno;
    if (f)
        fclose(f);
    if (!ok)
        return rise_fail(err, RISE_E_OUTPUT, "ro-crate-metadata.json was not written: %s: %s", path,
                         strerror(why));
    crate_begin(c, "", part->path, NULL);
    put_type(c, graph);
    put_name(c, part->path);
    snprintf(text, sizeof text, "Written by %s.", part->by);
    crate_text(c, "description", part->by[0] ? text : part->what[0] ? part->what : "Read.");
    crate_text(c, "encodingFormat", media_type(part->path));
    snprintf(text, sizeof text, "%llu", (unsigned long long)size);
    crate_text(c, "contentSize", text);
    crate_text(c, "sha256", hex);
    if (graph)
        put_graph_steps(c);
    json_close(&c->o, '}');
    return RISE_OK;
}

static void put_input(crate *c, const crate_file *input) {
    crate_begin(c, CRATE_INPUT, input->path, "File");
    put_name(c, input->path);
    crate_text(c, "alternateName", input->path);
    crate_text(c, "description", "Read, and no part of this crate.");
    crate_text(c, "encodingFormat", media_type(input->path));
    if (input->digest[0])
        crate_text(c, "sha256", input->digest);
    json_close(&c->o, '}');
}

rise_status crate_put_files(crate *c, rise_error *err) {
    rise_status s = RISE_OK;
    for (size_t i = 0; i < c->n_inputs; i++)
        put_input(c, &c->input[i]);
    for (size_t i = 0; i < c->n_parts && s == RISE_OK; i++)
        s = put_part(c, &c->part[i], err);
    return s;
}

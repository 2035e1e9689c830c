/* graph/executor.c: `executor`, where a graph runs and what its pilots ask for. It reads and
 * checks; who makes use of it is not known here. */
#include "graph/load.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef enum { F_TEXT, F_COUNT, F_REAL, F_SIZE, F_TIME, F_TEXTS, F_KIND } field_kind;

typedef struct field {
    rise_param row;
    field_kind kind;
    size_t offset; /* in rise_pilot */
} field;

enum { MOST = 100000 };
#define COUNT(field)                                                                               \
    {                                                                                              \
        {.name = #field, .type = RISE_P_INT, .min = 1, .max = MOST}, F_COUNT,                      \
            offsetof(rise_pilot, field)                                                            \
    }
#define OTHER(key, kind_of, kind, field)                                                           \
    { {.name = key, .type = kind_of}, kind, offsetof(rise_pilot, field) }

/* Those of a class first; `classes` itself is none of them. */
static const field fields[] = {
    OTHER("partition", RISE_P_TEXT, F_TEXT, partition),
    OTHER("account", RISE_P_TEXT, F_TEXT, account),
    OTHER("setup", RISE_P_TEXT, F_TEXT, setup),
    OTHER("time", RISE_P_TEXT, F_TIME, time_s),
    OTHER("memory", RISE_P_TEXT, F_SIZE, memory),
    OTHER("options", RISE_P_TEXTS, F_TEXTS, options),
    COUNT(nodes),
    COUNT(array),
    COUNT(cpus),
    {{.name = "kind", .type = RISE_P_CHOICE, .choices = "local|slurm"},
     F_KIND,
     offsetof(rise_pilot, slurm)},
    COUNT(max_jobs),
    {{.name = "poll", .type = RISE_P_REAL, .min = 30, .max = 86400, .unit = "s"},
     F_REAL,
     offsetof(rise_pilot, poll_s)},
};
enum { N_FIELDS = sizeof fields / sizeof *fields, N_OF_CLASS = 9 };

static bool two_digits(const char *s, double *value) {
    *value = (s[0] - '0') * 10 + (s[1] - '0');
    return s[0] >= '0' && s[0] <= '5' && s[1] >= '0' && s[1] <= '9';
}

/* "02:30:00", "1-02:30:00", a number of minutes as Slurm takes it, or a duration with a unit. */
static bool time_parse(const char *text, double *seconds) {
    double days = 0, hours = 0, minutes = 0, s = 0;
    const char *dash = strchr(text, '-'), *colon = strchr(text, ':');
    if (!colon) {
        bool bare = text[0] && strspn(text, "0123456789.") == strlen(text);
        bool read = duration_parse(text, seconds);
        *seconds *= bare ? 60 : 1;
        return read && *seconds > 0;
    }
    if (dash &&
        (sscanf(text, "%lf-", &days) != 1 || strspn(text, "0123456789") != (size_t)(dash - text)))
        return false;
    const char *start = dash ? dash + 1 : text;
    size_t n = strspn(start, "0123456789");
    if (n == 0 || n > 4 || start + n != colon || strlen(colon) != 6 || colon[3] != ':' ||
        sscanf(start, "%lf:", &hours) != 1 || !two_digits(colon + 1, &minutes) ||
        !two_digits(colon + 4, &s))
        return false;
    *seconds = ((days * 24 + hours) * 60 + minutes) * 60 + s;
    return *seconds > 0;
}

static void mistyped(loader *L, const char *owner, const field *f, const tree *t,
                     const char *expected, const char *hint) {
    load_error(L, t->at, hint, "%s.%s: expected %s, found `%.60s`", owner, f->row.name, expected,
               t->text);
}

static const char *const *texts_of(loader *L, const graph_value *v) {
    const char **text = LOAD_NEW(L, const char *, v->n);
    for (size_t i = 0; text && i < v->n; i++)
        text[i] = v->item[i].text;
    return text;
}

static void read_field(loader *L, const char *owner, const field *f, const tree *t,
                       rise_pilot *out) {
    void *at = (char *)out + f->offset;
    graph_value v = {0};
    if (t->kind == TREE_BAD || !schema_value(L, owner, &f->row, t, &v))
        return;
    switch (f->kind) {
    case F_TEXT:
        *(const char **)at = v.text;
        break;
    case F_COUNT:
        *(unsigned *)at = (unsigned)v.integer;
        break;
    case F_REAL:
        *(double *)at = v.real;
        break;
    case F_SIZE:
        if (!size_parse(v.text, at))
            mistyped(L, owner, f, t, "a size", "as in 512 MiB or 64 GiB");
        break;
    case F_TIME:
        if (!time_parse(v.text, at))
            mistyped(L, owner, f, t, "a time", "as in 02:30:00, 150 (minutes) or 2 h");
        break;
    case F_TEXTS:
        out->options = texts_of(L, &v);
        out->n_options = v.n;
        break;
    case F_KIND:
        *(bool *)at = strcmp(v.text, "slurm") == 0;
        break;
    }
}

/* `t` is a map; `classes` is passed over where it may stand. */
static void read_fields(loader *L, const char *owner, const tree *t, size_t n, rise_pilot *out) {
    const char *known[N_FIELDS + 1];
    for (size_t i = 0; i < n; i++)
        known[i] = fields[i].row.name;
    known[n] = "classes";
    size_t n_known = n == N_FIELDS ? n + 1 : n;
    for (size_t k = 0; k < t->n; k++) {
        size_t i = 0;
        while (i < n_known && strcmp(known[i], t->key[k]) != 0)
            i++;
        if (i == n_known)
            load_error(L, t->key_at[k], load_suggest(L, t->key[k], known, n_known),
                       "%s: unknown key `%.60s`", owner, t->key[k]);
        else if (i < n)
            read_field(L, owner, &fields[i], t->item[k], out);
    }
}

static bool is_map(loader *L, const char *owner, const tree *t, const char *hint) {
    if (t->kind != TREE_MAP && t->kind != TREE_BAD)
        load_error(L, t->at, hint, "%s: expected a map, found %s", owner, tree_kind_name(t));
    return t->kind == TREE_MAP;
}

static void read_class(loader *L, const tree *classes, size_t k, rise_pilot *out) {
    const char *owner = load_text(L, "executor.classes.%.60s", classes->key[k]);
    *out = L->g->pilot[0];
    out->name = classes->key[k];
    if (!name_valid(out->name))
        load_error(L, classes->key_at[k], "letters, digits, _ and -, beginning with a letter",
                   "executor.classes: `%.60s` cannot name a class", out->name);
    if (is_map(L, owner, classes->item[k], "as in {partition: gpu, time: 2 h}"))
        read_fields(L, owner, classes->item[k], N_OF_CLASS, out);
}

void executor_read(loader *L, const tree *t) {
    size_t k = t ? tree_find(t, "classes") : SIZE_MAX;
    const tree *classes = k == SIZE_MAX ? NULL : t->item[k];
    size_t n = classes && classes->kind == TREE_MAP ? classes->n : 0;
    L->g->pilot = LOAD_NEW(L, rise_pilot, n + 1);
    if (!L->g->pilot)
        return;
    L->g->pilot[0] = (rise_pilot){.name = ""};
    L->g->n_pilots = n + 1;
    if (t && is_map(L, "executor", t, "as in {kind: slurm, partition: short, time: 2 h}"))
        read_fields(L, "executor", t, N_FIELDS, &L->g->pilot[0]);
    if (classes)
        (void)is_map(L, "executor.classes", classes, "as in {gpu: {partition: gpu}}");
    for (size_t i = 0; i < n && !L->nomem; i++)
        read_class(L, classes, i, &L->g->pilot[i + 1]);
}

void executor_check_pilot(loader *L, const char *node, const tree *t) {
    size_t n = L->g->n_pilots - 1;
    const char **known = LOAD_NEW(L, const char *, n);
    bool found = n == 0;
    for (size_t i = 0; known && i < n; i++) {
        known[i] = L->g->pilot[i + 1].name;
        found = found || strcmp(known[i], t->text) == 0;
    }
    if (known && !found)
        load_error(L, t->at, load_suggest(L, t->text, known, n),
                   "%s.pilot: `executor` has no class `%.60s`", node, t->text);
}

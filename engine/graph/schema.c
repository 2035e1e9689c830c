/* graph/schema.c: a located tree becomes a typed value by the row of its parameter: lists, maps,
 * and which reader a row asks for. Knows nothing of axes: `$axis` is replaced before. */
#include "graph/schema.h"

#include <string.h>

/* ---- lists ----------------------------------------------------------------------------------- */
static bool read_value(const wanted *w, const tree *t, graph_value *out);

static const char *element_hint(const wanted *w, const char *text) {
    char symbol[3] = {0};
    size_t n = strlen(text);
    if (n < 1 || n > 2) {
        return "a symbol as in Zr";
    }
    symbol[0] = text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 32) : text[0];
    if (n == 2) {
        symbol[1] = text[1] >= 'A' && text[1] <= 'Z' ? (char)(text[1] + 32) : text[1];
    }
    return rise_element_number(symbol) ? load_text(w->L, "did you mean `%s`?", symbol)
                                       : "a symbol as in Zr";
}

static bool read_element(const wanted *w, const tree *t, graph_value *out) {
    if (!scalar_text(w, t, "an element symbol", out)) {
        return false;
    }
    if (!rise_element_number(out->text)) {
        return wanted_mistyped(w, t, "an element symbol", element_hint(w, out->text));
    }
    return true;
}

static bool read_item(const wanted *w, const tree *t, graph_value *out) {
    out->place = t->at.place;
    switch (w->row->type) {
    case RISE_P_INTS:
        return scalar_number(w, t, true, out);
    case RISE_P_REALS:
        return scalar_number(w, t, false, out);
    case RISE_P_FILES:
        return scalar_path(w, t, out);
    case RISE_P_SPECIES:
        return read_element(w, t, out);
    default:
        return scalar_text(w, t, "a text", out);
    }
}

/* A set has no order: by atomic number, each once. */
static bool sort_species(const wanted *w, const tree *t, graph_value *list) {
    for (size_t i = 1; i < list->n; i++) {
        graph_value v = list->item[i];
        int z = rise_element_number(v.text);
        size_t j = i;
        for (; j && rise_element_number(list->item[j - 1].text) > z; j--) {
            list->item[j] = list->item[j - 1];
        }
        list->item[j] = v;
        if (j && rise_element_number(list->item[j - 1].text) == z) {
            load_error(w->L, t->at, NULL, "%s: %s is named twice", wanted_name(w), v.text);
            return false;
        }
    }
    return true;
}

static bool read_list(const wanted *w, const tree *t, graph_value *out) {
    static const char *const expected[] = {[RISE_P_INTS] = "a list of integers",
                                           [RISE_P_REALS] = "a list of numbers",
                                           [RISE_P_TEXTS] = "a list of texts",
                                           [RISE_P_FILES] = "a list of paths",
                                           [RISE_P_SPECIES] = "a list of element symbols"};
    if (t->kind == TREE_BAD || t->kind == TREE_MAP ||
        (t->kind == TREE_SCALAR && !t->quoted && !t->text[0])) {
        return wanted_mistyped(w, t, expected[w->row->type], NULL);
    }
    bool single = t->kind == TREE_SCALAR; /* a single one is a list of one */
    size_t n = single ? 1 : t->n;
    if (!n && (w->row->type == RISE_P_FILES || w->row->type == RISE_P_SPECIES)) {
        load_error(w->L, t->at, NULL, "%s: the list is empty", wanted_name(w));
        return false;
    }
    out->item = LOAD_NEW(w->L, graph_value, n);
    bool sound = out->item != NULL;
    for (size_t i = 0; i < n && out->item; i++) {
        sound = read_item(w, single ? t : t->item[i], &out->item[i]) && sound;
    }
    out->kind = GV_LIST;
    out->n = n;
    return sound && (w->row->type != RISE_P_SPECIES || sort_species(w, t, out));
}

/* ---- maps ------------------------------------------------------------------------------------ */
/* Fields are read as text (rise_param_field), whatever their type. */
static void show_as_text(const wanted *w, graph_value *v) {
    if (v->kind == GV_BOOL) {
        v->text = v->boolean ? "true" : "false";
    } else if (v->kind == GV_INT) {
        v->text = load_text(w->L, "%lld", (long long)v->integer);
    } else if (v->kind == GV_REAL) {
        char number[32];
        text_of_double(v->real, number);
        v->text = load_text(w->L, "%s", number);
    }
}

/* Reports keys that are no fields. A field that one of them was meant to be is added to *meant. */
static bool unknown_fields(const wanted *w, const tree *t, const char *const *name, size_t n,
                           uint64_t *meant) {
    bool sound = true;
    for (size_t i = 0; i < t->n; i++) {
        size_t k = 0;
        while (k < n && strcmp(name[k], t->key[i]) != 0) {
            k++;
        }
        if (k == n) {
            const char *close = text_suggest(t->key[i], name, n);
            for (k = 0; close && k < n; k++) {
                *meant |= (uint64_t)(name[k] == close) << k;
            }
            load_error(w->L, t->key_at[i], load_suggest(w->L, t->key[i], name, n),
                       "%s: unknown field `%.60s`", wanted_name(w), t->key[i]);
            sound = false;
        }
    }
    return sound;
}

/* A map-valued entry: its fields in the order of the rows, so that equal meaning is equal text. */
static bool read_fields(const wanted *w, const tree *t, const rise_param *fields,
                        graph_value *out) {
    const char *name[MAX_FIELDS];
    size_t n = 0;
    for (; n < MAX_FIELDS && fields[n].name; n++) {
        name[n] = fields[n].name;
    }
    uint64_t meant = 0;
    bool sound = unknown_fields(w, t, name, n, &meant);
    out->kind = GV_MAP;
    out->item = LOAD_NEW(w->L, graph_value, n);
    out->key = LOAD_NEW(w->L, const char *, n);
    if (!out->item || !out->key) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const rise_param *f = &fields[i];
        wanted inner = *w;
        inner.row = f;
        graph_value *v = &out->item[out->n];
        size_t k = tree_find(t, f->name);
        if (k != SIZE_MAX) {
            sound = read_value(&inner, t->item[k], v) && sound;
        } else if (f->def) {
            sound = schema_default(w->L, w->owner, f, v) && sound;
        } else {
            if (!(f->flags & RISE_PARAM_OPTIONAL) && !(meant >> i & 1)) {
                load_error(w->L, t->at, f->help, "%s: field `%s` is required", wanted_name(w),
                           f->name);
                sound = false;
            }
            continue;
        }
        show_as_text(w, v);
        out->key[out->n++] = f->name;
    }
    return sound;
}

/* The order in which a map is written means nothing, so it may not change a key. */
static void sort_by_key(graph_value *map) {
    for (size_t i = 1; i < map->n; i++)
        for (size_t k = i; k > 0 && strcmp(map->key[k], map->key[k - 1]) < 0; k--) {
            const char *key = map->key[k];
            graph_value item = map->item[k];
            map->key[k] = map->key[k - 1];
            map->item[k] = map->item[k - 1];
            map->key[k - 1] = key;
            map->item[k - 1] = item;
        }
}

static bool read_map(const wanted *w, const tree *t, graph_value *out) {
    if (t->kind != TREE_MAP) {
        return wanted_mistyped(w, t, "a map", "as in {key: value}");
    }
    out->kind = GV_MAP;
    out->n = t->n;
    out->item = LOAD_NEW(w->L, graph_value, t->n);
    out->key = LOAD_NEW(w->L, const char *, t->n);
    bool sound = out->item && out->key;
    for (size_t i = 0; i < t->n && out->item && out->key; i++) {
        const tree *entry = t->item[i];
        wanted inner = {w->L, w->owner, NULL, w->row->name, t->key[i]};
        out->key[i] = t->key[i];
        out->item[i].place = entry->at.place;
        if (w->row->fields && entry->kind == TREE_MAP) {
            sound = read_fields(&inner, entry, w->row->fields, &out->item[i]) && sound;
        } else {
            sound = scalar_text(&inner, entry, w->row->fields ? "a text or a map" : "a text",
                                &out->item[i]) &&
                    sound;
        }
    }
    if (sound)
        sort_by_key(out);
    return sound;
}

/* ---- by row ---------------------------------------------------------------------------------- */
static bool read_value(const wanted *w, const tree *t, graph_value *out) {
    *out = (graph_value){.place = t->at.place};
    switch (w->row->type) {
    case RISE_P_BOOL:
        return scalar_bool(w, t, out);
    case RISE_P_INT:
        return scalar_number(w, t, true, out);
    case RISE_P_REAL:
        return scalar_number(w, t, false, out);
    case RISE_P_TEXT:
        return scalar_text(w, t, "a text", out);
    case RISE_P_CHOICE:
        return scalar_choice(w, t, out);
    case RISE_P_INTS:
    case RISE_P_REALS:
    case RISE_P_TEXTS:
    case RISE_P_FILES:
    case RISE_P_SPECIES:
        return read_list(w, t, out);
    case RISE_P_FILE:
        return scalar_path(w, t, out);
    case RISE_P_OUTPUT:
        return scalar_output(w, t, out);
    case RISE_P_SLICE:
        return scalar_slice(w, t, out);
    case RISE_P_MAP:
        return read_map(w, t, out);
    }
    return false;
}

bool schema_value(loader *L, const char *owner, const rise_param *row, const tree *t,
                  graph_value *out) {
    wanted w = {L, owner, row, NULL, NULL};
    return read_value(&w, t, out);
}

bool schema_default(loader *L, const char *owner, const rise_param *row, graph_value *out) {
    *out = (graph_value){.kind = GV_UNSET};
    if (!row->def) {
        return true;
    }
    spot nowhere = {{0, 0}, NULL};
    tree *t = NULL;
    if (!row->def[0] || strchr("[{\"'|>&*!%@`#", row->def[0])) {
        t = tree_parse(L->a, row->def, strlen(row->def), L->path, "default", L->errors, &L->nomem);
        if (!t) {
            return false;
        }
    } else { /* most defaults are plain scalars, and there are many nodes */
        t = tree_scalar(L->a, row->def, nowhere);
        if (!t) {
            L->nomem = true;
            return false;
        }
    }
    if (t->kind == TREE_SCALAR && !t->text[0]) {
        t->quoted = true; /* "" is the empty text */
    }
    return schema_value(L, owner, row, t, out);
}

/* What is said about broken graphs: place, message and hint of every error, exactly. Most cases
 * stand in tests/unit/data/graph_errors.txt; here are those that a text file cannot hold well. */
#include "support/toy_nodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CASES "tests/unit/data/graph_errors.txt"

enum { MAX_SETS = 8 };

typedef struct broken {
    const char *name;
    const char *text;
    size_t size;
    const char *set[MAX_SETS];
    size_t n_set;
    const char *expected; /* lines "place: message | hint\n" */
} broken;

static void add_error(buffer *out, const rise_error *e) {
    if (strcmp(e->file, "g.yaml") == 0) {
        buffer_format(out, "%ld:%ld: ", e->line, e->col);
    } else {
        buffer_format(out, "%s: ", e->file);
    }
    buffer_format(out, "%s%s%s\n", e->message, e->hint[0] ? " | " : "", e->hint);
}

static void check_case(void **state) {
    const broken *c = *state;
    type_set types = {0};
    error_list errors = {0};
    toy_types(&types);
    graph *g = NULL;
    rise_status status =
        graph_parse(c->text, c->size, "g.yaml", &types, c->set, c->n_set, &g, &errors);
    buffer told = {0};
    for (size_t i = 0; i < errors.n && i < 100; i++) {
        add_error(&told, &errors.item[i]);
        assert_int_equal(errors.item[i].status, RISE_E_GRAPH);
    }
    buffer_u8(&told, 0);
    assert_false(told.failed);
    bool same = strcmp((const char *)told.bytes, c->expected) == 0;
    if (!same) {
        print_error("%s\nexpected:\n%stold:\n%s", c->name, c->expected, (const char *)told.bytes);
    }
    assert_int_equal(status, RISE_E_GRAPH);
    assert_null(g); /* outputs untouched */
    buffer_free(&told);
    error_list_free(&errors);
    type_set_free(&types);
    assert_true(same);
}

/* ---- cases with bytes of their own ----------------------------------------------------------- */
#define BYTES(name, text, expected)                                                                \
    { name, text, sizeof text - 1, {NULL}, 0, expected }

static const broken bytes[] = {
    BYTES("tab as indentation", "rise: 1\nnodes:\n\tglass: {type: reader}\n",
          "3:1: a tab cannot indent YAML | indent with spaces\n"),
    BYTES("tab after spaces", "rise: 1\nnodes:\n  \tglass: {type: reader}\n",
          "3:3: a tab cannot indent YAML | indent with spaces\n"),
    BYTES("NUL", "rise: 1\nti\0tle: x\n",
          "2:3: control character 0x00 in the text | is this a text file?\n"),
    BYTES("control character", "rise: 1\ntitle: a\a!\n",
          "2:9: control character 0x07 in the text | remove it\n"),
    BYTES("bad UTF-8", "rise: 1\ntitle: \xc3\x85 \xff\n",
          "2:10: byte 0xFF is not valid UTF-8 | save the file as UTF-8\n"),
    BYTES("overlong UTF-8", "rise: 1\ntitle: \xc0\xaf\n",
          "2:8: byte 0xC0 is not valid UTF-8 | save the file as UTF-8\n"),
    BYTES("UTF-8 surrogate", "rise: 1\ntitle: \xed\xa0\x80\n",
          "2:8: byte 0xED is not valid UTF-8 | save the file as UTF-8\n"),
    BYTES("UTF-8 cut short", "rise: 1\ntitle: \xe2\x82",
          "2:8: byte 0xE2 is not valid UTF-8 | save the file as UTF-8\n"),
    BYTES("UTF-16",
          "\xff\xfe"
          "r\0i\0s\0e\0",
          "1:1: byte 0xFF is not valid UTF-8 | save the file as UTF-8\n"),
    BYTES("Latin-1 in a comment", "rise: 1\n# 3 \xc5\n",
          "2:5: byte 0xC5 is not valid UTF-8 | save the file as UTF-8\n"),
    BYTES("CRLF keeps places", "rise: 1\r\nnodes:\r\n  glass: {type: raeder}\r\n",
          "3:17: glass: unknown node type `raeder` | did you mean `reader`?\n"),
    BYTES("BOM keeps places", "\xef\xbb\xbfrise: 2\n",
          "1:7: rise: expected 1, found 2 | this program reads `rise: 1`\n"),
};

/* ---- bombs ----------------------------------------------------------------------------------- */
typedef struct bomb {
    const char *name, *begin, *piece;
    size_t n;
    const char *end, *expected;
} bomb;

static const bomb bombs[] = {
    {"a million brackets", "rise: 1\ntitle: ", "[", 1000000, "\n",
     "2:71: nested deeper than 64 levels\n"},
    {"maps in maps", "rise: 1\ntitle: ", "{a: ", 200000, "\n",
     "2:260: nested deeper than 64 levels\n"},
    {"lists in lists", "rise: 1\ntitle:\n ", "- ", 200000, "\n",
     "3:128: nested deeper than 64 levels\n"},
    {"brackets on lines of their own", "rise: 1\ntitle:\n", " [\n", 200000, "\n",
     "66:2: nested deeper than 64 levels\n"},
    {"more than 1 MiB", "rise: 1\n", "# and so on\n", 100000, "\n",
     "0:0: larger than 1 MiB | let axes make the copies\n"},
    {"too many events", "rise: 1\naxes: {r: [", "1,", 250000, "]}\n",
     "2:399994: more than 200000 YAML events: the graph is too large | let axes make the copies\n"},
    {"long text for a number",
     "rise: 1\nnodes:\n  glass: {type: reader, paths: x}\n"
     "  a: {type: scale, input: glass, factor: ",
     "9", 5000, "}\n",
     "4:42: a.factor: expected a number, found "
     "`999999999999999999999999999999999999999999999999999999999999` | it is too large\n"},
    {"a character torn at the end of what is quoted",
     "rise: 1\nnodes:\n  glass: {type: reader, paths: x}\n"
     "  a: {type: scale, input: glass, factor: x",
     "Å", 100, "}\n",
     "4:42: a.factor: expected a number, found `xÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅ`\n"},
};

static void check_bomb(void **state) {
    const bomb *b = *state;
    buffer text = {0};
    buffer_text(&text, b->begin);
    for (size_t i = 0; i < b->n; i++) {
        buffer_text(&text, b->piece);
    }
    buffer_text(&text, b->end);
    assert_false(text.failed);
    broken c = {.name = b->name,
                .text = (const char *)text.bytes,
                .size = text.size,
                .expected = b->expected};
    void *inner = &c;
    check_case(&inner);
    buffer_free(&text);
}

/* ---- outputs --------------------------------------------------------------------------------- */
static void check_outputs(size_t n_labels, const char *expected) {
    buffer labels = {0}, text = {0};
    for (size_t i = 0; i < n_labels; i++) {
        buffer_format(&labels, "%sl%zu: x", i ? ", " : "", i);
    }
    buffer_u8(&labels, 0);
    buffer_format(&text,
                  "rise: 1\nnodes:\n  glass:\n    type: reader\n    paths: x\n"
                  "    labels: {%s}\n  a: {type: scale, input: glass}\n",
                  (const char *)labels.bytes);
    assert_false(labels.failed || text.failed);
    broken c = {.text = (const char *)text.bytes,
                .size = text.size,
                .name = "outputs",
                .expected = expected};
    void *inner = &c;
    if (expected) {
        check_case(&inner);
    } else {
        type_set types = {0};
        error_list errors = {0};
        graph *g = NULL;
        toy_types(&types);
        assert_int_equal(graph_parse(c.text, c.size, "g.yaml", &types, c.set, c.n_set, &g, &errors),
                         RISE_OK);
        assert_int_equal(g->node[0].n_outputs, GRAPH_MAX_OUTPUTS);
        graph_free(g);
        error_list_free(&errors);
        type_set_free(&types);
    }
    buffer_free(&labels);
    buffer_free(&text);
}

/* Frames and group stand beside the labels. */
static void outputs_have_a_limit(void **state) {
    (void)state;
    check_outputs(GRAPH_MAX_OUTPUTS - 2, NULL);
    check_outputs(GRAPH_MAX_OUTPUTS - 1,
                  "6:13: glass.labels: the node has 65 outputs, at most 64 are possible | share "
                  "them out between several nodes\n");
    check_outputs(70,
                  "6:13: glass.labels: the node has 72 outputs, at most 64 are possible | share "
                  "them out between several nodes\n");
}

/* ---- cases from the file --------------------------------------------------------------------- */
typedef struct case_file {
    char *text;
    broken *item;
    size_t n, capacity;
} case_file;

static char *read_text(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) {
        return NULL;
    }
    buffer b = {0};
    char chunk[4096];
    size_t n = 0;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0) {
        buffer_add(&b, chunk, n);
    }
    fclose(f);
    buffer_u8(&b, 0);
    return b.failed ? NULL : (char *)b.bytes;
}

/* The lines of one case, cut in place; `expected` is gathered in memory of its own. */
static bool read_case(case_file *f, char *name, arena *a) {
    char *at = strchr(name, '\n');
    broken *c = &f->item[f->n];
    *c = (broken){.name = name, .text = at + 1};
    *at++ = '\0';
    buffer expected = {0};
    while (*at && strncmp(at, "## ", 3) != 0) {
        char *end = strchr(at, '\n');
        *end = '\0';
        if (strncmp(at, "=> ", 3) == 0) {
            buffer_text(&expected, at + 3);
            buffer_text(&expected, "\n");
        } else if (strncmp(at, "-- set: ", 8) == 0 && c->n_set < MAX_SETS) {
            c->set[c->n_set++] = at + 8;
        } else if (!expected.size && !c->n_set) {
            *end = '\n';
            c->size = (size_t)(end + 1 - c->text);
        }
        at = end + 1;
    }
    c->expected = arena_bytes(a, expected.bytes, expected.size);
    bool sound = c->expected && expected.size && !expected.failed;
    buffer_free(&expected);
    f->n++;
    return sound;
}

static bool read_cases(case_file *f, arena *a) {
    f->text = read_text(CASES);
    if (!f->text) {
        return false;
    }
    for (const char *s = f->text; (s = strstr(s, "\n## ")); s++) {
        f->capacity++;
    }
    f->item = calloc(f->capacity, sizeof *f->item);
    char *s = f->item ? strstr(f->text, "\n## ") : NULL;
    bool sound = s != NULL;
    while (s && sound) {
        char *next = strstr(s + 4, "\n## ");
        sound = read_case(f, s + 4, a);
        s = next;
    }
    return sound;
}

int main(void) {
    arena a = {0};
    case_file f = {0};
    if (!read_cases(&f, &a)) {
        fprintf(stderr, "%s cannot be read\n", CASES);
        return 1;
    }
    enum { N_BYTES = sizeof bytes / sizeof *bytes, N_BOMBS = sizeof bombs / sizeof *bombs };
    size_t n = 0, total = N_BYTES + N_BOMBS + f.n + 1;
    struct CMUnitTest *test = calloc(total, sizeof *test);
    if (!test) {
        return 1;
    }
    for (size_t i = 0; i < N_BYTES; i++) {
        test[n++] = (struct CMUnitTest){bytes[i].name, check_case, NULL, NULL,
                                        (void *)(uintptr_t)&bytes[i]};
    }
    for (size_t i = 0; i < N_BOMBS; i++) {
        test[n++] = (struct CMUnitTest){bombs[i].name, check_bomb, NULL, NULL,
                                        (void *)(uintptr_t)&bombs[i]};
    }
    for (size_t i = 0; i < f.n; i++) {
        test[n++] = (struct CMUnitTest){f.item[i].name, check_case, NULL, NULL, &f.item[i]};
    }
    test[n++] = (struct CMUnitTest){"outputs have a limit", outputs_have_a_limit, NULL, NULL, NULL};
    int failed = _cmocka_run_group_tests("graph errors", test, n, NULL, NULL);
    free(test);
    free(f.item);
    free(f.text);
    arena_free(&a);
    return failed;
}

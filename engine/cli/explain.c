/* cli/explain: what the key of a node is made of, what it was before, and what is kept. */
#include "cli.h"

#include <string.h>

static const char *text_at(const rise_table *t, const char *column, size_t row) {
    return rise_table_find(t, column)->text[row];
}

static int64_t whole_at(const rise_table *t, const char *column, size_t row) {
    return rise_table_find(t, column)->i64[row];
}

static rise_status print_parts(rise_run *run, size_t i, rise_error *err) {
    rise_value *value = NULL;
    rise_status s = rise_run_parts(run, i, &value, err);
    if (s != RISE_OK)
        return s;
    const rise_table *t = rise_value_table(value);
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *before = text_at(t, "before", row), *place = text_at(t, "place", row);
        printf("  %-9s  %-18s  ", text_at(t, "part", row), text_at(t, "name", row));
        terminal_text(stdout, text_at(t, "value", row));
        fputs(before[0] ? "  (before: " : "", stdout);
        terminal_text(stdout, before);
        fputs(before[0] ? ")" : "", stdout);
        fputs(place[0] ? "  " : "", stdout);
        terminal_text(stdout, place);
        putchar('\n');
    }
    rise_value_release(value);
    return RISE_OK;
}

static rise_status print_kept(rise_run *run, size_t i, rise_error *err) {
    rise_value *value = NULL;
    rise_status s = rise_run_kept(run, i, &value, err);
    if (s != RISE_OK)
        return s;
    const rise_table *t = rise_value_table(value);
    for (size_t row = 0; row < t->n_rows; row++) {
        char size[16], spent[16];
        text_bytes((double)whole_at(t, "stored_bytes", row), size);
        text_seconds(rise_table_find(t, "cpu_s")->f64[row], spent);
        printf("  kept       %-18s  %lld of %lld known", text_at(t, "output", row),
               (long long)whole_at(t, "known", row), (long long)whole_at(t, "of", row));
        if (whole_at(t, "known", row) > 0)
            printf(" (%s of processor time), %lld stored, %s%s%s", spent,
                   (long long)whole_at(t, "stored", row), size,
                   text_at(t, "place", row)[0] ? ": " : "", text_at(t, "place", row));
        putchar('\n');
    }
    rise_value_release(value);
    return RISE_OK;
}

static rise_status print_instance(rise_run *run, size_t i, rise_error *err) {
    rise_instance it;
    rise_id key;
    rise_run_instance(run, i, &it);
    terminal_text(stdout, it.name);
    printf(": %s%s", it.status == RISE_WAITING ? "would run" : "nothing to do",
           it.reason[0] ? ": " : "");
    terminal_text(stdout, it.reason);
    putchar('\n');
    if (!rise_run_key(run, i, &key)) {
        puts("  its key is not known before what it reads is there");
        return RISE_OK;
    }
    fputs("  key        ", stdout);
    for (size_t b = 0; b < sizeof key.byte; b++)
        printf("%02x", key.byte[b]);
    putchar('\n');
    rise_status s = print_parts(run, i, err);
    return s == RISE_OK ? print_kept(run, i, err) : s;
}

/* `wanted` is a node, or one instance of it: "soap[r_cut=5]". */
static rise_status print_matching(rise_run *run, const char *wanted, rise_error *err) {
    rise_status s = RISE_OK;
    size_t n = 0;
    for (size_t i = 0; s == RISE_OK && i < rise_run_instances(run); i++) {
        rise_instance it;
        rise_run_instance(run, i, &it);
        if (strcmp(it.node, wanted) != 0 && strcmp(it.name, wanted) != 0)
            continue;
        if (n++ > 0)
            putchar('\n');
        s = print_instance(run, i, err);
    }
    if (s == RISE_OK && n == 0)
        s = rise_fail(err, RISE_E_USAGE, "`%s`: the node has no such point", wanted);
    return s;
}

static rise_status show_node(rise_run *run, const cli_options *o, rise_error *err) {
    printf("cache %s\n\n", rise_run_cache_folder(run));
    return print_matching(run, o->operand[1], err);
}

int command_explain(rise_host *host, const cli_options *o) {
    char node[256];
    snprintf(node, sizeof node, "%.*s", (int)strcspn(o->operand[1], "["), o->operand[1]);
    return with_plan(host, o, node, show_node);
}

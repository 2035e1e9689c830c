/* Is this text well-formed markup, are its ids unique, does every reference lead somewhere? For
 * tests of SVG and HTML; knows as much of XML as those files use. */
#ifndef TEST_MARKUP_H
#define TEST_MARKUP_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct markup {
    const char *at;
    char *id[20000], *reference[60000];
    size_t n_ids, n_references, n_elements, n_scripts;
    char stack[64][40];
    size_t depth;
    char fault[160];
} markup;

static bool markup_fault(markup *m, const char *what) {
    if (!m->fault[0])
        snprintf(m->fault, sizeof m->fault, "%s near: %.60s", what, m->at);
    return false;
}

static bool markup_void(const char *name, bool html) {
    return html && (!strcmp(name, "meta") || !strcmp(name, "img") || !strcmp(name, "br"));
}

static void markup_note(markup *m, const char *name, const char *value, size_t n) {
    const char *url = memmem(value, n, "url(#", 5);
    if (strcmp(name, "id") == 0 && m->n_ids < 20000)
        m->id[m->n_ids++] = strndup(value, n);
    if ((!strcmp(name, "href") || !strcmp(name, "xlink:href")) && n && value[0] == '#')
        m->reference[m->n_references++ % 60000] = strndup(value + 1, n - 1);
    if (url)
        m->reference[m->n_references++ % 60000] = strndup(url + 5, strcspn(url + 5, ")"));
}

static bool markup_tag(markup *m, bool html) {
    char name[40] = "", key[40] = "";
    size_t n = strcspn(m->at, " \n\t/>");
    if (n == 0 || n >= sizeof name)
        return markup_fault(m, "element without a name");
    memcpy(name, m->at, n);
    m->at += n;
    m->n_elements++;
    m->n_scripts += strcasecmp(name, "script") == 0;
    for (;;) {
        m->at += strspn(m->at, " \n\t");
        if (strncmp(m->at, "/>", 2) == 0) {
            m->at += 2;
            return true;
        }
        if (*m->at == '>') {
            m->at++;
            if (markup_void(name, html))
                return true;
            if (m->depth == 64)
                return markup_fault(m, "too deep");
            strcpy(m->stack[m->depth++], name);
            return true;
        }
        n = strcspn(m->at, "= \n\t>");
        if (n == 0 || n >= sizeof key || m->at[n] != '=' || m->at[n + 1] != '"')
            return markup_fault(m, "attribute without a quoted value");
        memcpy(key, m->at, n);
        key[n] = '\0';
        const char *value = m->at + n + 2, *close = strchr(value, '"');
        if (!close || memchr(value, '<', (size_t)(close - value)))
            return markup_fault(m, "value without an end");
        markup_note(m, key, value, (size_t)(close - value));
        m->at = close + 1;
    }
}

static bool markup_close(markup *m) {
    size_t n = strcspn(m->at, ">");
    if (m->depth == 0 || strlen(m->stack[m->depth - 1]) != n ||
        memcmp(m->stack[m->depth - 1], m->at, n) != 0)
        return markup_fault(m, "closes what is not open");
    m->depth--;
    m->at += n + 1;
    return true;
}

static int markup_order(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool markup_ids(markup *m) {
    qsort(m->id, m->n_ids, sizeof *m->id, markup_order);
    for (size_t i = 1; i < m->n_ids; i++)
        if (strcmp(m->id[i], m->id[i - 1]) == 0) {
            snprintf(m->fault, sizeof m->fault, "id %s comes twice", m->id[i]);
            return false;
        }
    for (size_t i = 0; i < m->n_references; i++)
        if (!bsearch(&m->reference[i], m->id, m->n_ids, sizeof *m->id, markup_order)) {
            snprintf(m->fault, sizeof m->fault, "no id %s", m->reference[i]);
            return false;
        }
    return true;
}

static bool markup_check(markup *m, const char *text, bool html) {
    memset(m, 0, sizeof *m);
    m->at = text;
    while (*m->at) {
        bool good = true;
        if (strncmp(m->at, "<?", 2) == 0 || strncmp(m->at, "<!", 2) == 0)
            m->at += strcspn(m->at, ">") + 1;
        else if (strncmp(m->at, "</", 2) == 0) {
            m->at += 2;
            good = markup_close(m);
        } else if (*m->at == '<') {
            m->at++;
            good = markup_tag(m, html);
        } else if (*m->at == '&') {
            size_t n = strcspn(m->at, "; <");
            good = m->at[n] == ';' || markup_fault(m, "bare ampersand");
            m->at += n;
        } else
            m->at++;
        if (!good)
            return false;
    }
    return (m->depth == 0 || markup_fault(m, "something stays open")) && markup_ids(m);
}

static void markup_free(markup *m) {
    for (size_t i = 0; i < m->n_ids; i++)
        free(m->id[i]);
    for (size_t i = 0; i < m->n_references; i++)
        free(m->reference[i]);
    m->n_ids = m->n_references = 0;
}

#endif

/* quench/potential.c: what can be seen of a potential before LAMMPS reads it. */
#include "quench.h"

#include "kit/scan.h"

#include <string.h>

static bool ends_with(const char *text, size_t n, const char *ending) {
    size_t m = strlen(ending);
    return n >= m && memcmp(text + n - m, ending, m) == 0;
}

const char *quench_other_style(const char *path, const char *style) {
    static const char *const packed[] = {".gz", ".zst", ".xz"};
    static const char *const told[][2] = {
        {".eam.fs", "eam/fs"}, {".eam.alloy", "eam/alloy"}, {".sw", "sw"}, {".tersoff", "tersoff"}};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (ends_with(path, n, packed[i]))
            n -= strlen(packed[i]);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (ends_with(path, n, told[i][0]))
            return strncmp(style, told[i][1], strlen(told[i][1])) == 0 ? NULL : told[i][1];
    return NULL;
}

/* The fourth line of eam/alloy, eam/fs and adp: how many elements, and which. */
static bool header(const rise_file *file, const char **line, const char **end) {
    const char *p = (const char *)file->bytes, *stop = p + file->size;
    for (int i = 0; i < 4; i++) {
        const char *next = p < stop ? memchr(p, '\n', (size_t)(stop - p)) : NULL;
        if (!next)
            return false;
        *line = p;
        *end = next;
        p = next + 1;
    }
    return true;
}

static bool names_element(const char *p, const char *end, const char *symbol) {
    while ((p = scan_skip(p, end)) < end) {
        const char *stop = scan_token_end(p, end);
        if ((size_t)(stop - p) == strlen(symbol) && memcmp(p, symbol, strlen(symbol)) == 0)
            return true;
        p = stop;
    }
    return false;
}

rise_status quench_check_potential(const quench_mix *mix, const char *style, const rise_file *file,
                                   rise_error *err) {
    const char *line = NULL, *end = NULL;
    char found[SCAN_EXCERPT_MAX];
    int64_t n;
    if (strcmp(style, "eam/fs") != 0 && strcmp(style, "eam/alloy") != 0 &&
        strcmp(style, "adp") != 0)
        return RISE_OK;
    bool told = header(file, &line, &end);
    const char *first = told ? scan_skip(line, end) : NULL;
    if (!told || !scan_is_integer(first, scan_token_end(first, end), &n) || n < 1) {
        rise_fail_at(err, RISE_E_DATA, file->path, 4, 0,
                     "no potential of style %s: expected the number of elements and their symbols, "
                     "found `%s`",
                     style, told ? scan_excerpt(found, line, end) : "the end of the file");
        return rise_hint(err, "`pair_style` names the style that the file is of");
    }
    for (size_t i = 0; i < mix->n; i++)
        if (!names_element(scan_token_end(first, end), end, rise_element_symbol(mix->number[i]))) {
            rise_fail_at(err, RISE_E_DATA, file->path, 4, 0,
                         "%s is not in this potential: it has%s",
                         rise_element_symbol(mix->number[i]),
                         scan_excerpt(found, scan_token_end(first, end), end));
            return rise_hint(err, "a potential for all elements of `composition` is needed");
        }
    return RISE_OK;
}

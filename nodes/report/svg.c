/* SVG documents inside an HTML page. Inlined they stay sharp, scale and need no second decoding,
 * but their ids share one name space (cairo calls its glyphs alike in every file) and they could
 * bring scripts: so they are read, element by element, and only plain drawing passes, its ids
 * prefixed. */
#include "report.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64

typedef struct span {
    const char *at;
    size_t n;
} span;

typedef struct reader {
    const char *at, *end;
    report_text *out; /* NULL: only look */
    char prefix[32];
    span open[DEPTH_MAX];
    size_t depth;
    const char *label;
    bool rooted;
} reader;

static bool is(span s, const char *text) {
    return s.n == strlen(text) && memcmp(s.at, text, s.n) == 0;
}

static bool begins(span s, const char *text) {
    return s.n >= strlen(text) && memcmp(s.at, text, strlen(text)) == 0;
}

static bool any_of(span s, const char *const *list) {
    for (; *list; list++)
        if (is(s, *list))
            return true;
    return false;
}

static const char *const elements[] = {
    "svg",      "g",      "defs",    "symbol",        "use",     "path",           "rect",
    "circle",   "line",   "ellipse", "polyline",      "polygon", "text",           "tspan",
    "clipPath", "mask",   "image",   "pattern",       "title",   "linearGradient", "radialGradient",
    "stop",     "filter", "desc",    "feColorMatrix", NULL};

static void emit(reader *r, const char *bytes, size_t n) {
    if (r->out)
        report_bytes(r->out, bytes, n);
}

static void emit_text(reader *r, const char *text) {
    emit(r, text, strlen(text));
}

static bool name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-_:.", c) != NULL;
}

static span read_name(reader *r) {
    span s = {r->at, 0};
    while (r->at < r->end && *r->at && name_char(*r->at))
        r->at++;
    s.n = (size_t)(r->at - s.at);
    return s;
}

static void skip_blank(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* Copies a value; every "url(#x)" in it gets the prefix, any other url is refused. */
static bool emit_value(reader *r, span v) {
    for (size_t i = 0; i < v.n;) {
        span rest = {v.at + i, v.n - i};
        if (begins(rest, "url(#")) {
            emit_text(r, "url(#");
            emit_text(r, r->prefix);
            i += 5;
        } else if (begins(rest, "url(") || begins(rest, "javascript:") || begins(rest, "@import") ||
                   v.at[i] == '<' || v.at[i] == '\\')
            return false;
        else
            emit(r, v.at + i++, 1);
    }
    return true;
}

static bool attribute(reader *r, bool root) {
    span name = read_name(r);
    if (name.n == 0 || r->end - r->at < 3 || r->at[0] != '=' ||
        (r->at[1] != '"' && r->at[1] != '\''))
        return false;
    char quote = r->at[1];
    span v = {r->at + 2, 0};
    const char *close = memchr(v.at, quote, (size_t)(r->end - v.at));
    if (!close)
        return false;
    v.n = (size_t)(close - v.at);
    r->at = close + 1;
    if ((name.at[0] | 32) == 'o' && name.n > 1 && (name.at[1] | 32) == 'n')
        return false;
    if (root && (is(name, "width") || is(name, "height")))
        return true; /* the page gives the size, viewBox the proportions */
    emit_text(r, " ");
    emit(r, name.at, name.n);
    char mark[2] = {quote, '\0'};
    emit_text(r, "=");
    emit_text(r, mark);
    if (is(name, "href") || is(name, "xlink:href")) {
        if (begins(v, "#")) {
            emit_text(r, "#");
            emit_text(r, r->prefix);
            emit(r, v.at + 1, v.n - 1);
        } else if (begins(v, "data:image/png;base64,"))
            emit(r, v.at, v.n);
        else
            return false;
    } else {
        if (is(name, "id"))
            emit_text(r, r->prefix);
        if (!emit_value(r, v))
            return false;
    }
    emit_text(r, mark);
    return true;
}

static bool open_tag(reader *r) {
    span name = read_name(r);
    bool root = r->depth == 0;
    if (!any_of(name, elements) || (root && (!is(name, "svg") || r->rooted)))
        return false;
    r->rooted = true;
    emit_text(r, "<");
    emit(r, name.at, name.n);
    if (root && r->out) {
        report_put(r->out, " role=\"img\" aria-label=\"");
        report_escape(r->out, r->label);
        report_put(r->out, "\"");
    }
    for (;;) {
        skip_blank(r);
        if (r->at >= r->end)
            return false;
        if (*r->at == '>') {
            r->at++;
            emit_text(r, ">");
            if (r->depth == DEPTH_MAX)
                return false;
            r->open[r->depth++] = name;
            return true;
        }
        if (r->end - r->at >= 2 && r->at[0] == '/' && r->at[1] == '>') {
            r->at += 2;
            emit_text(r, "/>");
            return true;
        }
        if (!attribute(r, root))
            return false;
    }
}

static bool close_tag(reader *r) {
    span name = read_name(r);
    skip_blank(r);
    if (r->depth == 0 || r->at >= r->end || *r->at != '>')
        return false;
    span open = r->open[--r->depth];
    r->at++;
    emit_text(r, "</");
    emit(r, name.at, name.n);
    emit_text(r, ">");
    return open.n == name.n && memcmp(open.at, name.at, name.n) == 0;
}

/* Past `mark`; false when it does not come. */
static bool skip_past(reader *r, const char *mark) {
    const char *found = memmem(r->at, (size_t)(r->end - r->at), mark, strlen(mark));
    if (found)
        r->at = found + strlen(mark);
    return found != NULL;
}

static bool read_all(reader *r) {
    while (r->at < r->end) {
        span rest = {r->at, (size_t)(r->end - r->at)};
        bool good = true;
        if (begins(rest, "<?"))
            good = r->depth == 0 && skip_past(r, "?>");
        else if (begins(rest, "<!--"))
            good = skip_past(r, "-->");
        else if (begins(rest, "<!"))
            good = false; /* entities, CDATA: not from any drawing library */
        else if (begins(rest, "</")) {
            r->at += 2;
            good = close_tag(r);
        } else if (*r->at == '<') {
            r->at++;
            good = open_tag(r);
        } else {
            const char *next = memchr(r->at, '<', rest.n);
            size_t n = next ? (size_t)(next - r->at) : rest.n;
            if (r->depth > 0)
                emit(r, r->at, n);
            r->at += n;
        }
        if (!good)
            return false;
    }
    return r->rooted && r->depth == 0;
}

bool report_svg_inline(report_text *page, const uint8_t *bytes, size_t size, size_t number,
                       const char *label) {
    const char *at = (const char *)bytes;
    if (size == 0 || memchr(bytes, 0, size))
        return false;
    for (int pass = 0; pass < 2; pass++) { /* look first: nothing is written for a bad one */
        reader r = {.at = at, .end = at + size, .out = pass ? page : NULL, .label = label};
        snprintf(r.prefix, sizeof r.prefix, "f%zu-", number);
        if (!read_all(&r))
            return false;
    }
    return true;
}

/* Points from the root's width="255.1pt"; 0 where it says nothing of the kind. */
static size_t width_points(const rise_blob *blob) {
    const char *text = (const char *)blob->bytes;
    const char *found = memmem(text, blob->size < 400 ? blob->size : 400, " width=\"", 8);
    size_t points = 0;
    for (const char *c = found ? found + 8 : NULL; c && *c >= '0' && *c <= '9' && points < 10000;
         c++)
        points = points * 10 + (size_t)(*c - '0');
    return points;
}

static void drawing(report_text *page, const rise_blob *blob, size_t number, const char *label) {
    bool svg = strcmp(blob->format, "svg") == 0;
    size_t points = svg ? width_points(blob) : 0;
    report_put(page, "<div class=\"drawing\"");
    if (points > 0) { /* twice the printed size: the type reads like the page's own */
        report_put(page, " style=\"max-width:");
        report_size(page, points * 2);
        report_put(page, "px\"");
    }
    report_put(page, ">");
    if (!svg || !report_svg_inline(page, blob->bytes, blob->size, number, label)) {
        report_put(page, "<img alt=\"");
        report_escape(page, label);
        report_put(page,
                   svg ? "\" src=\"data:image/svg+xml;base64," : "\" src=\"data:image/png;base64,");
        report_base64(page, blob->bytes, blob->size);
        report_put(page, "\">");
    }
    report_put(page, "</div>");
}

void report_figure(report_text *page, const report_item *item, size_t number) {
    const rise_blob *blob = rise_value_blob(item->value);
    report_put(page, "<figure>");
    drawing(page, blob, number, item->point->reference);
    report_put(page, "<figcaption><b>Figure ");
    report_size(page, number);
    report_put(page, ".</b> <code>");
    report_escape(page, item->point->reference);
    report_put(page, "</code>");
    if (item->point->n_axes > 0) {
        report_put(page, " at ");
        report_where(page, item->point);
    }
    report_put(page, "</figcaption></figure>\n");
}

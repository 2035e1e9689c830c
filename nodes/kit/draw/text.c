/* Text on a cairo context: _{low} and ^{high}, measuring, eliding, wrapping. Broken UTF-8 is
 * replaced, because cairo gives up on a whole drawing over one bad byte. */
#include "draw_inner.h"

#include <string.h>

#define SMALL 0.7  /* size of lowered and raised text */
#define LOWER 0.22 /* of the size */
#define RAISE 0.36
#define CHUNK 200

void draw_text_options(cairo_t *cr) {
    cairo_font_options_t *options = cairo.font_options_create();
    cairo.font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo.font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo.font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo.set_font_options(cr, options);
    cairo.font_options_destroy(options);
    draw_text_bold(cr, false);
}

void draw_text_bold(cairo_t *cr, bool bold) {
    cairo.select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
}

/* Up to CHUNK bytes of one level, cleaned; stops before a change of level. */
static const char *next_chunk(const char *s, int level, char *out) {
    size_t n = 0;
    uint32_t code;
    for (size_t step; n + 4 < CHUNK && (step = draw_utf8_next(s, &code)) > 0; s += step) {
        if (level == 0 ? (s[0] == '_' || s[0] == '^') && s[1] == '{' : s[0] == '}')
            break;
        n += draw_utf8_put(code == '\n' || code == '\t' ? ' ' : code, out + n);
    }
    out[n] = '\0';
    return s;
}

/* Walks over the text; shows it at (x, y) when asked. Returns the width. */
static double walk(cairo_t *cr, const char *s, double size, bool show, double x, double y) {
    double at = 0;
    int level = 0;
    char chunk[CHUNK + 1];
    while (*s) {
        if (level == 0 && (s[0] == '_' || s[0] == '^') && s[1] == '{') {
            level = s[0] == '_' ? -1 : 1;
            s += 2;
        } else if (level != 0 && s[0] == '}') {
            level = 0;
            s++;
        }
        s = next_chunk(s, level, chunk);
        cairo_text_extents_t extents;
        cairo.set_font_size(cr, level ? size * SMALL : size);
        cairo.text_extents(cr, chunk, &extents);
        if (show && chunk[0]) {
            double shift = level < 0 ? LOWER * size : level > 0 ? -RAISE * size : 0;
            cairo.move_to(cr, x + at, y + shift);
            cairo.show_text(cr, chunk);
        }
        at += extents.x_advance;
    }
    return at;
}

double draw_text_width(cairo_t *cr, const char *text, double size) {
    return walk(cr, text, size, false, 0, 0);
}

void draw_text_show(cairo_t *cr, const char *text, double size, double x, double y, double across) {
    if (across != 0)
        x -= across * draw_text_width(cr, text, size);
    (void)walk(cr, text, size, true, x, y);
}

/* Start of the code point that ends before `n`. */
static size_t step_back(const char *text, size_t n) {
    while (n > 0 && ((unsigned char)text[--n] & 0xC0) == 0x80) {
    }
    return n;
}

void draw_text_fit(cairo_t *cr, const char *text, double size, double width,
                   char out[DRAW_TEXT_MAX]) {
    size_t n = strlen(text), most = DRAW_TEXT_MAX - 5;
    if (n <= most && draw_text_width(cr, text, size) <= width) {
        memcpy(out, text, n + 1);
        return;
    }
    if (n > most)
        n = step_back(text, most);
    for (;;) {
        memcpy(out, text, n);
        strcpy(out + n, "…");
        if (n == 0 || draw_text_width(cr, out, size) <= width)
            return;
        n = step_back(text, n);
    }
}

size_t draw_text_wrap(cairo_t *cr, const char *text, double size, double width,
                      char line[2][DRAW_TEXT_MAX]) {
    size_t n = strlen(text), cut = 0;
    if (draw_text_width(cr, text, size) <= width || n == 0) {
        draw_text_fit(cr, text, size, width, line[0]);
        return n > 0;
    }
    for (size_t i = 1; i < n && i < DRAW_TEXT_MAX - 5; i++) { /* the last blank that still fits */
        if (text[i] != ' ')
            continue;
        memcpy(line[0], text, i);
        line[0][i] = '\0';
        if (draw_text_width(cr, line[0], size) > width)
            break;
        cut = i;
    }
    if (cut == 0) {
        draw_text_fit(cr, text, size, width, line[0]);
        return 1;
    }
    memcpy(line[0], text, cut);
    line[0][cut] = '\0';
    draw_text_fit(cr, text + cut + 1, size, width, line[1]);
    return 2;
}

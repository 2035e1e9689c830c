/* The plotting kit: ticks, limits, numbers as text, what is refused, and that pictures are sound.
 */
#include "kit/draw/draw_inner.h"
#include "markup.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void check_text(const char *found, const char *wanted) {
    assert_string_equal(found, wanted);
}

static void numbers(void **state) {
    (void)state;
    char text[DRAW_NUMBER_MAX];
    draw_number_fixed(text, -9298.746875, 2);
    check_text(text, "-9298.75");
    draw_number_fixed(text, -0.001, 2);
    check_text(text, "0.00");
    draw_number_fixed(text, 1e300, 3);
    check_text(text, "1e+300");
    draw_number_general(text, -0.0, 6);
    check_text(text, "0");
    draw_number_general(text, 1.5e-7, 3);
    check_text(text, "1.5e-07");
    draw_number_general(text, -INFINITY, 3);
    check_text(text, "-inf");
    draw_number_fixed(text, -12.5, 1);
    draw_number_minus(text);
    check_text(text, "−12.5");
    assert_int_equal(draw_number_decimals(-9308, -9292), 2);
    assert_int_equal(draw_number_decimals(0.4, 1.6), 3);
    assert_int_equal(draw_number_decimals(1e12, 2e12), -1);
}

static void broken_utf8(void **state) {
    (void)state;
    uint32_t code;
    char out[4];
    assert_int_equal(draw_utf8_next("", &code), 0);
    assert_int_equal(draw_utf8_next("Å", &code), 2);
    assert_int_equal(code, 0xC5);
    assert_int_equal(draw_utf8_next("\xC3(", &code), 1); /* lead without continuation */
    assert_int_equal(code, 0xFFFD);
    assert_int_equal(draw_utf8_next("\xC0\x80", &code), 1); /* overlong */
    assert_int_equal(code, 0xFFFD);
    assert_int_equal(draw_utf8_next("\xED\xA0\x80", &code), 1); /* surrogate */
    assert_int_equal(code, 0xFFFD);
    assert_int_equal(draw_utf8_next("\x01", &code), 1);
    assert_int_equal(code, 0xFFFD);
    static const uint32_t codes[] = {0x41, 0x7FF, 0x20AC, 0x1F600};
    for (size_t i = 0; i < 4; i++) {
        char text[5] = "";
        size_t n = draw_utf8_put(codes[i], out);
        memcpy(text, out, n);
        assert_int_equal(draw_utf8_next(text, &code), n);
        assert_int_equal(code, codes[i]);
    }
}

static void ticks_of_energies(void **state) {
    (void)state;
    draw_ticks t;
    draw_ticks_make(-9310.4, -9289.6, false, 6, &t);
    assert_int_equal(t.n, 5);
    check_text(t.text[0], "−9310");
    check_text(t.text[4], "−9290");
    assert_int_equal(t.exponent, 0);
    draw_ticks_make(2.8, 7.2, false, 6, &t);
    assert_int_equal(t.n, 5);
    check_text(t.text[0], "3");
    draw_ticks_make(1.19, 1.41, false, 6, &t);
    check_text(t.text[0], "1.20");
    draw_ticks_make(0, 1e-4, false, 6, &t);
    assert_true(t.exponent < 0);
    draw_ticks_make(0, 3e6, false, 6, &t);
    assert_int_equal(t.exponent, 6);
    check_text(t.text[t.n - 1], "3");
}

/* Whatever the range: no more than asked, ascending, inside, each label the value it stands at. */
static void ticks_of_any_range(void **state) {
    (void)state;
    uint64_t s = 12345;
    for (int k = 0; k < 20000; k++) {
        s = s * 6364136223846793005u + 1442695040888963407u;
        double middle = ((double)(s >> 40) / 8388608.0 - 1) * pow(10, (double)(s % 13) - 6);
        double spread = pow(10, (double)(s / 16 % 12) - 7);
        double low = middle - spread, high = middle + spread * (1 + (double)(s / 256 % 7));
        draw_range_pad(&low, &high, false, 0.05);
        size_t max = 2 + (size_t)(s / 4096 % 9);
        draw_ticks t;
        draw_ticks_make(low, high, false, max, &t);
        assert_true(t.n >= 1 && t.n <= max);
        for (size_t i = 0; i < t.n; i++) {
            double air = (high - low) * 1e-6;
            assert_true(t.at[i] >= low - air && t.at[i] <= high + air);
            assert_true(i == 0 || t.at[i] > t.at[i - 1]);
            assert_true(i == 0 || strcmp(t.text[i], t.text[i - 1]) != 0);
            bool minus = strncmp(t.text[i], "−", 3) == 0;
            double shown = strtod(t.text[i] + (minus ? 3 : 0), NULL) * pow(10, t.exponent);
            assert_true(fabs((minus ? -shown : shown) - t.at[i]) <= air + 1e-9 * fabs(t.at[i]));
        }
        assert_true(t.n_minor <= DRAW_MINOR_MAX);
    }
}

static void ticks_logarithmic(void **state) {
    (void)state;
    draw_ticks t;
    draw_ticks_make(0.0009, 1.1, true, 8, &t);
    assert_int_equal(t.n, 4);
    check_text(t.text[0], "0.001");
    check_text(t.text[3], "1");
    draw_ticks_make(1e-9, 1e3, true, 8, &t);
    assert_in_range(t.n, 3, 8);
    assert_non_null(strstr(t.text[0], "10⁻"));
    draw_ticks_make(3, 7, true, 8, &t);
    assert_in_range(t.n, 3, 8);
    draw_ticks_make(1.0, 1.1, true, 6, &t); /* far below a factor of two */
    assert_in_range(t.n, 2, 6);
    double low = 5, high = 5;
    draw_range_pad(&low, &high, true, 0.05);
    assert_true(low < 5 && low > 0 && high > 5);
}

static void limits(void **state) {
    (void)state;
    double low = -9300, high = -9300;
    draw_range_pad(&low, &high, false, 0.05);
    assert_true(low < -9300 && high > -9300);
    low = high = 0;
    draw_range_pad(&low, &high, false, 0.05);
    assert_true(low < 0 && high > 0);
    const double x[3] = {0, 1, 2}, y[3] = {2, 5, 3};
    draw_series bars = {.style = DRAW_BARS, .n = 3, .x = x, .y = y};
    draw_figure f = {.n_series = 1, .series = &bars};
    draw_layout l = {0};
    draw_ranges(&f, &l);
    assert_true(l.y.low == 0 && l.y.high > 5); /* bars stand on zero */
    bars.style = DRAW_POINTS;
    f.equal = true;
    draw_ranges(&f, &l);
    assert_true(l.x.low == l.y.low && l.x.high == l.y.high);
    assert_true(l.x.low < 0 && l.x.high > 5);
}

/* ---- pictures -------------------------------------------------------------------------------- */
static const double xs[5] = {3, 4, 5, 6, 7}, ys[5] = {1.9, 1.5, 1.3, 1.4, 1.6};
static const double lows[5] = {1.8, 1.4, 1.2, 1.3, 1.5}, highs[5] = {2, 1.6, 1.4, 1.5, 1.7};

static draw_figure figure_of(const draw_series *s, size_t n) {
    return (draw_figure){.title = "a <title> & \"more\"",
                         .width_mm = 90,
                         .height_mm = 68,
                         .x = {.label = "r_{cut} (Å)"},
                         .y = {.label = "RMSE (eV)"},
                         .n_series = n,
                         .series = s};
}

/* One page of the figure's size, its fonts in it, no time; equal figures are equal bytes, however
 * much was drawn before. */
static void expect_pdf(const draw_figure *f) {
    uint8_t *bytes = NULL, *again = NULL;
    size_t size = 0, size_again = 0, n_fonts = 0;
    char page[80];
    rise_error err = {0};
    assert_int_equal(draw_render(f, DRAW_PDF, &bytes, &size, &err), RISE_OK);
    assert_int_equal(draw_render(f, DRAW_PDF, &again, &size_again, &err), RISE_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    assert_memory_equal(bytes, "%PDF-1.", 7);
    const char *box = memmem(bytes, size, "MediaBox [ 0 0 ", 15);
    assert_non_null(box);
    double width = 0, height = 0;
    snprintf(page, sizeof page, "%.60s", box + 15);
    assert_int_equal(sscanf(page, "%lf %lf ]", &width, &height), 2);
    assert_true(fabs(width - f->width_mm / 25.4 * 72) < 1e-3);
    assert_true(fabs(height - f->height_mm / 25.4 * 72) < 1e-3);
    assert_non_null(memmem(bytes, size, "/Count 1\n", 9));
    assert_null(memmem(bytes, size, "Date", 4));
    for (const uint8_t *p = bytes; (p = memmem(p, size - (size_t)(p - bytes), "/FontFile", 9)); p++)
        n_fonts++;
    assert_true(n_fonts >= 1);
    free(bytes);
    free(again);
}

static void expect_sound(const draw_figure *f) {
    rise_error err = {0};
    uint8_t *bytes = NULL, *again = NULL;
    size_t size = 0, size_again = 0;
    rise_status status = draw_render(f, DRAW_SVG, &bytes, &size, &err);
    if (status)
        fail_msg("%s", err.message);
    char *text = strndup((const char *)bytes, size);
    markup *m = malloc(sizeof *m);
    if (!markup_check(m, text, false))
        fail_msg("SVG: %s", m->fault);
    assert_true(m->n_elements > 20 && m->n_references > 5);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    markup_free(m);
    free(m);
    free(text);
    assert_int_equal(draw_render(f, DRAW_SVG, &again, &size_again, &err), RISE_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    free(bytes);
    free(again);
    assert_int_equal(draw_render(f, DRAW_PNG, &bytes, &size, &err), RISE_OK);
    assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
    free(bytes);
    expect_pdf(f);
}

static void pictures_are_sound(void **state) {
    (void)state;
    draw_series s[2] = {{.label = "a \xff broken & long name that does not end so soon",
                         .detail = "RMSE",
                         .style = DRAW_LINE | DRAW_POINTS,
                         .n = 5,
                         .x = xs,
                         .y = ys,
                         .low = lows,
                         .high = highs},
                        {.label = "b", .style = DRAW_LINE, .n = 5, .x = xs, .y = lows}};
    draw_figure f = figure_of(s, 2);
    expect_sound(&f);
    f.x2_scale = 0.6204;
    f.x2_label = "equivalent radius (Å)";
    f.y.log = true;
    expect_sound(&f);
    s[1].right = true;
    f.y2 = (draw_axis){.label = "number", .log = false};
    expect_sound(&f);
    f.y2.log = true;
    expect_sound(&f);
    s[0].right = true; /* nothing is left on the left */
    expect_sound(&f);
    s[0].style = DRAW_LINE | DRAW_BAND;
    f.note = "a note";
    expect_sound(&f);
    f = figure_of(s, 1); /* one point only, and nothing but equal values */
    s[0].n = 1;
    expect_sound(&f);
    f.equal = true;
    expect_sound(&f);
}

static void other_marks_are_sound(void **state) {
    (void)state;
    const double at[5] = {0, 1, 2, 3, 4}, edges[6] = {-9310, -9306, -9302, -9298, -9294, -9290};
    const double count[5] = {0, 3, 7, 2, 0};
    const char *names[5] = {"train", "a name too long to stand level", "", "x", "<y>"};
    draw_series s[2] = {
        {.label = "one", .style = DRAW_BARS, .n = 5, .x = at, .y = ys, .low = lows, .high = highs},
        {.label = "two", .style = DRAW_BARS, .n = 5, .x = at, .y = lows}};
    draw_figure f = figure_of(s, 2);
    f.x.names = names;
    f.x.n_names = 5;
    expect_sound(&f);
    draw_series boxes = {.style = DRAW_BOXES,
                         .n = 5,
                         .x = at,
                         .y = ys,
                         .low = lows,
                         .high = highs,
                         .q1 = lows,
                         .q3 = highs,
                         .mean = ys};
    f.n_series = 1;
    f.series = &boxes;
    expect_sound(&f);
    draw_series steps = {.label = "n", .style = DRAW_STEPS, .n = 5, .y = count, .edges = edges};
    f = figure_of(&steps, 1);
    expect_sound(&f);
    f.y.log = true;
    expect_sound(&f);
    double cell[15] = {0, 0.2, 0.3, 0.2, NAN};
    size_t framed = 2;
    draw_heat heat = {.n_rows = 3, .n_columns = 5, .cell = cell, .label = "D", .framed = &framed};
    f = figure_of(NULL, 0);
    f.heat = &heat;
    f.x.names = names;
    f.x.n_names = 5;
    f.y.names = names;
    f.y.n_names = 3;
    expect_sound(&f);
    heat.map = DRAW_BALANCE;
    cell[1] = -0.2;
    expect_sound(&f);
}

static void refuse(const draw_figure *f, const char *about) {
    rise_error err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(draw_render(f, DRAW_SVG, &bytes, &size, &err), RISE_E_DATA);
    assert_null(bytes);
    if (!strstr(err.message, about))
        fail_msg("'%s' says nothing of '%s'", err.message, about);
}

static void refusals(void **state) {
    (void)state;
    double y[5];
    memcpy(y, ys, sizeof y);
    draw_series s = {.label = "bad", .style = DRAW_LINE, .n = 5, .x = xs, .y = y};
    draw_figure f = figure_of(&s, 1);
    y[3] = NAN;
    refuse(&f, "point 3 is not finite");
    y[3] = INFINITY;
    refuse(&f, "bad");
    y[3] = -1;
    f.y.log = true;
    refuse(&f, "logarithmic");
    f.y.log = false;
    s.n = 0;
    refuse(&f, "no data");
    s.n = 5;
    s.low = lows;
    refuse(&f, "no data"); /* one end of the bars only */
    s.low = NULL;
    f.width_mm = 1;
    refuse(&f, "mm");
    f.width_mm = NAN;
    refuse(&f, "mm");
    f = figure_of(NULL, 0);
    refuse(&f, "nothing to draw");
    double cell[4] = {NAN, NAN, NAN, NAN};
    draw_heat heat = {.n_rows = 2, .n_columns = 2, .cell = cell, .label = "D"};
    f.heat = &heat;
    refuse(&f, "no cell");
    cell[2] = -INFINITY;
    refuse(&f, "cannot be shown");
}

/* The legend lies on no mark: its place is empty on a mask drawn anew, or it is below the panel. */
static void legend_covers_nothing(void **state) {
    (void)state;
    assert_int_equal(cairo_load(NULL), RISE_OK);
    uint64_t s = 99;
    size_t inside = 0, below = 0;
    for (int k = 0; k < 12; k++) {
        double x[300], y[300];
        size_t n = k < 6 ? 12 : 300;
        for (size_t i = 0; i < n; i++) {
            s = s * 6364136223846793005u + 1442695040888963407u;
            x[i] = (double)(s >> 33);
            y[i] = (double)(s >> 20 & 0xFFFF);
        }
        draw_series series[2] = {{.label = "cloud", .style = DRAW_POINTS, .n = n, .x = x, .y = y},
                                 {.label = "again", .style = DRAW_POINTS, .n = n, .x = x, .y = y}};
        draw_figure f = figure_of(series, 2);
        cairo_surface_t *surface = cairo.image_surface_create(CAIRO_FORMAT_A8, 256, 193);
        cairo_t *cr = cairo.create(surface);
        draw_layout *l = calloc(1, sizeof *l);
        l->width = 255;
        l->height = 192.7;
        draw_text_options(cr);
        assert_int_equal(draw_layout_make(cr, &f, l, NULL), RISE_OK);
        assert_true(l->legend.w > 0);
        draw_marks(cr, &f, l);
        cairo.surface_flush(surface);
        const unsigned char *pixel = cairo.image_surface_get_data(surface);
        int stride = cairo.image_surface_get_stride(surface);
        for (int v = (int)l->legend.y; v < (int)(l->legend.y + l->legend.h); v++)
            for (int u = (int)l->legend.x; u < (int)(l->legend.x + l->legend.w); u++)
                assert_int_equal(pixel[v * stride + u], 0);
        if (l->legend_inside)
            inside++;
        else {
            below++;
            assert_true(l->legend.y >= l->panel.y + l->panel.h + l->x_tick_height);
        }
        assert_true(l->legend.y + l->legend.h <= l->height);
        free(l);
        cairo.destroy(cr);
        cairo.surface_destroy(surface);
    }
    assert_true(inside > 0 && below > 0); /* both ways were tried */
}

#define THREADS 4

typedef struct drawn {
    const draw_figure *figure;
    uint8_t *bytes;
    size_t size;
    rise_status status;
} drawn;

static void *draw_alone(void *user) {
    drawn *d = user;
    d->status = draw_render(d->figure, DRAW_SVG, &d->bytes, &d->size, NULL);
    return NULL;
}

/* Nodes run beside each other: the same figure gives the same bytes on every thread. */
static void threads_draw_alike(void **state) {
    (void)state;
    draw_series s = {
        .style = DRAW_LINE | DRAW_POINTS, .n = 5, .x = xs, .y = ys, .low = lows, .high = highs};
    draw_figure f = figure_of(&s, 1);
    drawn one[THREADS];
    pthread_t thread[THREADS];
    for (int round = 0; round < 4; round++) {
        for (int k = 0; k < THREADS; k++) {
            one[k] = (drawn){.figure = &f};
            assert_int_equal(pthread_create(&thread[k], NULL, draw_alone, &one[k]), 0);
        }
        for (int k = 0; k < THREADS; k++)
            assert_int_equal(pthread_join(thread[k], NULL), 0);
        for (int k = 0; k < THREADS; k++) {
            assert_int_equal(one[k].status, RISE_OK);
            assert_int_equal(one[k].size, one[0].size);
            assert_memory_equal(one[k].bytes, one[0].bytes, one[0].size);
        }
        for (int k = 0; k < THREADS; k++)
            free(one[k].bytes);
    }
}

static void colours(void **state) {
    (void)state;
    double before = -1;
    for (int i = 0; i <= 64; i++) { /* viridis grows lighter all the way */
        double now = draw_luminance(draw_map_colour(DRAW_VIRIDIS, i / 64.0));
        assert_true(now > before);
        before = now;
    }
    draw_rgb middle = draw_map_colour(DRAW_BALANCE, 0.5);
    assert_true(middle.r == middle.g && middle.g == middle.b);
    for (size_t i = 0; i < 7; i++) /* every series stands out from white paper */
        assert_true(1.05 / (draw_luminance(draw_series_colour(i)) + 0.05) > 1.9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(broken_utf8),
        cmocka_unit_test(ticks_of_energies),
        cmocka_unit_test(ticks_of_any_range),
        cmocka_unit_test(ticks_logarithmic),
        cmocka_unit_test(limits),
        cmocka_unit_test(pictures_are_sound),
        cmocka_unit_test(other_marks_are_sound),
        cmocka_unit_test(refusals),
        cmocka_unit_test(legend_covers_nothing),
        cmocka_unit_test(threads_draw_alike),
        cmocka_unit_test(colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

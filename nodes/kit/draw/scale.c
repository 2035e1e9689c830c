/* Scales and ticks: which round numbers to mark, and how they are written. No cairo here, so that
 * tests can look at the numbers. */
#include "draw_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double draw_scale_at(const draw_scale *s, double value) {
    double t = s->log ? log(value / s->low) / log(s->high / s->low)
                      : (value - s->low) / (s->high - s->low);
    return s->from + t * (s->to - s->from);
}

void draw_range_pad(double *low, double *high, bool log_scale, double share) {
    if (log_scale) {
        double factor = *high > *low ? pow(*high / *low, share) : 2;
        *low /= factor;
        *high *= factor;
        return;
    }
    /* below that spread the ticks could not be told apart in double precision */
    double most = fmax(fabs(*low), fabs(*high)), spread = *high - *low;
    double air = spread > most * 1e-9 ? spread * share : most > 0 ? most * 0.01 : 1;
    *low -= air;
    *high += air;
}

/* mantissa * i * 10^power, rounded once where 10^|power| is exact */
static double round_value(double mantissa, double i, int power) {
    double ten = 1;
    for (int k = 0; k < (power < 0 ? -power : power) && k < 300; k++)
        ten *= 10;
    return power < 0 ? mantissa * i / ten : mantissa * i * ten;
}

void draw_superscript(int value, char *out) {
    static const char *const digit[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char plain[16];
    snprintf(plain, sizeof plain, "%d", value);
    out[0] = '\0';
    for (const char *c = plain; *c; c++)
        strcat(out, *c == '-' ? "⁻" : digit[*c - '0']);
}

/* A step: mantissa * 10^power, and how many minor intervals it is cut into. */
static const struct {
    double mantissa;
    int decimals, minor;
} steps[] = {{1, 0, 5}, {2, 0, 4}, {2.5, 1, 5}, {5, 0, 5}};

static void linear_minor(double low, double high, double mantissa, int cuts, int power,
                         draw_ticks *t) {
    double step = round_value(mantissa, 1, power) / cuts;
    double first = ceil(low / step - 1e-9), last = floor(high / step + 1e-9);
    for (double i = first; i <= last && t->n_minor < DRAW_MINOR_MAX; i++)
        if (fmod(i, cuts) != 0)
            t->minor[t->n_minor++] = i * step;
}

static void linear_ticks(double low, double high, size_t max, draw_ticks *t) {
    int power = (int)floor(log10((high - low) / (double)max)) - 1;
    for (size_t k = 0; k < 100; k++) {
        double mantissa = steps[k % 4].mantissa;
        int p = power + (int)(k / 4);
        double step = round_value(mantissa, 1, p), air = (high - low) * 1e-9 / step;
        double first = ceil(low / step - air), last = floor(high / step + air);
        if (last - first + 1 > (double)max)
            continue;
        double most = fmax(fabs(low), fabs(high));
        t->exponent = p >= 4 || most < 1e-3 ? (int)floor(log10(most)) : 0;
        int decimals = steps[k % 4].decimals - p + t->exponent;
        for (double i = first; i <= last && t->n < DRAW_TICKS_MAX; i++) {
            char *text = t->text[t->n];
            t->at[t->n++] = round_value(mantissa, i, p);
            draw_number_fixed(text, round_value(mantissa, i, p - t->exponent), decimals);
            draw_number_minus(text);
        }
        linear_minor(low, high, mantissa, steps[k % 4].minor, p, t);
        return;
    }
}

static bool within(double v, double low, double high) {
    return v >= low * (1 - 1e-12) && v <= high * (1 + 1e-12);
}

/* Powers of ten and, when `set` asks for it, multiples of them. */
static size_t log_set(double low, double high, const char *set, int stride, draw_ticks *t) {
    int first = (int)floor(log10(low)) - 1, last = (int)ceil(log10(high)) + 1;
    size_t n = 0;
    for (int p = first; p <= last; p++)
        for (const char *m = set; *m && p % stride == 0; m++) {
            double v = round_value(*m - '0', 1, p);
            if (!within(v, low, high))
                continue;
            if (n < DRAW_TICKS_MAX)
                t->at[n] = v;
            n++;
        }
    return n;
}

static void log_text(double low, double high, draw_ticks *t) {
    bool plain = low >= 0.9e-3 && high <= 1.1e4;
    for (size_t i = 0; i < t->n; i++) {
        char *text = t->text[i];
        int power = (int)floor(log10(t->at[i]) + 1e-9);
        double lead = round_value(t->at[i], 1, -power);
        if (plain) {
            draw_number_general(text, t->at[i], 6);
            continue;
        }
        text[0] = '\0';
        if (lead > 1.5) {
            draw_number_fixed(text, lead, 0);
            strcat(text, "·");
        }
        strcat(text, "10");
        draw_superscript(power, text + strlen(text));
    }
}

static void log_minor(double low, double high, draw_ticks *t) {
    int first = (int)floor(log10(low)), last = (int)ceil(log10(high));
    for (int p = first; p <= last && last - first <= 10; p++)
        for (int m = 2; m <= 9; m++) {
            double v = round_value(m, 1, p);
            if (within(v, low, high) && t->n_minor < DRAW_MINOR_MAX)
                t->minor[t->n_minor++] = v;
        }
}

static void log_ticks(double low, double high, size_t max, draw_ticks *t) {
    static const char *const sets[] = {"1", "125", "123456789"};
    for (size_t want = 3; want >= 2 && t->n == 0; want--)
        for (size_t k = 0; k < 3 && t->n == 0; k++) {
            size_t n = log_set(low, high, sets[k], 1, t);
            t->n = n >= want && n <= max ? n : 0;
        }
    for (int stride = 2; t->n == 0 && stride < 300; stride++) {
        size_t n = log_set(low, high, "1", stride, t);
        t->n = n >= 2 && n <= max ? n : 0;
    }
    if (t->n == 0) { /* less than a factor of two or so: round numbers do better */
        linear_ticks(low, high, max, t);
        t->n_minor = 0;
        return;
    }
    log_text(low, high, t);
    log_minor(low, high, t);
}

void draw_ticks_make(double low, double high, bool log_scale, size_t max, draw_ticks *t) {
    memset(t, 0, sizeof *t);
    if (max < 2)
        max = 2;
    if (max > DRAW_TICKS_MAX)
        max = DRAW_TICKS_MAX;
    if (log_scale)
        log_ticks(low, high, max, t);
    else
        linear_ticks(low, high, max, t);
}

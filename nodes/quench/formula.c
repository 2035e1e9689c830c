/* quench/formula.c: compositions as formulas, and what atoms of them weigh. */
#include "quench.h"

#include "kit/elements.h"
#include "kit/scan.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* 1 u in g, over 1 Å3 in cm3: 1.66053906660e-24 / 1e-24. */
static const double U_PER_A3 = 1.66053906660;

static size_t read_symbol(const char *p, int *number) {
    char symbol[3] = {p[0], 0, 0};
    size_t n = 1;
    if (islower((unsigned char)p[1]))
        symbol[n++] = p[1];
    *number = rise_element_number(symbol);
    return n;
}

/* In its place among those that are there. */
static bool insert(quench_mix *mix, int number, double share) {
    size_t at = 0;
    while (at < mix->n && mix->number[at] < number)
        at++;
    if (at < mix->n && mix->number[at] == number)
        return false;
    for (size_t i = mix->n; i > at; i--) {
        mix->number[i] = mix->number[i - 1];
        mix->share[i] = mix->share[i - 1];
    }
    mix->number[at] = number;
    mix->share[at] = share;
    mix->n++;
    return true;
}

rise_status quench_formula(const char *text, quench_mix *mix, rise_error *err) {
    const char *p = text, *end = text + strlen(text);
    double sum = 0;
    *mix = (quench_mix){0};
    while (p < end) {
        int number = 0;
        double share = 1;
        char found[SCAN_EXCERPT_MAX];
        const char *at = p;
        p += read_symbol(p, &number);
        if (!number)
            return rise_fail(err, RISE_E_USAGE, "`%s` is no element",
                             scan_excerpt(found, at, p > end ? end : p));
        if (p < end && (scan_is_digit(*p) || *p == '.')) {
            const char *digits = p;
            p += strspn(p, "0123456789.");
            if (!scan_is_number(digits, p, &share) || !(share > 0) || !isfinite(share))
                return rise_fail(err, RISE_E_USAGE, "`%s` is no share of %s",
                                 scan_excerpt(found, digits, p), rise_element_symbol(number));
        }
        if (mix->n == QUENCH_ELEMENTS)
            return rise_fail(err, RISE_E_USAGE, "there are more than %d elements", QUENCH_ELEMENTS);
        if (!insert(mix, number, share))
            return rise_fail(err, RISE_E_USAGE, "%s stands there twice",
                             rise_element_symbol(number));
        sum += share;
    }
    if (mix->n == 0)
        return rise_fail(err, RISE_E_USAGE, "it names no element");
    for (size_t i = 0; i < mix->n; i++)
        mix->share[i] /= sum;
    return RISE_OK;
}

void quench_deal(quench_mix *mix, size_t n_atoms) {
    size_t dealt = 0;
    bool more[QUENCH_ELEMENTS] = {false};
    for (size_t i = 0; i < mix->n; i++) {
        /* 0.44 * 2000 may come out just below 880 */
        mix->count[i] = (size_t)(mix->share[i] * (double)n_atoms * (1 + 1e-12));
        dealt += mix->count[i];
    }
    for (; dealt < n_atoms; dealt++) {
        size_t best = mix->n;
        double most = 0;
        for (size_t i = 0; i < mix->n; i++) {
            double left = mix->share[i] * (double)n_atoms - (double)mix->count[i];
            if (!more[i] && (best == mix->n || left > most + 1e-9)) {
                best = i;
                most = left;
            }
        }
        more[best] = true;
        mix->count[best]++;
    }
}

double quench_mass(const quench_mix *mix) {
    double mass = 0;
    for (size_t i = 0; i < mix->n; i++)
        mass += (double)mix->count[i] * elements_weight(mix->number[i]);
    return mass;
}

double quench_side(const quench_mix *mix, double density) {
    return cbrt(quench_mass(mix) * U_PER_A3 / density);
}

double quench_density(const quench_mix *mix, double volume) {
    return quench_mass(mix) * U_PER_A3 / volume;
}

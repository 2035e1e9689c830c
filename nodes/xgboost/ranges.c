/* Between points of the unit box and settings of the trees. Knows neither trials nor samples. */
#include "ranges.h"

#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* `least` is excluded where the range is spread by its logarithm or `open` is set. */
static const struct {
    const char *name;
    bool logarithmic, whole, open;
    double least, most;
    double published[2];
} kind[RANGES] = {
    {"max_depth", false, true, false, 1, 64, {10, 50}},
    {"eta", true, false, true, 0, 1, {0.001, 0.05}},
    {"gamma", true, false, true, 0, INFINITY, {1e-4, 10}},
    {"min_child_weight", false, false, false, 0, INFINITY, {0, 800}},
    {"subsample", false, false, true, 0, 1, {0.1, 1}},
    {"colsample_bytree", false, false, true, 0, 1, {0.1, 1}},
};

const char *ranges_name(size_t which) {
    return kind[which].name;
}

static void set(ranges *r, size_t which, double low, double high) {
    r->low[which] = low;
    r->high[which] = high;
}

static void scale(size_t n_samples, double variance, ranges *r) {
    double n = (double)n_samples;
    set(r, RANGE_MAX_DEPTH, 1, fmin(fmax(ceil(log2(n)), 2), 12));
    set(r, RANGE_ETA, 0.005, 0.3);
    set(r, RANGE_GAMMA, 1e-6 * variance, 0.3 * variance);
    set(r, RANGE_MIN_CHILD_WEIGHT, 0, n / 4);
    set(r, RANGE_SUBSAMPLE, fmin(fmax(32 / n, 0.1), 0.5), 1);
    set(r, RANGE_COLSAMPLE, 0.1, 1);
}

/* "2..8", or "8" for a setting that stays. */
static bool read_bounds(const char *text, double *low, double *high) {
    const char *end = text + strlen(text), *dots = strstr(text, "..");
    if (!dots) {
        return scan_is_number(text, end, low) && scan_is_number(text, end, high);
    }
    /* "1...5": the number before the dots may not end in one. */
    return dots[2] != '.' && scan_is_number(text, dots, low) && scan_is_number(dots + 2, end, high);
}

static rise_status override(rise_ctx *ctx, size_t i, ranges *r, rise_error *err) {
    const char *name = rise_param_key_at(ctx, "bounds", i);
    const char *text = rise_param_text_at(ctx, "bounds", i);
    size_t which = 0;
    while (which < RANGES && strcmp(kind[which].name, name) != 0) {
        which++;
    }
    if (which == RANGES) {
        rise_fail_param(ctx, err, "bounds", "`%s` is not tuned", name);
        return rise_hint(err, "max_depth, eta, gamma, min_child_weight, subsample or "
                              "colsample_bytree");
    }
    double low = 0, high = 0;
    if (!read_bounds(text, &low, &high)) {
        rise_fail_param(ctx, err, "bounds", "%s: `%.40s` is not a range", name, text);
        return rise_hint(err, "two numbers, as in {%s: \"2..8\"}", name);
    }
    bool above = kind[which].open ? low > kind[which].least : low >= kind[which].least;
    bool fits = isfinite(low) && isfinite(high) && above && high <= kind[which].most;
    if (!fits || !(low <= high)) {
        rise_fail_param(ctx, err, "bounds", "%s: %s is out of range", name, text);
        char most[32] = "";
        if (isfinite(kind[which].most)) {
            snprintf(most, sizeof most, ", up to %g", kind[which].most);
        }
        return rise_hint(err, "finite, ascending, %s %g%s", kind[which].open ? "above" : "from",
                         kind[which].least, most);
    }
    if (kind[which].whole && (low != floor(low) || high != floor(high))) {
        rise_fail_param(ctx, err, "bounds", "%s: %s is not a range of whole numbers", name, text);
        return rise_hint(err, "as in {%s: \"2..8\"}", name);
    }
    set(r, which, low, high);
    return RISE_OK;
}

static rise_status override_all(rise_ctx *ctx, ranges *r, rise_error *err) {
    rise_status status = RISE_OK;
    size_t n = rise_param_set(ctx, "bounds") ? rise_param_count(ctx, "bounds") : 0;
    for (size_t i = 0; status == RISE_OK && i < n; i++) {
        status = override(ctx, i, r, err);
    }
    return status;
}

rise_status ranges_check(rise_ctx *ctx, rise_error *err) {
    ranges ignored;
    return override_all(ctx, &ignored, err);
}

rise_status ranges_read(rise_ctx *ctx, size_t n_samples, double variance, ranges *out,
                        rise_error *err) {
    if (strcmp(rise_param_text(ctx, "ranges"), "published") == 0) {
        for (size_t k = 0; k < RANGES; k++) {
            set(out, k, kind[k].published[0], kind[k].published[1]);
        }
    } else {
        scale(n_samples, variance, out);
    }
    return override_all(ctx, out, err);
}

void ranges_settle(const ranges *r, double point[RANGES], double value[RANGES]) {
    for (size_t k = 0; k < RANGES; k++) {
        double low = r->low[k], high = r->high[k];
        if (!(high > low)) {
            point[k] = 0;
            value[k] = low;
            continue;
        }
        if (kind[k].logarithmic) {
            value[k] = exp(log(low) + point[k] * (log(high) - log(low)));
        } else {
            value[k] = low + point[k] * (high - low);
        }
        /* Rounding of exp and log must not leave the range. */
        value[k] = fmin(fmax(value[k], low), high);
        if (kind[k].whole) {
            value[k] = round(value[k]);
            point[k] = (value[k] - low) / (high - low);
        }
    }
}

void ranges_apply(const double value[RANGES], booster_settings *settings) {
    settings->max_depth = (int64_t)value[RANGE_MAX_DEPTH];
    settings->eta = value[RANGE_ETA];
    settings->gamma = value[RANGE_GAMMA];
    settings->min_child_weight = value[RANGE_MIN_CHILD_WEIGHT];
    settings->subsample = value[RANGE_SUBSAMPLE];
    settings->colsample_bytree = value[RANGE_COLSAMPLE];
}

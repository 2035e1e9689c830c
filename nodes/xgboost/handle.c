/* What every use of XGBoost needs: its messages, its matrices, its predictions. */
#include "booster_inner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

rise_status booster_failed(rise_error *err, const char *doing) {
    const char *text = xgb.XGBGetLastError();
    /* XGBoost appends a stack trace; the first line says it all. It starts with "[hh:mm:ss] ". */
    if (text[0] == '[' && strchr(text, ']')) {
        text = strchr(text, ']') + 1;
        text += text[0] == ' ';
    }
    if (strncmp(text, "std::bad_alloc", 14) == 0)
        return rise_fail_nomem(err, doing);
    int length = (int)strcspn(text, "\n");
    return rise_fail(err, RISE_E_FAILED, "XGBoost, %s: %.*s", doing, length > 300 ? 300 : length,
                     text);
}

const char *booster_version(void) {
    return "xgboost " XGB_VERSION;
}

/* ---- one handle, one matrix ------------------------------------------------------------------ */

rise_status booster_matrix(const booster_samples *s, size_t first, size_t n, DMatrixHandle *out,
                           rise_error *err) {
    const float *rows = s->features + first * s->n_features;
    if (xgb.XGDMatrixCreateFromMat_omp(rows, n, s->n_features, NAN, out, 1) != 0) {
        return booster_failed(err, "reading the features");
    }
    return RISE_OK;
}

rise_status booster_set_text(BoosterHandle h, const char *name, const char *value,
                             rise_error *err) {
    return xgb.XGBoosterSetParam(h, name, value) == 0 ? RISE_OK : booster_failed(err, name);
}

rise_status booster_ask(BoosterHandle h, DMatrixHandle matrix, int type, size_t expected,
                        const float **out, rise_error *err) {
    char config[128];
    snprintf(config, sizeof config,
             "{\"type\": %d, \"training\": false, \"iteration_begin\": 0, "
             "\"iteration_end\": 0, \"strict_shape\": false}",
             type);
    const bst_ulong *shape = NULL;
    bst_ulong rank = 0;
    if (xgb.XGBoosterPredictFromDMatrix(h, matrix, config, &shape, &rank, out) != 0) {
        return booster_failed(err, "predicting");
    }
    size_t count = 1;
    for (bst_ulong i = 0; i < rank; i++) {
        count *= shape[i];
    }
    if (count != expected) {
        return rise_fail(err, RISE_E_BUG, "XGBoost returned %zu numbers, expected %zu", count,
                         expected);
    }
    return RISE_OK;
}

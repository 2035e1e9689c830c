/* Models of XGBoost in JSON: what import accepts XGBoost can take and use, whatever stands in it.
 */
#include "fuzz.h"

#include "import/trees.h"
#include "xgboost/booster.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FEATURES = 10000 };

static size_t count_features(const uint8_t *bytes, size_t size) {
    size_t n = 0;
    json_t *root = json_loadb((const char *)bytes, size, 0, NULL);
    const json_t *learner = json_object_get(root, "learner");
    const json_t *text =
        json_object_get(json_object_get(learner, "learner_model_param"), "num_feature");
    if (json_is_string(text))
        n = strtoul(json_string_value(text), NULL, 10);
    json_decref(root);
    return n;
}

/* One sample of zeros and one of ones, down every tree. */
static void use(const booster *b, size_t n_features) {
    float *row = calloc(2 * n_features + 1, sizeof *row);
    double predicted[2];
    rise_error err = {0};
    for (size_t i = 0; row && i < n_features; i++)
        row[n_features + i] = 1;
    const booster_samples samples = {.n_samples = 2, .n_features = n_features, .features = row};
    rise_status status = row ? booster_predict(b, &samples, predicted, &err) : RISE_OK;
    if (status)
        fuzz_expect_error(status, &err);
    free(row);
}

void fuzz_trees(const uint8_t *bytes, size_t size) {
    const rise_file file = {.path = "model.json", .bytes = bytes, .size = size};
    rise_value *value = NULL;
    booster *b = NULL;
    rise_error err = {0};
    rise_status status = import_trees(&file, &value, &err);
    if (status) {
        fuzz_expect_error(status, &err);
        return;
    }
    size_t n_features = count_features(bytes, size);
    if (n_features > 0 && n_features <= MOST_FEATURES &&
        booster_load((const char *)bytes, size, &b, &err) == RISE_OK)
        use(b, n_features);
    booster_free(b);
    rise_value_release(value);
}

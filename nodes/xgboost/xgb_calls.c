#include "xgb_calls.h"

#include "kit/lazy.h"

#include <stdio.h>

xgb_calls xgb;

static const char *const names[] = {
#define F(name) #name,
    XGB_CALLS(F)
#undef F
};

static const char *loaded_version(void) {
    static char text[48]; /* under the lock of the library */
    int major = 0, minor = 0, patch = 0;
    xgb.XGBoostVersion(&major, &minor, &patch);
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
    return text;
}

static lazy_library library = {
    .file = "libxgboost.so.0",
    .package = "libxgboost0",
    .names = names,
    .n = sizeof names / sizeof *names,
    .functions = &xgb,
    .wanted = XGB_VERSION,
    .version = loaded_version,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

rise_status xgb_load(rise_error *err) {
    return lazy_load(&library, err);
}

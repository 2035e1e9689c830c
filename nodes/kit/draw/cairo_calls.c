#include "cairo_calls.h"

#include "kit/lazy.h"

cairo_calls cairo;

static const char *const names[] = {
#define F(name) "cairo_" #name,
    CAIRO_CALLS(F)
#undef F
};

static const char *version(void) {
    return cairo.version_string();
}

static lazy_library library = {
    .file = "libcairo.so.2",
    .package = "libcairo2",
    .names = names,
    .n = sizeof names / sizeof *names,
    .functions = &cairo,
    .wanted = CAIRO_VERSION_STRING,
    .version = version,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

rise_status cairo_load(rise_error *err) {
    return lazy_load(&library, err);
}

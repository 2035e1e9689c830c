/* support/sanitized: whether a sanitizer watches this program. It takes terabytes of address space
 * for itself, so that cannot be limited; tests/sanitized limits what one request may be instead. */
#ifndef TESTS_SANITIZED_H
#define TESTS_SANITIZED_H

#include <stdbool.h>

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

#endif

/* What libFuzzer calls. FUZZ_TARGET is the function of one target, given by the build. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    FUZZ_TARGET(bytes, size);
    return 0;
}

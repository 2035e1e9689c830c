/* What a store reads back: canonical bytes of a value, and entries around them. The bytes are taken
 * as they are; then as an entry whose seal is right, since no mutation would ever hit one. */
#include "fuzz.h"

#include "store/inside.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What is accepted gives the same bytes again, and can be cut into frames and joined. */
static void use(const rise_value *value, const uint8_t *bytes, size_t size) {
    buffer again = {0};
    rise_error err = {0};
    fuzz_expect(!value_encode(value, &again, &err), "a value can be encoded");
    fuzz_expect(again.size == size && memcmp(again.bytes, bytes, size) == 0,
                "canonical bytes come back");
    buffer_free(&again);
    size_t where = 0;
    (void)value_finite(value, &where);
    if (value_frame_count(value) > 0) {
        rise_value *part = NULL, *whole = NULL;
        rise_status status = value_slice(value, value_frame_count(value) - 1, &part, &err);
        if (!status)
            status = value_assemble((const rise_value *const[]){part, part}, 2, &whole, &err);
        rise_value_release(part);
        rise_value_release(whole);
    }
}

static void canonical(const uint8_t *bytes, size_t size) {
    rise_value *value = NULL;
    rise_error err = {0};
    size_t payload, element;
    value_layout(bytes, size, &payload, &element);
    fuzz_expect(payload <= size && (element == 1 || element == 4 || element == 8),
                "a layout lies inside");
    rise_status status = value_decode(bytes, size, &value, &err);
    if (status)
        fuzz_expect_error(status, &err);
    else
        use(value, bytes, size);
    rise_value_release(value);
}

static void read_entry(codec *c, const uint8_t *bytes, size_t size) {
    rise_value *value = NULL;
    rise_id digest = {{0}};
    if (size >= ENTRY_HEAD)
        memcpy(digest.byte, bytes + 16, sizeof digest.byte);
    entry_state state = entry_read(c, bytes, size, &digest, false, &value);
    fuzz_expect((state == ENTRY_GOOD) == (value != NULL), "a value if and only if it is good");
    rise_value_release(value);
}

static void sealed(codec *c, const uint8_t *bytes, size_t size) {
    uint8_t *entry = malloc(size + ENTRY_TAIL);
    fuzz_expect(entry != NULL, "memory for an entry");
    memcpy(entry, bytes, size);
    memcpy(entry, ENTRY_MAGIC, 8);
    memcpy(entry + 8, "\1\0\0\0", 4);
    for (int i = 0; i < 8; i++)
        entry[64 + i] = (uint8_t)((size - ENTRY_HEAD) >> (8 * i));
    XXH128_canonical_t sum;
    XXH128_canonicalFromHash(&sum, XXH3_128bits(entry, size));
    memcpy(entry + size, sum.digest, ENTRY_TAIL);
    read_entry(c, entry, size + ENTRY_TAIL);
    free(entry);
}

void fuzz_entry(const uint8_t *bytes, size_t size) {
    codec *c = codec_new();
    fuzz_expect(c != NULL, "memory for a codec");
    canonical(bytes, size);
    read_entry(c, bytes, size);
    if (size >= ENTRY_HEAD)
        sealed(c, bytes, size);
    codec_free(c);
}

/* Models and documents: bytes with a format tag. */
#include "value/inside.h"

#include <string.h>

rise_status rise_blob_new(rise_kind kind, const char *format, const void *bytes, size_t size,
                          rise_value **out, rise_error *err) {
    if (kind != RISE_MODEL && kind != RISE_DOCUMENT)
        return rise_fail(err, RISE_E_BUG, "bytes make a model or a document, not a %s",
                         rise_kind_name(kind));
    rise_value *v = value_new(kind);
    uint8_t *copy = v ? value_array(v, size, 1) : NULL;
    rise_status status = copy ? RISE_OK : rise_fail_nomem(err, rise_kind_name(kind));
    if (status == RISE_OK)
        status = value_name(v->as.blob.format, format, "format", err);
    if (status != RISE_OK) {
        rise_value_release(v);
        return status;
    }
    if (size)
        memcpy(copy, bytes, size);
    v->as.blob.size = size;
    v->as.blob.bytes = copy;
    *out = v;
    return RISE_OK;
}

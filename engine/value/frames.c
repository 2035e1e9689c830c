/* Frames: samples of atoms, each with the identity that its physics gives it.
 *
 * A frame's id is the SHA-256 of these bytes, little-endian:
 *   "rise frame 1\0\0\0\0"          16 bytes
 *   number of atoms                 u64
 *   cell vectors a, b, c            9 x f64, Å
 *   periodicity along a, b, c       3 x u8, 0 or 1
 *   species                         n x u8, atomic numbers
 *   positions                       n x 3 x f64, Å, as given (not wrapped)
 * where -0 counts as 0 and every NaN as the same one. Cells and positions are stored in that form
 * too, so that equal ids mean equal bytes. */
#include "value/inside.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "doubles are hashed as they lie");

rise_cell cell_canonical(const rise_cell *cell) {
    rise_cell c;
    memset(&c, 0, sizeof c);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            c.vector[i][j] = f64_canonical(cell->vector[i][j]);
        c.periodic[i] = cell->periodic[i];
    }
    return c;
}

void frame_identity(const rise_frame *frame, rise_id *out) {
    static const char domain[16] = "rise frame 1";
    uint64_t n = frame->n_atoms;
    uint8_t periodic[3];
    for (int i = 0; i < 3; i++)
        periodic[i] = frame->cell.periodic[i] ? 1 : 0;
    hash_state h;
    hash_begin(&h);
    hash_add(&h, domain, sizeof domain);
    hash_add(&h, &n, sizeof n);
    hash_add(&h, frame->cell.vector, sizeof frame->cell.vector);
    hash_add(&h, periodic, sizeof periodic);
    hash_add(&h, frame->species, frame->n_atoms);
    hash_add(&h, frame->positions, frame->n_atoms * sizeof frame->positions[0]);
    hash_end(&h, out);
}

rise_status frames_room(const size_t *n_atoms, size_t n_frames, rise_value **out, rise_error *err) {
    rise_value *v = value_new(RISE_FRAMES);
    rise_frame *frame = v ? value_array(v, n_frames, sizeof *frame) : NULL;
    bool ok = frame != NULL;
    for (size_t f = 0; ok && f < n_frames; f++) {
        frame[f].n_atoms = n_atoms[f];
        frame[f].positions = value_array(v, n_atoms[f], sizeof *frame[f].positions);
        frame[f].species = value_array(v, n_atoms[f], 1);
        ok = frame[f].positions && frame[f].species;
    }
    if (!ok) {
        rise_value_release(v);
        return rise_fail_nomem(err, "frames");
    }
    v->as.frames = (rise_frames){.n_frames = n_frames, .frame = frame};
    *out = v;
    return RISE_OK;
}

static rise_status copy(const rise_frame *const *from, size_t n_frames, bool keep_ids,
                        rise_value **out, rise_error *err) {
    arena scratch = {0};
    size_t *n_atoms = ARENA_NEW(&scratch, size_t, n_frames);
    for (size_t f = 0; n_atoms && f < n_frames; f++)
        n_atoms[f] = from[f]->n_atoms;
    rise_value *v = NULL;
    rise_status status =
        n_atoms ? frames_room(n_atoms, n_frames, &v, err) : rise_fail_nomem(err, "frames");
    arena_free(&scratch);
    if (status != RISE_OK)
        return status;
    rise_frame *frame = (rise_frame *)v->as.frames.frame; /* still ours alone */
    for (size_t f = 0; f < n_frames; f++) {
        size_t n = from[f]->n_atoms;
        double(*positions)[3] = (double(*)[3])frame[f].positions;
        frame[f].cell = cell_canonical(&from[f]->cell);
        for (size_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++)
                positions[i][k] = f64_canonical(from[f]->positions[i][k]);
        if (n)
            memcpy((uint8_t *)frame[f].species, from[f]->species, n);
        if (keep_ids)
            frame[f].id = from[f]->id;
        else
            frame_identity(&frame[f], &frame[f].id);
    }
    *out = v;
    return RISE_OK;
}

rise_status frames_copy(const rise_frame *const *frame, size_t n_frames, rise_value **out,
                        rise_error *err) {
    return copy(frame, n_frames, true, out, err);
}

rise_status rise_frames_new(const rise_frame *frame, size_t n_frames, rise_value **out,
                            rise_error *err) {
    arena scratch = {0};
    const rise_frame **list = ARENA_NEW(&scratch, const rise_frame *, n_frames);
    rise_status status = list ? RISE_OK : rise_fail_nomem(err, "frames");
    for (size_t f = 0; status == RISE_OK && f < n_frames; f++) {
        list[f] = &frame[f];
        if (frame[f].n_atoms && (!frame[f].positions || !frame[f].species))
            status =
                rise_fail(err, RISE_E_BUG, "frame %zu has %zu atoms but no positions or species", f,
                          frame[f].n_atoms);
    }
    if (status == RISE_OK)
        status = copy(list, n_frames, false, out, err);
    arena_free(&scratch);
    return status;
}

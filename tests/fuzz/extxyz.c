/* Extended XYZ: every frame, its atoms and a label. */
#include "fuzz.h"

#include "reader/extxyz.h"

#include <math.h>
#include <stdlib.h>

static rise_status read_atoms(const extxyz_reader *xyz, extxyz_frame *frame, rise_error *err) {
    static const char *const type[] = {"1", "2"};
    static const uint8_t number[] = {40, 29};
    static const species_map map = {2, type, number};
    fuzz_expect(frame->n_atoms > 0, "a frame has atoms");
    fuzz_expect(frame->n_atoms <= (size_t)(frame->end - frame->begin), "an atom takes a byte");
    double(*positions)[3] = malloc(frame->n_atoms * sizeof *positions);
    uint8_t *species = malloc(frame->n_atoms);
    rise_status status = RISE_E_NOMEM;
    if (positions && species)
        status = extxyz_atoms(xyz, frame, &map, positions, species, err);
    for (size_t i = 0; !status && i < frame->n_atoms; i++) {
        fuzz_expect(species[i] >= 1 && species[i] <= 118, "a species is an element");
        fuzz_expect(isfinite(positions[i][0] + positions[i][1] + positions[i][2]) ||
                        fabs(positions[i][0]) > 1e300 || fabs(positions[i][1]) > 1e300 ||
                        fabs(positions[i][2]) > 1e300,
                    "a position is finite");
    }
    free(positions);
    free(species);
    return status;
}

void fuzz_extxyz(const uint8_t *bytes, size_t size) {
    extxyz_reader xyz;
    extxyz_open(&xyz, "a.extxyz", bytes, size);
    rise_error err = {0};
    rise_status status = RISE_OK;
    for (bool more = true; !status && more;) {
        extxyz_frame frame;
        status = extxyz_next(&xyz, &frame, &more, &err);
        if (status || !more)
            break;
        rise_error no_label = {0};
        double energy = 0;
        rise_status label = extxyz_label(&xyz, &frame, "energy", &energy, &no_label);
        if (label)
            fuzz_expect_error(label, &no_label);
        else
            fuzz_expect(isfinite(energy), "a label is finite");
        status = read_atoms(&xyz, &frame, &err);
    }
    if (status)
        fuzz_expect_error(status, &err);
}

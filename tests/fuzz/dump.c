/* LAMMPS dumps: every frame and its atoms, with a last frame that is not complete left out or not.
 */
#include "fuzz.h"

#include "reader/lammps_dump.h"

#include <math.h>
#include <stdlib.h>

static rise_status read_atoms(const lammps_dump *dump, const dump_frame *frame, rise_error *err) {
    static const char *const type[] = {"1", "2", "Si"};
    static const uint8_t number[] = {40, 29, 14};
    static const species_map map = {3, type, number};
    fuzz_expect(frame->n_atoms > 0, "a frame has atoms");
    fuzz_expect(frame->n_atoms <= (size_t)(frame->end - frame->begin), "an atom takes a byte");
    double(*positions)[3] = malloc(frame->n_atoms * sizeof *positions);
    uint8_t *species = malloc(frame->n_atoms);
    rise_status status = RISE_E_NOMEM;
    if (positions && species)
        status = lammps_dump_atoms(dump, frame, &map, positions, species, err);
    for (size_t i = 0; !status && i < frame->n_atoms; i++)
        fuzz_expect(species[i] >= 1 && species[i] <= 118, "a species is an element");
    free(positions);
    free(species);
    return status;
}

static void read_all(const uint8_t *bytes, size_t size, bool leave_out) {
    lammps_dump dump;
    rise_error err = {0};
    rise_status status = RISE_OK;
    lammps_dump_open(&dump, "a.dump", bytes, size);
    dump.leave_out = leave_out;
    for (bool more = true; !status && more;) {
        dump_frame frame;
        status = lammps_dump_next(&dump, &frame, &more, &err);
        if (!status && more)
            status = read_atoms(&dump, &frame, &err);
    }
    if (status)
        fuzz_expect_error(status, &err);
    fuzz_expect(!(leave_out && dump.cut && status), "what is left out is no error");
}

void fuzz_dump(const uint8_t *bytes, size_t size) {
    (void)lammps_dump_looks_like(bytes, size);
    read_all(bytes, size, false);
    read_all(bytes, size, true);
}

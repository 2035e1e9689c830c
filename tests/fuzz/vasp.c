/* POSCAR and XDATCAR: every configuration and its atoms. */
#include "fuzz.h"

#include "reader/vasp.h"

#include <math.h>
#include <stdlib.h>

static rise_status read_atoms(const vasp_reader *vasp, const vasp_frame *frame, rise_error *err) {
    static const char *const type[] = {"1", "2"};
    static const uint8_t number[] = {40, 29};
    static const species_map map = {2, type, number};
    size_t n = vasp->head.n_atoms;
    fuzz_expect(n > 0, "a frame has atoms");
    fuzz_expect(n <= (size_t)(frame->end - frame->begin), "an atom takes a byte");
    double(*positions)[3] = malloc(n * sizeof *positions);
    uint8_t *species = malloc(n);
    rise_status status = RISE_E_NOMEM;
    if (positions && species)
        status = vasp_atoms(vasp, frame, &map, positions, species, err);
    for (size_t i = 0; !status && i < n; i++)
        fuzz_expect(species[i] >= 1 && species[i] <= 118, "a species is an element");
    free(positions);
    free(species);
    return status;
}

static void read_all(const uint8_t *bytes, size_t size, bool leave_out) {
    vasp_reader vasp;
    rise_error err = {0};
    rise_status status = RISE_OK;
    vasp_open(&vasp, "POSCAR", bytes, size);
    vasp.leave_out = leave_out;
    for (bool more = true; !status && more;) {
        vasp_frame frame;
        status = vasp_next(&vasp, &frame, &more, &err);
        if (!status && more)
            status = read_atoms(&vasp, &frame, &err);
    }
    if (status)
        fuzz_expect_error(status, &err);
}

void fuzz_vasp(const uint8_t *bytes, size_t size) {
    (void)vasp_looks_like(bytes, size);
    read_all(bytes, size, false);
    read_all(bytes, size, true);
}

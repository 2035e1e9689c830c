/* LAMMPS data files, with the style from the hint or the columns and with a style that is given. */
#include "fuzz.h"

#include "reader/lammps_data.h"

static void parse(const uint8_t *bytes, size_t size, const char *style, const species_map *map) {
    lammps_data data = {0};
    rise_error err = {0};
    rise_status status = lammps_data_parse("a.data", bytes, size, style, map, &data, &err);
    if (status) {
        fuzz_expect_error(status, &err);
        return;
    }
    fuzz_expect(data.n_atoms > 0 && data.n_atoms <= size, "an atom takes a byte");
    for (size_t i = 0; i < data.n_atoms; i++)
        fuzz_expect(data.species[i] >= 1 && data.species[i] <= 118, "a species is an element");
    lammps_data_free(&data);
}

void fuzz_lammps(const uint8_t *bytes, size_t size) {
    static const char *const type[] = {"1", "2", "Si"};
    static const uint8_t number[] = {40, 29, 14};
    static const species_map map = {3, type, number};
    (void)lammps_data_looks_like(bytes, size);
    parse(bytes, size, NULL, NULL);
    parse(bytes, size, NULL, &map);
    parse(bytes, size, "full", &map);
}

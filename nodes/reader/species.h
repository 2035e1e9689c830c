/* reader/species.h: names of atoms in files -> atomic numbers. */
#ifndef READER_SPECIES_H
#define READER_SPECIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the user says: type (as it stands in the file) -> element. Read before all else. */
typedef struct species_map {
    size_t n;
    const char *const *type; /* [n] */
    const uint8_t *number;   /* [n] */
} species_map;

/* Found in the map. */
bool species_map_find(const species_map *map, const char *name, size_t size, uint8_t *number);
/* A symbol (case matters). */
bool species_symbol(const char *name, size_t size, uint8_t *number);
/* A decimal atomic number, 1..118. */
bool species_number(const char *name, size_t size, uint8_t *number);

#endif

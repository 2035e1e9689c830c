/* reader/species.c: names of atoms -> atomic numbers. Knows nothing of file formats. */
#include "species.h"

#include "kit/scan.h"
#include <rise/value.h>

#include <string.h>

bool species_map_find(const species_map *map, const char *name, size_t size, uint8_t *number) {
    for (size_t i = 0; map != NULL && i < map->n; i++)
        if (strlen(map->type[i]) == size && memcmp(map->type[i], name, size) == 0) {
            *number = map->number[i];
            return true;
        }
    return false;
}

bool species_symbol(const char *name, size_t size, uint8_t *number) {
    char symbol[4];
    if (size == 0 || size >= sizeof symbol)
        return false;
    memcpy(symbol, name, size);
    symbol[size] = '\0';
    int z = rise_element_number(symbol);
    *number = (uint8_t)z;
    return z > 0;
}

bool species_number(const char *name, size_t size, uint8_t *number) {
    int64_t z;
    if (!scan_is_integer(name, name + size, &z) || z < 1 || z > 118)
        return false;
    *number = (uint8_t)z;
    return true;
}

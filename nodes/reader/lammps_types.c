/* reader/lammps_types.c: types -> elements. Nothing is guessed: a mass is a hint for the user, and
 * makes no atom an element. */
#include "lammps_inner.h"

#include "kit/elements.h"
#include "kit/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the user, a type label and a comment in Masses say; zeros where they do not. */
typedef struct said {
    uint8_t map, label, comment;
} said;

static said said_of(const lammps_type *type, size_t t, const species_map *map) {
    said s = {0};
    char id[32];
    int n = snprintf(id, sizeof id, "%zu", t);
    const word *l = &type[t - 1].label, *c = &type[t - 1].comment;
    if (!species_map_find(map, id, (size_t)n, &s.map) && l->p != NULL)
        species_map_find(map, l->p, (size_t)(l->end - l->p), &s.map);
    if (l->p != NULL)
        species_symbol(l->p, (size_t)(l->end - l->p), &s.label);
    if (c->p != NULL)
        species_symbol(c->p, (size_t)(c->end - c->p), &s.comment);
    return s;
}

/* The one element of about this mass; NULL where there are two, or none. 1 is also the mass of
 * those who have no unit of it. */
static const char *element_of_mass(double mass) {
    static const double near = 0.1; /* u: 91.22, 16 and 28 are rounded weights */
    int found = 0, n = 0;
    for (int z = 1; z <= 118; z++)
        if (fabs(elements_weight(z) - mass) < near) {
            found = z;
            n++;
        }
    return n == 1 && mass != 1 ? rise_element_symbol(found) : NULL;
}

/* "1: Zr, 2: ELEMENT"; false where no mass says more than ELEMENT. */
static bool hint_of_masses(const lammps_type *type, size_t n_types, const species_map *map,
                           char text[120]) {
    size_t at = 0;
    bool any = false;
    for (size_t t = 1; t <= n_types; t++) {
        said s = said_of(type, t, map);
        int z = s.map ? s.map : s.label ? s.label : s.comment;
        const char *by_mass = z ? NULL : element_of_mass(type[t - 1].mass);
        const char *symbol = z ? rise_element_symbol(z) : by_mass ? by_mass : "ELEMENT";
        any = any || by_mass != NULL;
        if (at > 90) {
            snprintf(text + at, 120 - at, ", ...");
            break;
        }
        at += (size_t)snprintf(text + at, 120 - at, "%s%zu: %s", t > 1 ? ", " : "", t, symbol);
    }
    return any;
}

rise_status lammps_element(const text_lines *text, long line, const lammps_type *type,
                           size_t n_types, size_t t, const species_map *map, uint8_t *number,
                           rise_error *err) {
    said s = said_of(type, t, map);
    char shown[120];
    *number = s.map ? s.map : s.label ? s.label : s.comment;
    if (!s.map && s.label && s.comment && s.label != s.comment) {
        rise_fail_at(err, RISE_E_DATA, text->path, line, 0,
                     "atom type %zu: the type label says %s, the comment in Masses says %s", t,
                     rise_element_symbol(s.label), rise_element_symbol(s.comment));
        return rise_hint(err, "say which element it is: species: {%zu: ELEMENT}", t);
    }
    if (*number)
        return RISE_OK;
    rise_fail_at(
        err, RISE_E_DATA, text->path, line, 0,
        "which element is atom type %zu? Neither a type label nor a comment in Masses says", t);
    if (hint_of_masses(type, n_types, map, shown))
        return rise_hint(err, "after their masses they may be, if you agree: species: {%s}", shown);
    return rise_hint(err, "species: {%zu: ELEMENT}, for each type of the file", t);
}

/* soap/kernels_ref.c: the reference kernels in float and double: the specification of the overlays,
 * and what runs where there is none. */
#include "kernels_place.h"

#define REAL float
#define NAME(x) x##_float
#include "kernels_real.h"
#undef REAL
#undef NAME

#define REAL double
#define NAME(x) x##_double
#include "kernels_real.h"
#undef REAL
#undef NAME

const soap_kernels soap_kernels_float = {"reference", sizeof(float), room_float, expand_float,
                                         power_float};
const soap_kernels soap_kernels_double = {"reference", sizeof(double), room_double, expand_double,
                                          power_double};

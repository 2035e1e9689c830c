/* soap/harmonics.c: constants of the recurrence for real orthonormal spherical harmonics.
 *
 *   Q_mm = sqrt((2m+1)/(4 pi) prod_{k=1..m} (2k-1)/(2k)),  times sqrt(2) for m > 0
 *   Q_lm = a_lm z Q_{l-1,m} - a_lm b_lm Q_{l-2,m}
 *   a_lm = sqrt((4 l^2 - 1)/(l^2 - m^2)),  b_lm = sqrt(((l-1)^2 - m^2)/(4 (l-1)^2 - 1))
 *   Y_lm = Q_lm Re (x+iy)^m,  Y_l-m = Q_lm Im (x+iy)^m
 * Upwards in l at fixed m this is stable; there are no poles and no angles. Signs (Condon-Shortley)
 * do not matter to the power spectrum. */
#include "kernels.h"

#include <math.h>

void soap_harmonics_init(soap_harmonics *constants) {
    double four_pi = 4 * 3.14159265358979323846;
    double product = 1;
    for (size_t m = 0; m <= SOAP_L_MAX; m++) {
        double order = (double)m;
        if (m > 0)
            product *= (2 * order - 1) / (2 * order);
        constants->diagonal[m] = sqrt((m > 0 ? 2 : 1) * (2 * order + 1) * product / four_pi);
        constants->turn[m] = m > 0 ? constants->diagonal[m] / constants->diagonal[m - 1] : 0;
        constants->diagonal_single[m] = (float)constants->diagonal[m];
        constants->turn_single[m] = (float)constants->turn[m];
        for (size_t l = 0; l <= SOAP_L_MAX + 1; l++) {
            double degree = (double)l, below = degree - 1;
            double up = 0, back = 0;
            if (l > m) {
                up = sqrt((4 * degree * degree - 1) / (degree * degree - order * order));
                back = up * sqrt((below * below - order * order) / (4 * below * below - 1));
            }
            constants->up[l][m] = up;
            constants->back[l][m] = back;
            constants->up_single[l][m] = (float)up;
            constants->back_single[l][m] = (float)back;
        }
    }
}

/* soap/quad.c: a few functions in >= 113-bit arithmetic; knows no physics. */
#include "quad.h"

#include <math.h>

/* Constants as sums of doubles: 53 bits each, exact where a literal would stop at 64. */
quad quad_pi(void) {
    return (quad)3.141592653589793116e+00 + (quad)1.224646799147353207e-16 +
           (quad)-2.994769809718339666e-33;
}

static quad quad_ln2(void) {
    return (quad)6.931471805599452862e-01 + (quad)2.319046813846299558e-17 +
           (quad)5.707708438416212066e-34;
}

quad quad_sqrt(quad x) {
    if (!(x > 0))
        return 0;
    /* Newton doubles the 53 bits of the start twice; x may lie below the range of double */
    quad scale = 1;
    while (x < (quad)1e-200) {
        x *= (quad)0x1p400;
        scale *= (quad)0x1p-200;
    }
    quad y = (quad)sqrt((double)x);
    for (int i = 0; i < 3; i++)
        y = (y + x / y) / 2;
    return y * scale;
}

/* exp(x) = 2^n exp(s)^256 with |s| < 0.0014: thirteen terms of the series are enough. */
quad quad_exp(quad x) {
    if (x < -650)
        return 0;
    double n = rint((double)x / 0.69314718055994530942);
    quad s = (x - (quad)n * quad_ln2()) / 256;
    quad term = 1, sum = 1;
    for (int i = 1; i <= 14; i++) {
        term = term * s / i;
        sum += term;
    }
    for (int i = 0; i < 8; i++)
        sum *= sum;
    return sum * (quad)ldexp(1, (int)n);
}

/* Halley's step on exp(y) = x cubes the error of the double it starts from. */
quad quad_log(quad x) {
    quad y = (quad)log((double)x);
    for (int i = 0; i < 2; i++) {
        quad e = quad_exp(y);
        y += 2 * (x - e) / (x + e);
    }
    return y;
}

/* Rotation in the plane (p, q) that makes a[p][q] zero. */
static void rotate(size_t n, quad *a, quad *v, size_t p, size_t q) {
    quad theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    quad t = 1 / (quad_abs(theta) + quad_sqrt(theta * theta + 1));
    if (theta < 0)
        t = -t;
    quad c = 1 / quad_sqrt(t * t + 1), s = t * c;
    for (size_t i = 0; i < n; i++) {
        quad ip = a[i * n + p], iq = a[i * n + q];
        a[i * n + p] = c * ip - s * iq;
        a[i * n + q] = s * ip + c * iq;
    }
    for (size_t i = 0; i < n; i++) {
        quad pi = a[p * n + i], qi = a[q * n + i];
        a[p * n + i] = c * pi - s * qi;
        a[q * n + i] = s * pi + c * qi;
        quad vp = v[i * n + p], vq = v[i * n + q];
        v[i * n + p] = c * vp - s * vq;
        v[i * n + q] = s * vp + c * vq;
    }
    a[p * n + q] = a[q * n + p] = 0;
}

bool quad_eigen(size_t n, quad *a, quad *w, quad *v) {
    quad largest = 0;
    for (size_t i = 0; i < n * n; i++) {
        v[i] = i % (n + 1) == 0;
        largest = quad_abs(a[i]) > largest ? quad_abs(a[i]) : largest;
    }
    /* 2^-115: below the last bit of the largest element */
    quad nothing = largest * (quad)0x1p-115;
    for (int sweep = 0; sweep < 60; sweep++) {
        bool rotated = false;
        for (size_t p = 0; p + 1 < n; p++) {
            for (size_t q = p + 1; q < n; q++) {
                if (!(quad_abs(a[p * n + q]) <= nothing)) {
                    rotate(n, a, v, p, q);
                    rotated = true;
                }
            }
        }
        if (!rotated) {
            for (size_t i = 0; i < n; i++)
                w[i] = a[i * n + i];
            return true;
        }
    }
    return false;
}

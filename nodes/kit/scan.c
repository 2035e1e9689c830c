/* kit/scan.c: numbers in text, both ways. Knows nothing of files, lines or columns.
 *
 * Three ways to read a number: exact double arithmetic when digits and power of ten are both exact
 * in a double (W. D. Clinger, PLDI 1990); one 128-bit product for up to 19 digits and small powers
 * (D. Lemire, Software: Practice and Experience 51, 2021); strtod_l in the C locale for the rest.
 */
#include "kit/scan.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_NUMBER_LENGTH 1000
#define MAX_POWER 30 /* of the 128-bit product */

__extension__ typedef unsigned __int128 u128;

static const double exact_power[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The top 128 bits of 5^q, rounded up for negative q. */
static const uint64_t power_of_five[2 * MAX_POWER + 1][2] = {
    {0xa2425ff75e14fc31u, 0xa1258379a94d028du}, /* 5^-30 */
    {0xcad2f7f5359a3b3eu, 0x096ee45813a04330u}, /* 5^-29 */
    {0xfd87b5f28300ca0du, 0x8bca9d6e188853fcu}, /* 5^-28 */
    {0x9e74d1b791e07e48u, 0x775ea264cf55347eu}, /* 5^-27 */
    {0xc612062576589ddau, 0x95364afe032a819eu}, /* 5^-26 */
    {0xf79687aed3eec551u, 0x3a83ddbd83f52205u}, /* 5^-25 */
    {0x9abe14cd44753b52u, 0xc4926a9672793543u}, /* 5^-24 */
    {0xc16d9a0095928a27u, 0x75b7053c0f178294u}, /* 5^-23 */
    {0xf1c90080baf72cb1u, 0x5324c68b12dd6339u}, /* 5^-22 */
    {0x971da05074da7beeu, 0xd3f6fc16ebca5e04u}, /* 5^-21 */
    {0xbce5086492111aeau, 0x88f4bb1ca6bcf585u}, /* 5^-20 */
    {0xec1e4a7db69561a5u, 0x2b31e9e3d06c32e6u}, /* 5^-19 */
    {0x9392ee8e921d5d07u, 0x3aff322e62439fd0u}, /* 5^-18 */
    {0xb877aa3236a4b449u, 0x09befeb9fad487c3u}, /* 5^-17 */
    {0xe69594bec44de15bu, 0x4c2ebe687989a9b4u}, /* 5^-16 */
    {0x901d7cf73ab0acd9u, 0x0f9d37014bf60a11u}, /* 5^-15 */
    {0xb424dc35095cd80fu, 0x538484c19ef38c95u}, /* 5^-14 */
    {0xe12e13424bb40e13u, 0x2865a5f206b06fbau}, /* 5^-13 */
    {0x8cbccc096f5088cbu, 0xf93f87b7442e45d4u}, /* 5^-12 */
    {0xafebff0bcb24aafeu, 0xf78f69a51539d749u}, /* 5^-11 */
    {0xdbe6fecebdedd5beu, 0xb573440e5a884d1cu}, /* 5^-10 */
    {0x89705f4136b4a597u, 0x31680a88f8953031u}, /* 5^-9 */
    {0xabcc77118461cefcu, 0xfdc20d2b36ba7c3eu}, /* 5^-8 */
    {0xd6bf94d5e57a42bcu, 0x3d32907604691b4du}, /* 5^-7 */
    {0x8637bd05af6c69b5u, 0xa63f9a49c2c1b110u}, /* 5^-6 */
    {0xa7c5ac471b478423u, 0x0fcf80dc33721d54u}, /* 5^-5 */
    {0xd1b71758e219652bu, 0xd3c36113404ea4a9u}, /* 5^-4 */
    {0x83126e978d4fdf3bu, 0x645a1cac083126eau}, /* 5^-3 */
    {0xa3d70a3d70a3d70au, 0x3d70a3d70a3d70a4u}, /* 5^-2 */
    {0xccccccccccccccccu, 0xcccccccccccccccdu}, /* 5^-1 */
    {0x8000000000000000u, 0x0000000000000000u}, /* 5^0 */
    {0xa000000000000000u, 0x0000000000000000u}, /* 5^1 */
    {0xc800000000000000u, 0x0000000000000000u}, /* 5^2 */
    {0xfa00000000000000u, 0x0000000000000000u}, /* 5^3 */
    {0x9c40000000000000u, 0x0000000000000000u}, /* 5^4 */
    {0xc350000000000000u, 0x0000000000000000u}, /* 5^5 */
    {0xf424000000000000u, 0x0000000000000000u}, /* 5^6 */
    {0x9896800000000000u, 0x0000000000000000u}, /* 5^7 */
    {0xbebc200000000000u, 0x0000000000000000u}, /* 5^8 */
    {0xee6b280000000000u, 0x0000000000000000u}, /* 5^9 */
    {0x9502f90000000000u, 0x0000000000000000u}, /* 5^10 */
    {0xba43b74000000000u, 0x0000000000000000u}, /* 5^11 */
    {0xe8d4a51000000000u, 0x0000000000000000u}, /* 5^12 */
    {0x9184e72a00000000u, 0x0000000000000000u}, /* 5^13 */
    {0xb5e620f480000000u, 0x0000000000000000u}, /* 5^14 */
    {0xe35fa931a0000000u, 0x0000000000000000u}, /* 5^15 */
    {0x8e1bc9bf04000000u, 0x0000000000000000u}, /* 5^16 */
    {0xb1a2bc2ec5000000u, 0x0000000000000000u}, /* 5^17 */
    {0xde0b6b3a76400000u, 0x0000000000000000u}, /* 5^18 */
    {0x8ac7230489e80000u, 0x0000000000000000u}, /* 5^19 */
    {0xad78ebc5ac620000u, 0x0000000000000000u}, /* 5^20 */
    {0xd8d726b7177a8000u, 0x0000000000000000u}, /* 5^21 */
    {0x878678326eac9000u, 0x0000000000000000u}, /* 5^22 */
    {0xa968163f0a57b400u, 0x0000000000000000u}, /* 5^23 */
    {0xd3c21bcecceda100u, 0x0000000000000000u}, /* 5^24 */
    {0x84595161401484a0u, 0x0000000000000000u}, /* 5^25 */
    {0xa56fa5b99019a5c8u, 0x0000000000000000u}, /* 5^26 */
    {0xcecb8f27f4200f3au, 0x0000000000000000u}, /* 5^27 */
    {0x813f3978f8940984u, 0x4000000000000000u}, /* 5^28 */
    {0xa18f07d736b90be5u, 0x5000000000000000u}, /* 5^29 */
    {0xc9f2c9cd04674edeu, 0xa400000000000000u}, /* 5^30 */
};

/* w * 10^q correctly rounded, for 0 < w and |q| <= MAX_POWER: such results are always normal. */
static double product(uint64_t w, int q) {
    const uint64_t *five = power_of_five[q + MAX_POWER];
    int zeros = __builtin_clzll(w);
    uint64_t m = w << zeros;
    u128 high = (u128)m * five[0];
    uint64_t upper = (uint64_t)(high >> 64), lower = (uint64_t)high;
    if ((upper & 0x1FF) == 0x1FF) { /* the lower half of the power may carry into the result */
        uint64_t carry = (uint64_t)(((u128)m * five[1]) >> 64);
        lower += carry;
        if (lower < carry)
            upper++;
    }
    int top = (int)(upper >> 63);
    int shift = top + 9; /* leaves 54 bits: the mantissa and one to round */
    uint64_t mantissa = upper >> shift;
    /* floor(q log2(10)) + 63, see the paper; the bias of a double is 1023 */
    int exponent = (((152170 + 65536) * q) >> 16) + 63 + top - zeros + 1023;
    bool tie =
        lower <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && (mantissa << shift) == upper;
    if (tie)
        mantissa &= ~(uint64_t)1;
    mantissa += mantissa & 1;
    mantissa >>= 1;
    if (mantissa >= (uint64_t)2 << 52) {
        mantissa = (uint64_t)1 << 52;
        exponent++;
    }
    uint64_t bits = (mantissa & (((uint64_t)1 << 52) - 1)) | (uint64_t)exponent << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* [p, end) holds a well-formed number. */
static bool slow_number(const char *p, const char *end, double *value) {
    char copy[MAX_NUMBER_LENGTH + 1];
    size_t n = (size_t)(end - p);
    if (n > MAX_NUMBER_LENGTH)
        return false;
    for (size_t i = 0; i < n; i++)
        copy[i] = p[i] == 'd' || p[i] == 'D' ? 'e' : p[i];
    copy[n] = '\0';
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return false;
    *value = strtod_l(copy, NULL, plain);
    freelocale(plain);
    return true;
}

static const char *named_number(const char *p, const char *end, bool minus, double *value) {
    static const struct {
        const char *name;
        size_t size;
        double value;
    } names[] = {{"infinity", 8, HUGE_VAL}, {"inf", 3, HUGE_VAL}, {"nan", 3, NAN}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((size_t)(end - p) >= names[i].size &&
            strncasecmp(p, names[i].name, names[i].size) == 0) {
            *value = minus ? -names[i].value : names[i].value;
            return p + names[i].size;
        }
    return NULL;
}

/* [eEdD [+-] digits] at p; p itself when there is no complete exponent. */
static const char *read_exponent(const char *p, const char *end, long *exponent) {
    if (p >= end || (*p != 'e' && *p != 'E' && *p != 'd' && *p != 'D'))
        return p;
    const char *q = p + 1;
    bool minus = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+'))
        q++;
    if (q >= end || !scan_is_digit(*q))
        return p;
    long e = 0;
    for (; q < end && scan_is_digit(*q); q++)
        if (e < 100000)
            e = e * 10 + (*q - '0');
    *exponent += minus ? -e : e;
    return q;
}

const char *scan_number(const char *p, const char *end, double *value) {
    const char *start = p;
    bool minus = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    const char *digits = p;
    uint64_t w = 0;
    for (; p < end && scan_is_digit(*p); p++)
        w = w * 10 + (uint64_t)(*p - '0');
    size_t n_digits = (size_t)(p - digits);
    long exponent = 0;
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        for (; p < end && scan_is_digit(*p); p++)
            w = w * 10 + (uint64_t)(*p - '0');
        n_digits += (size_t)(p - fraction);
        exponent = -(long)(p - fraction);
    }
    if (n_digits == 0)
        return named_number(digits, end, minus, value);
    p = read_exponent(p, end, &exponent);
    if (n_digits > 19) { /* leading zeros are no digits; beyond 19, w has overflowed */
        for (const char *z = digits; z < p && (*z == '0' || *z == '.'); z++)
            n_digits -= *z == '0';
        if (n_digits > 19)
            return slow_number(start, p, value) ? p : NULL;
    }
    double v;
    if (w == 0)
        v = 0.0;
    else if (w <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22)
        v = exponent < 0 ? (double)w / exact_power[-exponent] : (double)w * exact_power[exponent];
    else if (exponent >= -MAX_POWER && exponent <= MAX_POWER)
        v = product(w, (int)exponent);
    else
        return slow_number(start, p, value) ? p : NULL;
    *value = minus ? -v : v;
    return p;
}

const char *scan_integer(const char *p, const char *end, int64_t *value) {
    bool minus = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p >= end || !scan_is_digit(*p))
        return NULL;
    int64_t v = 0; /* kept negative: that side is one larger */
    for (; p < end && scan_is_digit(*p); p++)
        if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
            __builtin_sub_overflow(v, (int64_t)(*p - '0'), &v))
            return NULL;
    if (!minus && v == INT64_MIN)
        return NULL;
    *value = minus ? v : -v;
    return p;
}

bool scan_is_number(const char *p, const char *end, double *value) {
    return p < end && scan_number(p, end, value) == end;
}

bool scan_is_integer(const char *p, const char *end, int64_t *value) {
    return p < end && scan_integer(p, end, value) == end;
}

/* The fewest of `from` .. `to` significant digits that read back to the same number. */
static size_t write_digits(char *text, double value, int from, int to, bool single) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = plain == (locale_t)0 ? (locale_t)0 : uselocale(plain);
    int n = 0;
    for (int digits = from; digits <= to; digits++) {
        n = snprintf(text, SCAN_NUMBER_MAX, "%.*g", digits, value);
        double back = 0.0;
        scan_number(text, text + n, &back);
        if (single ? (float)back == (float)value : back == value)
            break;
    }
    if (plain != (locale_t)0) {
        uselocale(before);
        freelocale(plain);
    }
    return (size_t)n;
}

/* `scaled` / 10^decimals as fixed decimals. */
static size_t write_fixed(char *text, uint64_t scaled, int decimals, bool minus) {
    char reversed[SCAN_NUMBER_MAX];
    size_t n = 0, length = 0;
    for (int i = 0; scaled > 0 || i <= decimals; i++) {
        if (i == decimals && decimals > 0)
            reversed[n++] = '.';
        reversed[n++] = (char)('0' + scaled % 10);
        scaled /= 10;
    }
    if (minus)
        text[length++] = '-';
    while (n > 0)
        text[length++] = reversed[--n];
    text[length] = '\0';
    return length;
}

/* Numbers of few decimals, which most positions and energies are: r / 10^k is rounded once, and so
 * is the reading of that text, so equality proves that the text reads back to `value`. */
static size_t write_short(char *text, double value, bool single) {
    double size = fabs(value);
    if (!(size < 1e12) || (size != 0.0 && size < 1e-5))
        return 0;
    for (int k = 0; k <= 9; k++) {
        double r = nearbyint(size * exact_power[k]);
        if (r >= 9007199254740992.0)
            return 0;
        double back = r / exact_power[k];
        if (single ? (float)back == (float)size : back == size)
            return write_fixed(text, (uint64_t)r, k, signbit(value) != 0);
    }
    return 0;
}

static size_t write_real(char *text, double value, int from, int to, bool single) {
    if (isnan(value))
        return (size_t)snprintf(text, SCAN_NUMBER_MAX, "nan");
    if (isinf(value))
        return (size_t)snprintf(text, SCAN_NUMBER_MAX, value < 0 ? "-inf" : "inf");
    size_t n = write_short(text, value, single);
    return n > 0 ? n : write_digits(text, value, from, to, single);
}

size_t scan_write_f64(char text[SCAN_NUMBER_MAX], double value) {
    return write_real(text, value, 15, 17, false);
}

size_t scan_write_f32(char text[SCAN_NUMBER_MAX], float value) {
    return write_real(text, (double)value, 6, 9, true);
}

size_t scan_write_i64(char text[SCAN_NUMBER_MAX], int64_t value) {
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return write_fixed(text, size, 0, value < 0);
}

const char *scan_excerpt(char out[SCAN_EXCERPT_MAX], const char *p, const char *end) {
    size_t n = (size_t)(end - p), kept = n > 40 ? 40 : n;
    /* never cut inside a UTF-8 character */
    while (kept < n && kept > 0 && ((unsigned char)p[kept] & 0xC0) == 0x80)
        kept--;
    for (size_t i = 0; i < kept; i++)
        out[i] = (unsigned char)p[i] < 0x20 || p[i] == 0x7F ? '?' : p[i];
    memcpy(out + kept, n > kept ? "..." : "", n > kept ? 4 : 1);
    return out;
}

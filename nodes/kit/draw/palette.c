/* Colours that everybody can tell apart. Knows nothing of data or cairo.
 *
 * Series: M. Okabe and K. Ito, Color Universal Design (2008), yellow left out (too pale on white).
 * Heat: viridis (S. van der Walt and N. Smith, 2015, CC0) at 17 points; greys and the signed map
 * are interpolated between the anchors below. */
#include "draw_inner.h"

#include <math.h>

static const unsigned char okabe_ito[7][3] = {
    {0, 114, 178}, {213, 94, 0},   {0, 158, 115}, {204, 121, 167},
    {230, 159, 0}, {86, 180, 233}, {0, 0, 0},
};

static const unsigned char viridis[17][3] = {
    {68, 1, 84},    {72, 24, 106},  {71, 45, 123},  {66, 64, 134},  {59, 82, 139},  {51, 99, 141},
    {44, 114, 142}, {38, 130, 142}, {33, 145, 140}, {31, 159, 136}, {39, 173, 129}, {61, 188, 116},
    {92, 200, 99},  {129, 211, 77}, {170, 220, 50}, {213, 226, 26}, {253, 231, 37},
};

static const unsigned char grey[2][3] = {{250, 250, 250}, {38, 38, 38}};

static const unsigned char balance[5][3] = {
    {0, 72, 120}, {72, 152, 202}, {247, 247, 247}, {232, 142, 82}, {158, 62, 0},
};

static const struct {
    size_t n;
    const unsigned char (*anchor)[3];
} maps[] = {[DRAW_VIRIDIS] = {17, viridis}, [DRAW_GREY] = {2, grey}, [DRAW_BALANCE] = {5, balance}};

draw_rgb draw_series_colour(size_t series) {
    const unsigned char *c = okabe_ito[series % 7];
    return (draw_rgb){c[0] / 255.0, c[1] / 255.0, c[2] / 255.0};
}

draw_rgb draw_map_colour(draw_map map, double t) {
    size_t last = maps[map].n - 1;
    double at = (t > 0 ? t < 1 ? t : 1 : 0) * (double)last;
    size_t i = (size_t)at < last ? (size_t)at : last - 1;
    double part = at - (double)i;
    const unsigned char *a = maps[map].anchor[i], *b = maps[map].anchor[i + 1];
    return (draw_rgb){(a[0] + part * (b[0] - a[0])) / 255.0, (a[1] + part * (b[1] - a[1])) / 255.0,
                      (a[2] + part * (b[2] - a[2])) / 255.0};
}

static double linear(double v) {
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

double draw_luminance(draw_rgb c) {
    return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

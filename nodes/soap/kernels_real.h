/* soap/kernels_real.h: the reference kernels, for REAL = float or double; included by
 * kernels_ref.c once for each, with NAME(x) giving the function's name.
 *
 * Room: radial [SOAP_CHUNK][n_max] of one l and harmonic [(l_max+1)^2][SOAP_CHUNK], or the Gram
 * matrix of one l. */

static size_t NAME(room)(const soap_shape *shape) {
    size_t expand = SOAP_CHUNK * (shape->n_max + shape->n_lm);
    size_t power = shape->n_channels * shape->n_channels;
    return expand > power ? expand : power;
}

static void NAME(radial)(const soap_table *table, const soap_places *places, size_t n_near,
                         size_t l, REAL *radial) {
    const REAL *rows = (const REAL *)table->rows + l * table->n_rows * table->width;
    for (size_t j = 0; j < n_near; j++) {
        const REAL *row = rows + places->row[j] * table->width;
        for (size_t n = 0; n < table->n_max; n++) {
            REAL sum = 0;
            for (size_t k = 0; k <= table->degree; k++)
                sum += (REAL)places->weight[k][j] * row[k * table->width + n];
            radial[j * table->n_max + n] = sum;
        }
    }
}

/* Q_lm(z) = P_lm/(1-z^2)^(m/2) upwards in l for each m; times Re and Im of (x + iy)^m. */
static void NAME(harmonic)(const soap_shape *shape, const soap_harmonics *constants,
                           const soap_places *places, size_t n_near, REAL *harmonic) {
    REAL re[SOAP_CHUNK], im[SOAP_CHUNK], before[SOAP_CHUNK], now[SOAP_CHUNK], z[SOAP_CHUNK];
    for (size_t j = 0; j < n_near; j++) {
        re[j] = 1;
        im[j] = 0;
        z[j] = (REAL)places->z[j];
    }
    for (size_t m = 0; m <= shape->l_max; m++) {
        for (size_t j = 0; j < n_near; j++) {
            before[j] = 0;
            now[j] = (REAL)constants->diagonal[m];
        }
        for (size_t l = m; l <= shape->l_max; l++) {
            REAL *minus = harmonic + (l * l + l - m) * SOAP_CHUNK;
            REAL *plus = harmonic + (l * l + l + m) * SOAP_CHUNK;
            REAL up = (REAL)constants->up[l + 1][m], back = (REAL)constants->back[l + 1][m];
            for (size_t j = 0; j < n_near; j++) {
                minus[j] = now[j] * im[j];
                plus[j] = now[j] * re[j]; /* the only one at m = 0 */
                REAL next = up * z[j] * now[j] - back * before[j];
                before[j] = now[j];
                now[j] = next;
            }
        }
        for (size_t j = 0; j < n_near; j++) {
            REAL x = (REAL)places->x[j], y = (REAL)places->y[j];
            REAL turned = re[j] * x - im[j] * y;
            im[j] = re[j] * y + im[j] * x;
            re[j] = turned;
        }
    }
}

static void NAME(expand)(const soap_shape *shape, const soap_table *table,
                         const soap_harmonics *constants, soap_chunk *chunk, size_t species,
                         bool first, void *room, void *coefficient) {
    REAL *radial = room, *harmonic = radial + SOAP_CHUNK * shape->n_max;
    soap_places places;
    size_t n_near = soap_place_chunk(table, chunk, 1, &places);
    NAME(harmonic)(shape, constants, &places, n_near, harmonic);
    for (size_t l = 0; l <= shape->l_max; l++) {
        NAME(radial)(table, &places, n_near, l, radial);
        for (size_t lm = l * l; lm < (l + 1) * (l + 1); lm++) {
            REAL *c = (REAL *)coefficient + lm * shape->coefficient_stride + species * shape->n_max;
            REAL sum[SOAP_N_MAX] = {0};
            for (size_t j = 0; j < n_near; j++) {
                REAL y = harmonic[lm * SOAP_CHUNK + j];
                for (size_t n = 0; n < shape->n_max; n++)
                    sum[n] += radial[j * shape->n_max + n] * y;
            }
            for (size_t n = 0; n < shape->n_max; n++)
                c[n] = first ? sum[n] : c[n] + sum[n];
        }
    }
}

/* gram = C_l^T C_l of one l, upper triangle. */
static void NAME(gram)(const soap_shape *shape, size_t l, const REAL *coefficient, REAL *gram) {
    size_t n = shape->n_channels;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i; k < n; k++)
            gram[i * n + k] = 0;
    for (size_t lm = l * l; lm < (l + 1) * (l + 1); lm++) {
        const REAL *c = coefficient + lm * shape->coefficient_stride;
        for (size_t i = 0; i < n; i++)
            for (size_t k = i; k < n; k++)
                gram[i * n + k] += c[i] * c[k];
    }
}

static void NAME(power)(const soap_shape *shape, const void *coefficient, void *room, void *out) {
    REAL *gram = room;
    size_t n = shape->n_max;
    for (size_t l = 0; l <= shape->l_max; l++) {
        NAME(gram)(shape, l, coefficient, gram);
        for (size_t z = 0; z < shape->n_species; z++) {
            for (size_t z2 = z; z2 < shape->n_species; z2++) {
                size_t per_l = z == z2 ? n * (n + 1) / 2 : n * n;
                REAL *p = (REAL *)out + soap_block(shape, z, z2) + l * per_l;
                for (size_t i = 0; i < n; i++) {
                    const REAL *row = gram + (z * n + i) * shape->n_channels + z2 * n;
                    for (size_t k = z == z2 ? i : 0; k < n; k++)
                        *p++ = row[k];
                }
            }
        }
    }
}

/* How often the nodes rdf and entropy look for an interruption within one large frame, behind a
 * host made for tests: by atoms that go by, not by the clock. */
#include "unit/node_host.h"

extern const rise_node_type rise_node_rdf, rise_node_entropy;

enum { SIDE = 16, ATOMS = SIDE * SIDE * SIDE, ATOMS_PER_POLL = 64 };

/* A jittered lattice in a periodic box. */
static rise_value *large_frame(void) {
    static double position[ATOMS][3];
    static uint8_t species[ATOMS];
    const double step = 2.8, box = (double)SIDE * step;
    rise_value *value = NULL;
    for (size_t i = 0; i < ATOMS; i++) {
        const size_t at[3] = {i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE};
        for (size_t k = 0; k < 3; k++) {
            position[i][k] = step * (double)at[k] + 0.3 * wave(3 * i + k);
        }
        species[i] = i % 2 ? 29 : 40;
    }
    rise_frame frame = {.n_atoms = ATOMS,
                        .positions = (const double(*)[3])position,
                        .species = species,
                        .cell = {{{box, 0, 0}, {0, box, 0}, {0, 0, box}}, {true, true, true}}};
    assert_int_equal(rise_frames_new(&frame, 1, &value, NULL), RISE_OK);
    return value;
}

static rise_status one_run(rise_ctx *c, const rise_node_type *type, size_t cancel_after) {
    rise_error err = {0};
    *c = (rise_ctx){.type = type, .n_frames = 1, .cancel_after = cancel_after};
    connect(c, "input", large_frame());
    set(c, "r_max", "4");
    return type->whole ? type->whole(c, &err) : type->map(c, NULL, &err);
}

static void large_frames_can_be_interrupted(void **unused) {
    (void)unused;
    const rise_node_type *const types[] = {&rise_node_rdf, &rise_node_entropy};
    for (size_t i = 0; i < 2; i++) {
        rise_ctx c;
        assert_int_equal(one_run(&c, types[i], 0), RISE_OK);
        size_t n_polls = c.n_polls;
        assert_true(n_polls >= ATOMS / ATOMS_PER_POLL);
        clean(&c);
        for (size_t k = 1; k <= 3; k++) {
            assert_int_equal(one_run(&c, types[i], n_polls * k / 3), RISE_E_INTERRUPTED);
            assert_null(c.out[0]);
            clean(&c);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(large_frames_can_be_interrupted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

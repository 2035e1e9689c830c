/* Where the boxes of a drawing go: layers, knots, order and places of random graphs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../engine/cli/layout.c"
#include "../../engine/cli/layout_order.c"
#include "../../engine/cli/layout_place.c"

#include <math.h>
#include <stdio.h>

enum { MOST_BOXES = 30, MOST_LINKS = 200, CASES = 300 };

typedef struct chart_case {
    size_t n_boxes, n_links;
    layout_link link[MOST_LINKS];
    layout l;
} chart_case;

static uint64_t random_state;

static size_t draw(size_t n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(random_state >> 33) % n;
}

/* Links by receiver, as a graph gives them; two ports for each box. */
static void make_case(chart_case *c, uint64_t seed) {
    random_state = seed;
    *c = (chart_case){.n_boxes = 2 + draw(MOST_BOXES - 1)};
    for (size_t to = 1; to < c->n_boxes; to++)
        for (size_t k = draw(5); k > 0; k--) {
            size_t from = draw(to);
            c->link[c->n_links++] = (layout_link){from, to, 2 * from + draw(2)};
        }
    assert_true(layout_build(&c->l, c->n_boxes, c->link, c->n_links));
    for (size_t b = 0; b < c->n_boxes; b++)
        c->l.spot[b].width = (double)(20 + draw(200));
}

static void every_link_is_a_way_down(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        chart_case c;
        make_case(&c, seed);
        bool *seen = calloc(c.n_links + 1, sizeof *seen);
        for (size_t i = 0; i < c.l.n_lines; i++) {
            const layout_line *line = &c.l.line[i];
            assert_int_equal(c.l.spot[line->from].layer + 1, c.l.spot[line->to].layer);
            if (line->link == SIZE_MAX)
                continue;
            assert_false(seen[line->link]);
            seen[line->link] = true;
            assert_int_equal(line->to, c.link[line->link].to);
            size_t at = line->from; /* back over knots to the box where it begins */
            for (size_t k = c.l.n_lines; at >= c.n_boxes && k-- > 0;)
                if (c.l.line[k].to == at) {
                    assert_int_equal(c.l.line[k].port, line->port);
                    at = c.l.line[k].from;
                    k = c.l.n_lines;
                }
            assert_int_equal(at, c.link[line->link].from);
        }
        for (size_t i = 0; i < c.n_links; i++)
            assert_true(seen[i]);
        free(seen);
        layout_free(&c.l);
    }
}

static size_t crossings_by_pairs(const layout *l) {
    size_t n = 0;
    for (size_t i = 0; i < l->n_lines; i++)
        for (size_t k = 0; k < i; k++) {
            const layout_line *a = &l->line[i], *b = &l->line[k];
            if (l->spot[a->from].layer != l->spot[b->from].layer)
                continue;
            size_t au = l->spot[a->from].order, bu = l->spot[b->from].order;
            size_t av = l->spot[a->to].order, bv = l->spot[b->to].order;
            n += (au < bu && av > bv) || (au > bu && av < bv);
        }
    return n;
}

static void order_takes_crossings_away(void **state) {
    (void)state;
    size_t before = 0, after = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        chart_case c;
        make_case(&c, seed);
        size_t first = crossings_by_pairs(&c.l);
        size_t *tree = calloc(c.l.n_spots + 2, sizeof *tree);
        sweeper w = {.l = &c.l, .tree = tree};
        assert_int_equal(count_crossings(&w), first);
        free(tree);
        assert_true(layout_order(&c.l));
        size_t last = crossings_by_pairs(&c.l);
        assert_true(last <= first);
        before += first;
        after += last;
        for (size_t k = 0; k < c.l.n_layers; k++)
            for (size_t i = c.l.first[k]; i < c.l.first[k + 1]; i++) {
                assert_int_equal(c.l.spot[c.l.by_layer[i]].layer, k);
                assert_int_equal(c.l.spot[c.l.by_layer[i]].order, i - c.l.first[k]);
            }
        layout_free(&c.l);
    }
    printf("crossings of %d graphs: %zu before, %zu after\n", CASES, before, after);
    assert_true(3 * after < 2 * before);
}

static void nothing_stands_too_close(void **state) {
    (void)state;
    const double gap = 20;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        chart_case c;
        make_case(&c, seed);
        assert_true(layout_order(&c.l) && layout_place(&c.l, gap));
        for (size_t k = 0; k < c.l.n_layers; k++)
            for (size_t i = c.l.first[k] + 1; i < c.l.first[k + 1]; i++) {
                size_t a = c.l.by_layer[i - 1], b = c.l.by_layer[i];
                const layout_spot *p = &c.l.spot[a], *q = &c.l.spot[b];
                double least = a < c.n_boxes || b < c.n_boxes ? gap : gap / 2;
                double between = (q->x - q->width / 2) - (p->x + p->width / 2);
                if (!(between > least - 1e-9))
                    fail_msg("graph %d: %g between spots %zu and %zu", (int)seed, between, a, b);
            }
        layout_free(&c.l);
    }
}

/* What reads from one box alone stands below its port, and a long line is upright. */
static void single_lines_are_upright(void **state) {
    (void)state;
    const layout_link link[] = {{0, 1, 0}, {1, 2, 1}, {0, 3, 0}, {2, 3, 2}};
    layout l;
    assert_true(layout_build(&l, 4, link, 4));
    for (size_t b = 0; b < 4; b++)
        l.spot[b].width = 50;
    assert_int_equal(l.n_layers, 4);
    assert_int_equal(l.n_spots, 6);
    assert_true(layout_order(&l) && layout_place(&l, 10));
    assert_true(fabs(l.spot[4].x - l.spot[5].x) < 0.5);
    assert_true(fabs(l.spot[1].x - l.spot[2].x) < 0.5);
    assert_true(fabs(l.spot[4].x - l.spot[1].x) > 34.9);
    layout_free(&l);
}

/* Nobody reads from a source but one node far below: the source stands right above it. */
static void sources_stand_near_their_readers(void **state) {
    (void)state;
    const layout_link link[] = {{0, 2, 0}, {2, 3, 2}, {1, 4, 1}, {3, 4, 3}};
    layout l;
    assert_true(layout_build(&l, 5, link, 4));
    assert_int_equal(l.spot[1].layer, 2);
    assert_int_equal(l.spot[4].layer, 3);
    assert_int_equal(l.n_spots, 5);
    layout_free(&l);
}

static void far_too_many_knots_are_refused(void **state) {
    (void)state;
    enum { N = 3000 };
    static layout_link link[2 * N];
    size_t n = 0;
    for (size_t to = 1; to < N; to++) { /* a chain, and a line of its own from each to the end */
        link[n++] = (layout_link){to - 1, to, 2 * to};
        if (to == N - 1)
            for (size_t from = 0; from + 2 < N; from++)
                link[n++] = (layout_link){from, to, 2 * from + 1};
    }
    layout l;
    assert_false(layout_build(&l, N, link, n));
    assert_null(l.spot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_is_a_way_down),
        cmocka_unit_test(order_takes_crossings_away),
        cmocka_unit_test(nothing_stands_too_close),
        cmocka_unit_test(single_lines_are_upright),
        cmocka_unit_test(sources_stand_near_their_readers),
        cmocka_unit_test(far_too_many_knots_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* 64 characters of one, two or four bytes as a byte each, if they are ASCII; and a bit for each that isn't. */

#ifndef NARROW_H
#define NARROW_H

#include "planes.h"

/* Looked up in a row, all 64 cost as much as so many that are looked for. */
enum { MANY_OTHERS = 24 };

static inline int count_of(uint64_t bits) {
#ifdef __GNUC__
    return __builtin_popcountll(bits);
#else
    int count = 0;
    for (; bits; bits &= bits - 1) count++;
    return count;
#endif
}

#if SIEVED
static inline uint64_t narrow_1(const uint8_t *c, uint8_t *s) {
    Sixteen v[4];
    for (int k = 0; k < 4; k++) store_16(s + 16 * k, v[k] = load_16(c + 16 * k));
    return bits_64(beyond_16(v[0]), beyond_16(v[1]), beyond_16(v[2]), beyond_16(v[3]));
}

static inline uint64_t narrow_2(const uint16_t *c, uint8_t *s) {
    Sixteen others[4];
    for (int k = 0; k < 4; k++) store_16(s + 16 * k, narrowed_2(c + 16 * k, others + k));
    return bits_64(others[0], others[1], others[2], others[3]);
}

static inline uint64_t narrow_4(const uint32_t *c, uint8_t *s) {
    Sixteen others[4];
    for (int k = 0; k < 4; k++) store_16(s + 16 * k, narrowed_4(c + 16 * k, others + k));
    return bits_64(others[0], others[1], others[2], others[3]);
}
#else
#define NARROW \
    uint64_t others = 0; \
    for (int k = 0; k < 64; k++) s[k] = (uint8_t)c[k], others |= (uint64_t)(c[k] > 0x7F) << k; \
    return others

static inline uint64_t narrow_1(const uint8_t *c, uint8_t *s) { NARROW; }
static inline uint64_t narrow_2(const uint16_t *c, uint8_t *s) { NARROW; }
static inline uint64_t narrow_4(const uint32_t *c, uint8_t *s) { NARROW; }
#undef NARROW
#endif
#endif

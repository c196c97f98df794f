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
#define WIDE(p, k) _mm_loadu_si128((const __m128i *)(p) + (k))
#define NARROWED(k, low, ascii) \
    _mm_storeu_si128((__m128i *)s + (k), low), others |= (uint64_t)(0xFFFF ^ (uint32_t)_mm_movemask_epi8(ascii)) << 16 * (k)

static inline uint64_t narrow_1(const uint8_t *c, uint8_t *s) {
    uint64_t others = 0;
    for (int k = 0; k < 4; k++) NARROWED(k, WIDE(c, k), _mm_cmpgt_epi8(WIDE(c, k), _mm_set1_epi8(-1)));
    return others;
}

static inline uint64_t narrow_2(const uint16_t *c, uint8_t *s) {
    const __m128i none = _mm_setzero_si128(), high = _mm_set1_epi16((short)0xFF80), low = _mm_set1_epi16(0x7F);
    uint64_t others = 0;
    for (int k = 0; k < 4; k++) {
        __m128i a = WIDE(c, 2 * k), b = WIDE(c, 2 * k + 1);
        __m128i ascii = _mm_packs_epi16(
            _mm_cmpeq_epi16(_mm_and_si128(a, high), none), _mm_cmpeq_epi16(_mm_and_si128(b, high), none));
        NARROWED(k, _mm_packus_epi16(_mm_and_si128(a, low), _mm_and_si128(b, low)), ascii);
    }
    return others;
}

static inline uint64_t narrow_4(const uint32_t *c, uint8_t *s) {
    const __m128i most = _mm_set1_epi32(0x80), low = _mm_set1_epi32(0x7F);
    uint64_t others = 0;
    for (int k = 0; k < 4; k++) {
        __m128i v[4], ascii[4];
        for (int i = 0; i < 4; i++) {
            v[i] = WIDE(c, 4 * k + i);
            ascii[i] = _mm_cmplt_epi32(v[i], most);
            v[i] = _mm_and_si128(v[i], low);
        }
        NARROWED(k, _mm_packus_epi16(_mm_packs_epi32(v[0], v[1]), _mm_packs_epi32(v[2], v[3])),
            _mm_packs_epi16(_mm_packs_epi32(ascii[0], ascii[1]), _mm_packs_epi32(ascii[2], ascii[3])));
    }
    return others;
}

#undef WIDE
#undef NARROWED
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

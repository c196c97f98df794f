/* The characters of a text by kind, 64 at a time: a bit for each of them in the plane of each kind. */

#ifndef PLANES_H
#define PLANES_H

#include "sixteen.h"

#if SIEVED

/* How many bytes this machine compares at a time. */
#if AVX2_TOO
#define BYTES_AT_ONCE() (__builtin_cpu_supports("avx2") ? 32 : 16)
#else
#define BYTES_AT_ONCE() 16
#endif

#define PLANES(U) struct { \
    U digit, low;                     /* 0 and 1 among them */ \
    U letter, odd, foreign, nothing;  /* ASCII letters; all beyond, letters of these; what has no width */ \
    U space, blank, dash, dot, slash, underscore, plus, opening, closing, curly, square; \
    U equals, colon, at, newline; \
    U capital, after_name; /* A, S and J, with which keys begin; and " ' ` ] * */ \
    U secret, t;           /* l n r y, with which the names of secrets end; and t, as in secret, but in Passwort, too */ \
}
typedef PLANES(uint64_t) Planes;

/* Three times the same: for all of these machines; for those that compare 32 bytes at a time; for four windows on these. */
#define READ read_narrow
#define P Planes
#define V Sixteen
#define LANES 4
#define LOAD load_16
#define ALL all_16
#define EQUAL equal_16
#define LEAST least_16
#define LESS less_16
#define OR or_16
#define BEYOND beyond_16
#define BITS(of) bits_64(of(v[0]), of(v[1]), of(v[2]), of(v[3]))
#include "planes.inc"

#if AVX2_TOO
/* The planes of four windows side by side. */
typedef uint64_t Four __attribute__((vector_size(32)));
typedef PLANES(Four) FourPlanes;

#define AGAIN
#define READ __attribute__((target("avx2"))) read_wide
#define P Planes
#define V __m256i
#define LANES 2
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define ALL(c) _mm256_set1_epi8((char)(c))
#define EQUAL _mm256_cmpeq_epi8
#define LEAST _mm256_min_epu8
#define LESS _mm256_sub_epi8
#define OR _mm256_or_si256
#define BEYOND(v) (v)
#define BITS(of) \
    ((uint64_t)(uint32_t)_mm256_movemask_epi8(of(v[0])) | (uint64_t)(uint32_t)_mm256_movemask_epi8(of(v[1])) << 32)
#include "planes.inc"

#define READ __attribute__((target("avx2"))) read_four
#define P FourPlanes
#include "planes.inc"
#endif

/* 64 bytes from `at` on, which may be before the text, or behind it: what is not in it is 0. */
static inline const uint8_t *bytes_from(const uint8_t *s, int64_t n, int64_t at, uint8_t *some) {
    if (at >= 0 && at + 64 <= n) return s + at;
    int64_t from = at < 0 ? 0 : at, to = at + 64 < n ? at + 64 : n;
    memset(some, 0, 64);
    if (from < to) memcpy(some + (from - at), s + from, (size_t)(to - from));
    return some;
}

#else
#define BYTES_AT_ONCE() 0
#endif
#endif

/* The rows of words added up: what the classifier counts, many characters at a time.

   Folding goes from character to character; hashing need not. So the characters of many words are put side by side
   first, with one blank between each two, and then hashed in one go, eight at a time where the machine can. */

#ifndef RUNS_H
#define RUNS_H

#include "sixteen.h"

enum {
    ROOM = 256,   /* characters of a batch */
    PIECES = 128, /* … and words, or parts of long ones */
    SIGNED = 240, /* … and hashes of signs: so many rows, and the 242 of the longest piece, add up to 16 bits */
    LONGEST = 80, /* characters of a piece, each of which has three rows, as the whole has two */
    BEFORE = 3,   /* characters in front of a batch that its first ones are hashed with */
    BEHIND = 8    /* … and behind it, which are read and don't count */
};

/* A word, or a part of a long one. */
typedef struct {
    int first, end; /* its characters, and the blank behind a word */
    int seen;       /* runs that end at its first character: 1 at the beginning of a word, 3 well inside one */
    int wholes;     /* 2, or 0 for all but the last part of a word */
    uint32_t whole[2]; /* the hashes of the word, and of it with what stood before */
    int32_t *sums;  /* where its rows are added up, too, or NULL */
} Piece;

typedef struct {
    int length, count, sign_count;
    uint32_t points[BEFORE + ROOM + BEHIND];
    Piece pieces[PIECES];
    uint32_t signs[SIGNED]; /* two hashes of each sign, as of a word */
} Batch;

/* The hashes of the runs of two, three and four characters that end at each of a batch. */
typedef struct { uint32_t of[3][ROOM + BEHIND]; } Runs;

/* Stir a number into 32 bits; finish a hash, whose upper bits are the good ones. */
#define STIRRED(of) ((of) ^ (of) >> 15)
#define MIXED(state, value) (((state) ^ (value)) * 0x9E3779B1U)
#define FINISHED(state) ((state) * 0x85EBCA6BU >> 1)
static inline uint32_t mix(uint32_t state, uint32_t value) {
    state = MIXED(state, value);
    return STIRRED(state);
}
static inline uint32_t finish(uint32_t state) { return FINISHED(state); }

/* Lanes hold what up to 256 rows of twelve signed bytes add up to, in 16 bits each. */
#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
typedef struct { __m128i low, high; } Lanes;
static inline Lanes no_lanes(void) {
    Lanes lanes = { _mm_setzero_si128(), _mm_setzero_si128() };
    return lanes;
}
static inline __m128i wider(__m128i bytes) { return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8); }
static inline Lanes add_row(Lanes lanes, const int8_t *row) {
    int last;
    memcpy(&last, row + 8, 4);
    lanes.low = _mm_add_epi16(lanes.low, wider(_mm_loadl_epi64((const __m128i *)row)));
    lanes.high = _mm_add_epi16(lanes.high, wider(_mm_cvtsi32_si128(last)));
    return lanes;
}
static inline void add_four(int32_t *sums, __m128i four) {
    _mm_storeu_si128((__m128i *)sums, _mm_add_epi32(_mm_loadu_si128((const __m128i *)sums), four));
}
static inline void add_lanes(Lanes lanes, int32_t *sums) {
    add_four(sums, _mm_srai_epi32(_mm_unpacklo_epi16(lanes.low, lanes.low), 16));
    add_four(sums + 4, _mm_srai_epi32(_mm_unpackhi_epi16(lanes.low, lanes.low), 16));
    add_four(sums + 8, _mm_srai_epi32(_mm_unpacklo_epi16(lanes.high, lanes.high), 16));
}
#else
#define EACH 0x8080808080808080ULL
#define EVEN 0x00FF00FF00FF00FFULL
/* Without vectors: bytes that are 128 too large, in four numbers: bytes 0 2 4 6, 1 3 5 7, 8 10, 9 11. */
typedef struct { uint64_t of[4]; int32_t rows; } Lanes;
static inline Lanes no_lanes(void) {
    Lanes lanes = { { 0, 0, 0, 0 }, 0 };
    return lanes;
}
static inline Lanes add_row(Lanes lanes, const int8_t *row) {
    uint64_t low; uint32_t high; uint64_t wide;
    memcpy(&low, row, 8);
    memcpy(&high, row + 8, 4);
    low ^= EACH;
    wide = high ^ (uint32_t)EACH;
    lanes.of[0] += low & EVEN;
    lanes.of[1] += (low >> 8) & EVEN;
    lanes.of[2] += wide & EVEN;
    lanes.of[3] += (wide >> 8) & EVEN;
    lanes.rows++;
    return lanes;
}
static inline void add_lanes(Lanes lanes, int32_t *sums) {
    const union { uint32_t number; unsigned char first; } order = { 1 };
    int k;
    for (k = 0; k < 12; k++) {
        int at = order.first ? (k & 7) >> 1 : k < 8 ? 3 - (k >> 1) : 1 - ((k - 8) >> 1);
        int odd = order.first ? k & 1 : !(k & 1);
        sums[k] += (int32_t)((lanes.of[(k >> 3) * 2 + odd] >> (16 * at)) & 0xFFFF) - 128 * lanes.rows;
    }
}
#endif

#define HASH hash_runs
#define HASHED hash_runs
#define ADD add_batch_narrow
#define U uint32_t
#define LANES Lanes
#define NONE() no_lanes()
#define ROW add_row
#define SUM add_lanes
#include "runs.inc"

#if AVX2_TOO
#define ONLY __attribute__((target("avx2")))
typedef uint32_t Eight __attribute__((vector_size(32)));

ONLY static inline __m256i add_row_wide(__m256i lanes, const int8_t *row) {
    const __m128i twelve = _mm_setr_epi32(-1, -1, -1, 0); /* what follows the last row is nobody's */
    return _mm256_add_epi16(lanes, _mm256_cvtepi8_epi16(_mm_maskload_epi32((const int *)row, twelve)));
}
ONLY static inline void add_lanes_wide(__m256i lanes, int32_t *sums) {
    __m256i eight = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(lanes));
    __m128i four = _mm_cvtepi16_epi32(_mm256_extracti128_si256(lanes, 1));
    _mm256_storeu_si256((__m256i *)sums, _mm256_add_epi32(_mm256_loadu_si256((const __m256i *)sums), eight));
    add_four(sums + 8, four);
}
#define HASH ONLY hash_runs_wide
#define ADD ONLY add_batch_wide
#define U Eight
#define LANES __m256i
#define NONE() _mm256_setzero_si256()
#define ROW add_row_wide
#define SUM add_lanes_wide
#define HASHED hash_runs_wide
#include "runs.inc"
#endif

#if AVX2_TOO
#define WIDE_ROWS() (__builtin_cpu_supports("avx2") != 0)
#else
#define WIDE_ROWS() 0
#endif

/* Add the rows of a batch to the sums of its words, and to those of all. */
static inline void add_batch(int wide, const int8_t *table, int shift, const Batch *batch, int32_t *sums) {
#if AVX2_TOO
    if (wide) {
        add_batch_wide(table, shift, batch, sums);
        return;
    }
#else
    (void)wide;
#endif
    add_batch_narrow(table, shift, batch, sums);
}

#endif

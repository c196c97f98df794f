/* Which characters of a text can matter to the scan for private data, many at a time and without a branch for each.

   The scan wakes a rule at each of a few signs, and most find nothing there. What each needs of the characters around
   it is asked here of 64 places at once, in whole numbers of as many bits: what needs seven digits is not woken where
   there are six. A sieve may let too much through, never too little: the rules themselves decide, as in the plain twin,
   which has no sieve. */

#ifndef SIEVE_H
#define SIEVE_H

#include "naming.h"

enum {
    LOOK_BACK = 8,  /* characters before a place that its needs may be about */
    LOOK_ON = 18,  /* … and behind it */
    AT_ONCE = 64 - LOOK_BACK - LOOK_ON, /* places that a window is about */
    WINDOWS = 4 /* at a time, where the signs are dense */
};

/* The places of a window among the 64 that are read for it. */
#define IN_WINDOW ((((uint64_t)1 << AT_ONCE) - 1) << LOOK_BACK)

typedef struct {
    int64_t first, end; /* the places that were sieved last, in one window or in several */
    uint64_t each[WINDOWS]; /* which can matter of each */
    int64_t from, to;   /* the places of the window that the scan is in */
    uint64_t wakes;     /* which of them can matter */
    int64_t dense;      /* so often windows have begun right where those before them ended */
    int64_t lent;       /* a number that ended here named those behind it */
    int64_t near_from, near_to; /* blocks around the places that were sieved last */
    uint32_t near;      /* … and a bit for each rule that words in them name */
    int64_t count;      /* findings, of which … */
    uint32_t told;      /* … a bit for each rule that is not looked for any more */
    int bytes_at_once;  /* that are compared; 0 if nothing is sieved */
    Naming naming;      /* the words that name rules */
} Sieve;

#if SIEVED

#define LAST_PLACE ((uint64_t)1 << 63)
#define LAST_PLACES ((uint64_t)7 << 61)

/* The rules by their bits, numbered as in `detection/codes.py`. */
enum {
    PASSWORD_ = 1 << 3, SECRET_ = 1 << 4, CARD_ = 1 << 5, SSN_ = 1 << 7, SIN_ = 1 << 8, TAX_ = 1 << 10,
    BSN_ = 1 << 14, PESEL_ = 1 << 15, SE_ = 1 << 16, CPF_ = 1 << 18, AADHAAR_ = 1 << 19, EMAIL_ = 1 << 21,
    PHONE_ = 1 << 22, IP_ = 1 << 23, MARKER_ = 1 << 24
};

/* Twice the same: for one window, and for four side by side. */
#define INLINE static inline
#define OF(name) name##_of_one
#define P Planes
#define U uint64_t
#define ANY(bits) ((bits) != 0)
#include "sifts.inc"

#if AVX2_TOO
#define INLINE static inline __attribute__((target("avx2")))
#define OF(name) name##_of_four
#define P FourPlanes
#define U Four
#define ANY(bits) (!_mm256_testz_si256((__m256i)(bits), (__m256i)(bits)))
#include "sifts.inc"
#endif

/* Read the planes of a window, and … */
static inline void read_window(const uint8_t *s, int64_t n, int64_t at, int bytes_at_once, Planes *p) {
    uint8_t some[64];
    const uint8_t *from = bytes_from(s, n, at - LOOK_BACK, some);
#if AVX2_TOO
    if (bytes_at_once == 32) {
        read_wide(from, 0, p);
        return;
    }
#else
    (void)bytes_at_once;
#endif
    read_narrow(from, 0, p);
}

#if AVX2_TOO
/* … of several. */
static inline void read_windows(const uint8_t *s, int64_t n, int64_t at, FourPlanes *p) {
    uint8_t some[64];
    for (int k = 0; k < WINDOWS; k++) read_four(bytes_from(s, n, at + AT_ONCE * k - LOOK_BACK, some), k, p);
}

/* The four results side by side in memory. */
__attribute__((target("avx2")))
static void sift_four(
    const FourPlanes *p, uint32_t told, int any, uint64_t *wakes, uint64_t *headings, uint64_t *stops, int *numbers
) {
    Four of_headings = {0}, of_stops = {0}, found = sift_of_four(p, told, any, &of_headings, &of_stops, numbers);
    memcpy(wakes, &found, sizeof(Four));
    memcpy(headings, &of_headings, sizeof(Four));
    memcpy(stops, &of_stops, sizeof(Four));
}

__attribute__((target("avx2")))
static void sift_four_numbers(const FourPlanes *p, uint32_t told, uint32_t named, uint64_t *wakes) {
    Four found;
    memcpy(&found, wakes, sizeof(Four));
    found |= sift_numbers_of_four(p, told, named);
    memcpy(wakes, &found, sizeof(Four));
}
#endif

#else
typedef struct { uint64_t digit; } Planes;

#define read_window(s, n, at, bytes_at_once, planes) ((void)0)
#define sift_of_one(planes, told, any, headings, stops, numbers) 0
#define sift_numbers_of_one(planes, told, named) 0
#endif

#if !AVX2_TOO /* one window at a time, always */
typedef Planes FourPlanes;

#define read_windows(s, n, at, planes) ((void)0)
#define sift_four(planes, told, any, wakes, headings, stops, numbers) ((void)0)
#define sift_four_numbers(planes, told, named, wakes) ((void)0)

#endif
#endif

/* Characters without width are left out of what is scanned, and where the others stood is kept. The plain twin is `_seen`
   in `detection/plain.py`. */

#ifndef INVISIBLE_H
#define INVISIBLE_H

#include "naming.h"

enum { NOTHING = 0x82 };

/* Which of 64 bytes have no width. */
static inline uint64_t without_width(const uint8_t *s) {
    uint64_t found = 0;
#if SIEVED
    for (int k = 0; k < 64; k += 16) {
        __m128i same = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(s + k)), _mm_set1_epi8((char)NOTHING));
        found |= (uint64_t)(uint32_t)_mm_movemask_epi8(same) << k;
    }
#else
    for (int k = 0; k < 64; k++) found |= (uint64_t)(s[k] == NOTHING) << k;
#endif
    return found;
}

/* Leave them out from the `first` one on, but for the last of those that part a number from a word, and note the places of
   what is left. Behind the text and `places` there is room for 128 more, which are 0 in the text. Returns how many are
   left. */
static int64_t leave_out(uint8_t *s, int64_t n, int64_t first, uint32_t *places, const uint8_t *sides) {
    int64_t kept = first;
    for (int64_t at = 0; at < first; at++) places[at] = (uint32_t)at;
    uint8_t here[128]; /* 64 bytes, and the next ones, which may be written over */
    memcpy(here + 64, s + first, 64);
    for (int64_t at = first; at < n; at += 64) {
        memcpy(here, here + 64, 64);
        memcpy(here + 64, s + at + 64, 64);
        uint64_t out = without_width(here), last = out & ~(out >> 1);
        for (; last; last &= last - 1) {
            int to = LOWEST(last), from = to;
            while (from && here[from - 1] == NOTHING) from--;
            uint8_t before = from ? here[from - 1] : kept ? s[kept - 1] : 0;
            out ^= (uint64_t)(sides[before] + sides[here[to + 1]] == 3) << to;
        }
        uint64_t left = at + 64 <= n ? ~out : ~out & (((uint64_t)1 << (n - at)) - 1);
        while (left) { /* up to the next one; what is copied too much is written over */
            int from = LOWEST(left), to = ~(left >> from) ? from + LOWEST(~(left >> from)) : 64;
            memcpy(s + kept, here + from, 64);
            for (int k = 0; k < 64; k++) places[kept + k] = (uint32_t)(at + from + k);
            kept += to - from;
            left = to < 64 ? left >> to << to : 0;
        }
    }
    return kept;
}

#endif

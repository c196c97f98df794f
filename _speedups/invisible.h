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
   what is left. Behind the text there is room for 64 bytes more, which are 0. Returns how many are left. */
static int64_t leave_out(uint8_t *s, int64_t n, int64_t first, uint32_t *places, const uint8_t *sides) {
    int64_t kept = first;
    for (int64_t at = 0; at < first; at++) places[at] = (uint32_t)at;
    for (int64_t at = first; at < n; at += 64) {
        uint8_t here[65];
        memcpy(here, s + at, 64);
        here[64] = at + 64 < n ? s[at + 64] : 0;
        uint64_t out = without_width(here), last = out & ~(out >> 1);
        for (; last; last &= last - 1) {
            int to = LOWEST(last), from = to;
            while (from && here[from - 1] == NOTHING) from--;
            uint8_t before = from ? here[from - 1] : kept ? s[kept - 1] : 0;
            out ^= (uint64_t)(sides[before] + sides[here[to + 1]] == 3) << to;
        }
        int64_t count = at + 64 < n ? 64 : n - at;
        if (!out) {
            memcpy(s + kept, here, (size_t)count);
            for (int k = 0; k < count; k++) places[kept + k] = (uint32_t)(at + k);
            kept += count;
        } else for (int k = 0; k < count; k++) { /* no branches, for nobody can guess where they stand */
            s[kept] = here[k];
            places[kept] = (uint32_t)(at + k);
            kept += ~(out >> k) & 1;
        }
    }
    return kept;
}

#endif

/* Characters without width are left out of what is scanned, and where the others stood is kept. The plain twin is `_seen`
   in `detection/plain.py`. */

#ifndef INVISIBLE_H
#define INVISIBLE_H

#include "naming.h"

enum { NOTHING = 0x82 };

/* Which of 64 bytes have no width. */
static inline uint64_t without_width(const uint8_t *s) {
#if SIEVED
    Sixteen same[4];
    for (int k = 0; k < 4; k++) same[k] = equal_16(load_16(s + 16 * k), all_16(NOTHING));
    return bits_64(same[0], same[1], same[2], same[3]);
#else
    uint64_t found = 0;
    for (int k = 0; k < 64; k++) found |= (uint64_t)(s[k] == NOTHING) << k;
    return found;
#endif
}

/* Leave them out from the `first` one on, and note the places of what is left, and before which of it, between a letter and
   a digit, any stood. Behind the text and `places` there is room for 128 more, which are 0 in the text. Returns how many
   are left. */
static int64_t leave_out(
    uint8_t *s, int64_t n, int64_t first, uint32_t *places, const uint8_t *sides, uint32_t *seams, int64_t *count
) {
    int64_t kept = first, last = first - 1;
    for (int64_t at = 0; at < first; at++) places[at] = (uint32_t)at;
    uint8_t here[128]; /* 64 bytes, and the next ones, which may be written over */
    memcpy(here + 64, s + first, 64);
    for (int64_t at = first; at < n; at += 64) {
        memcpy(here, here + 64, 64);
        memcpy(here + 64, s + at + 64, 64);
        uint64_t left = ~without_width(here);
        if (at + 64 > n) left &= ((uint64_t)1 << (n - at)) - 1;
        while (left) { /* up to the next one; what is copied too much is written over */
            int from = LOWEST(left), to = ~(left >> from) ? from + LOWEST(~(left >> from)) : 64;
            if (at + from > last + 1 && kept && sides[s[kept - 1]] + sides[here[from]] == 3) seams[(*count)++] = (uint32_t)kept;
            memcpy(s + kept, here + from, 64);
            for (int k = 0; k < 64; k++) places[kept + k] = (uint32_t)(at + from + k);
            kept += to - from;
            last = at + to - 1;
            left = to < 64 ? left >> to << to : 0;
        }
    }
    return kept;
}

/* Put one back at each of these places. Returns how many characters there are then. */
static int64_t put_back(uint8_t *s, int64_t n, uint32_t *places, const uint32_t *seams, int64_t count) {
    int64_t end = n;
    for (int64_t k = count; k > 0; k--) {
        int64_t at = seams[k - 1];
        memmove(s + at + k, s + at, end - at);
        memmove(places + at + k, places + at, (end - at) * sizeof(uint32_t));
        s[at + k - 1] = NOTHING;
        places[at + k - 1] = places[at + k] - 1;
        end = at;
    }
    return n + count;
}

#endif

/* The characters of a text by kind, 64 at a time: a bit for each of them in the plane of each kind. */

#ifndef PLANES_H
#define PLANES_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && defined(__GNUC__)
#include <emmintrin.h>

#define SIEVED 1

typedef struct {
    uint64_t digit, letter, odd, foreign, nothing; /* ASCII letters; all beyond, letters of these; what has no width */
    uint64_t space, blank, dash, dot, slash, underscore, plus, opening, closing, curly, square;
    uint64_t equals, colon, at, newline;
    uint64_t capital, after_name; /* A, S and J, with which keys begin; and " ' ` ] * */
} Planes;

static inline uint64_t bits_of(__m128i a, __m128i b, __m128i c, __m128i d) {
    return (uint64_t)(uint32_t)_mm_movemask_epi8(a) | (uint64_t)(uint32_t)_mm_movemask_epi8(b) << 16
        | (uint64_t)(uint32_t)_mm_movemask_epi8(c) << 32 | (uint64_t)(uint32_t)_mm_movemask_epi8(d) << 48;
}

#define IS(v, c) _mm_cmpeq_epi8(v, _mm_set1_epi8((char)(c)))
#define OR(x, y) _mm_or_si128(x, y)
#define FROM_TO(v, from, to) \
    _mm_cmpeq_epi8(_mm_min_epu8(_mm_sub_epi8(v, _mm_set1_epi8(from)), _mm_set1_epi8((to) - (from))), \
                   _mm_sub_epi8(v, _mm_set1_epi8(from)))
#define SMALLED(v) OR(v, _mm_set1_epi8(32))
#define EACH(of) bits_of(of(v[0]), of(v[1]), of(v[2]), of(v[3]))

#define DIGIT_(v) FROM_TO(v, '0', '9')
#define LETTER_(v) FROM_TO(SMALLED(v), 'a', 'z')
#define FOREIGN_(v) IS(v, 0x80)
#define NOTHING_(v) IS(v, 0x82)
#define SPACE_(v) IS(v, ' ')
#define DASH_(v) IS(v, '-')
#define DOT_(v) IS(v, '.')
#define SLASH_(v) IS(v, '/')
#define UNDERSCORE_(v) IS(v, '_')
#define PLUS_(v) IS(v, '+')
#define OPENING_(v) IS(v, '(')
#define CLOSING_(v) IS(v, ')')
#define CURLY_(v) IS(v, '{')
#define SQUARE_(v) IS(v, '[')
#define EQUALS_(v) IS(v, '=')
#define COLON_(v) IS(v, ':')
#define AT_(v) IS(v, '@')
#define NEWLINE_(v) IS(v, '\n')
#define BLANK_(v) OR(FROM_TO(v, 9, 13), IS(v, ' '))
#define AFTER_NAME_(v) OR(OR(IS(v, '"'), IS(v, '\'')), OR(IS(v, '`'), OR(IS(v, ']'), IS(v, '*'))))
#define CAPITAL_(v) OR(IS(v, 'A'), OR(IS(v, 'S'), IS(v, 'J')))

/* The 64 bytes at `at`, which may begin before the text and end behind it; what is not in it is of no kind. */
static inline void bytes_at(const uint8_t *s, int64_t n, int64_t at, __m128i v[4]) {
    uint8_t some[64];
    if (at < 0 || at + 64 > n) {
        int64_t from = at < 0 ? 0 : at, to = at + 64 < n ? at + 64 : n;
        memset(some, 0, 64);
        if (from < to) memcpy(some + (from - at), s + from, (size_t)(to - from));
        s = some;
    } else {
        s += at;
    }
    for (int k = 0; k < 4; k++) v[k] = _mm_loadu_si128((const __m128i *)(s + 16 * k));
}

static inline void read_planes(const uint8_t *s, int64_t n, int64_t at, Planes *p) {
    __m128i v[4];
    bytes_at(s, n, at, v);
    p->digit = EACH(DIGIT_);
    p->letter = EACH(LETTER_);
    p->odd = bits_of(v[0], v[1], v[2], v[3]);
    p->foreign = p->odd ? EACH(FOREIGN_) : 0;
    p->nothing = p->odd ? EACH(NOTHING_) : 0;
    p->space = EACH(SPACE_);
    p->dash = EACH(DASH_);
    p->dot = EACH(DOT_);
    p->slash = EACH(SLASH_);
    p->underscore = EACH(UNDERSCORE_);
    p->plus = EACH(PLUS_);
    p->opening = EACH(OPENING_);
    p->closing = EACH(CLOSING_);
    p->curly = EACH(CURLY_);
    p->square = EACH(SQUARE_);
    p->equals = EACH(EQUALS_);
    p->colon = EACH(COLON_);
    p->at = EACH(AT_);
    p->newline = EACH(NEWLINE_);
    p->capital = EACH(CAPITAL_);
    p->after_name = p->equals | p->colon ? EACH(AFTER_NAME_) : 0;
    p->blank = EACH(BLANK_);
}

#else
#define SIEVED 0
#endif
#endif

/* Words that name rules, such as "tel" and "IBAN", a block of 64 characters at a time: which of them can be such words
   is asked of all without a branch for each, and only those are looked up. */

#ifndef NAMING_H
#define NAMING_H

#include "planes.h"

/* The place of the lowest bit that is set; one is. */
#ifdef __GNUC__
#define LOWEST(bits) __builtin_ctzll(bits)
#else
static inline int LOWEST(uint64_t bits) {
    int at = 0;
    while (!(bits >> at & 1)) at++;
    return at;
}
#endif

enum {
    BLOCK = 64,
    KEPT = 16, /* blocks, by their lower bits */
    LONGEST_NAME = 31
};

typedef struct {
    int64_t block[KEPT];          /* which it is */
    uint64_t at[KEPT];            /* a bit for each word in it that names anything */
    uint32_t rules[KEPT];         /* a bit for each rule that they name */
    uint16_t named[KEPT][BLOCK];  /* the two rules that each of them names, which may be the same */
} Naming;

static inline int is_letter(uint8_t c) { return (uint8_t)((c | 32) - 'a') < 26 || c == 0x80; }
static inline int is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

#if SIEVED
/* The same of sixteen. */
static inline Sixteen in_words(Sixteen v) {
    Sixteen small = less_16(or_16(v, all_16(32)), all_16('a'));
    Sixteen ascii = equal_16(least_16(small, all_16(25)), small);
    return or_16(ascii, equal_16(v, all_16(0x80)));
}

static inline Sixteen in_numbers(Sixteen v) {
    Sixteen digit = less_16(v, all_16('0'));
    return equal_16(least_16(digit, all_16(9)), digit);
}
#endif

/* Letters and digits of up to 64 bytes from `at` on. */
static inline void read_letters(
    const uint8_t *s, int64_t n, int64_t at, int bytes_at_once, uint64_t *letters, uint64_t *digits
) {
#if SIEVED
    if (bytes_at_once) {
        uint8_t some[64];
        const uint8_t *from = bytes_from(s, n, at, some);
        Sixteen v[4];
        for (int k = 0; k < 4; k++) v[k] = load_16(from + 16 * k);
        *letters = bits_64(in_words(v[0]), in_words(v[1]), in_words(v[2]), in_words(v[3]));
        *digits = bits_64(in_numbers(v[0]), in_numbers(v[1]), in_numbers(v[2]), in_numbers(v[3]));
        return;
    }
#endif
    *letters = *digits = 0;
    for (int k = 0; k < 64 && at + k < n; k++) {
        uint8_t c = s[at + k];
        *letters |= (uint64_t)is_letter(c) << k;
        *digits |= (uint64_t)is_digit(c) << k;
    }
}

/* Where words begin in a block that have the length, and the first and the last letter, of one that names a rule; and how
   long each of them is. */
static inline uint64_t like_names(
    const uint8_t *s, int64_t n, int64_t block, int bytes_at_once, const uint8_t *lengths, uint8_t *sizes
) {
    uint64_t letters, digits, next, ignored, found = 0;
    int64_t from = BLOCK * block;
    read_letters(s, n, from, bytes_at_once, &letters, &digits);
    uint8_t last = from ? s[from - 1] : 0;
    uint64_t joined = is_letter(last) || is_digit(last);
    uint64_t with_digit = letters & digits >> 1, on = letters; /* words that a digit ends: none of them names anything */
    for (int k = 1; k < LONGEST_NAME; k *= 2) {
        with_digit |= on & with_digit >> k;
        on &= on >> k;
    }
    uint64_t starts = letters & ~((letters | digits) << 1 | joined | with_digit);
    int over = 0; /* letters of the last word that stand in the next block */
    if (letters >> 63) {
        read_letters(s, n, from + BLOCK, bytes_at_once, &next, &ignored);
        over = LOWEST(~next | (uint64_t)1 << LONGEST_NAME);
    }
    for (; starts; starts &= starts - 1) {
        int at = LOWEST(starts);
        uint64_t behind = ~letters >> at;
        int length = behind ? LOWEST(behind) : BLOCK - at + over;
        length = length < LONGEST_NAME ? length : LONGEST_NAME;
        const uint8_t *word = s + from + at;
        sizes[at] = (uint8_t)length;
        found |= (uint64_t)(lengths[32 * (word[0] & 31) + length] >> (word[length - 1] & 7) & 1) << at;
    }
    return found;
}

/* How many of these 16 bytes, from the first one on, may stand in a name of a host: words and dashes. */
static inline int of_hosts(const uint8_t *s) {
#if SIEVED
    Sixteen v = load_16(s), signs = or_16(equal_16(v, all_16('_')), equal_16(v, all_16('-')));
    return LOWEST(~bits_16(or_16(or_16(in_words(v), in_numbers(v)), signs)));
#else
    int k = 0;
    while (k < 16 && (is_letter(s[k]) || is_digit(s[k]) || s[k] == '_' || s[k] == '-')) k++;
    return k;
#endif
}

#endif

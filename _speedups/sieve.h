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
    AT_ONCE = 64 - LOOK_BACK - LOOK_ON
};

typedef struct {
    int64_t from, to;   /* the places that were sieved last */
    uint64_t wakes;     /* which of them can matter */
    int64_t lent;       /* a number that ended here named those behind it */
    int64_t near_from, near_to; /* blocks around the places that were sieved last */
    uint32_t near;      /* … and a bit for each rule that words in them name */
    int64_t count;      /* findings, of which … */
    uint32_t told;      /* … a bit for each rule that is not looked for any more */
    int bytes_at_once;  /* that are compared; 0 if nothing is sieved */
    Naming naming;
} Sieve;

#if SIEVED

static inline uint64_t four_in_a_row(uint64_t w) {
    w &= w >> 1;
    return w & w >> 2;
}

static inline uint64_t sixteen_in_a_row(uint64_t w) {
    w = four_in_a_row(w);
    w &= w >> 4;
    return w & w >> 8;
}

/* Where characters of `on` lead to one of `to`, or to the last one that can be seen. */
static inline uint64_t leading(uint64_t on, uint64_t to) {
    to |= (uint64_t)1 << 63;
    for (int k = 1; k < 64; k *= 2) {
        to |= on & to >> k;
        on &= on >> k;
    }
    return to;
}

/* Numbers in which something without width stands, of six characters and more: their groups show no lengths. */
static inline uint64_t beside_nothing(const Planes *p) {
    uint64_t number = p->digit | p->space | p->dash | p->dot | p->slash | p->nothing, on = number, back = number;
    uint64_t filled = p->nothing, long_enough = four_in_a_row(number) & number >> 4 & number >> 5;
    for (int k = 1; k < 64; k *= 2) {
        filled |= on & filled << k | back & filled >> k;
        on &= on << k;
        back &= back >> k;
    }
    return p->digit & filled & long_enough;
}

/* There is a number that is long enough for anything. */
static inline int has_numbers(const Planes *p) {
    uint64_t some = p->digit | p->space | p->dash | p->dot | p->slash | p->opening | p->closing | p->nothing;
    uint64_t word = p->digit | p->letter | p->foreign | p->underscore;
    return (p->digit & ~(word << 1) & four_in_a_row(some) & some >> 4 & some >> 5) != 0;
}

/* Which of these places has seven digits before its number ends, or as many as can be seen from here. */
static inline uint64_t seven_digits(uint64_t digits, uint64_t number, uint64_t places) {
    uint64_t two = number & number >> 1, found = 0;
    for (places &= four_in_a_row(two) & two >> 4 & two >> 5; places; places &= places - 1) {
        int at = LOWEST(places);
        uint64_t ends = ~number >> at, seen = digits >> at & (ends - 1 & ~ends);
        for (int k = 0; k < 6; k++) seen &= seen - 1;
        if (seen || !ends) found |= places & -places;
    }
    return found;
}

/* The rules by their bits, numbered as in `detection/codes.py`. */
enum {
    CARD_ = 1 << 5, SSN_ = 1 << 7, SIN_ = 1 << 8, TAX_ = 1 << 10, BSN_ = 1 << 14, PESEL_ = 1 << 15, SE_ = 1 << 16,
    CPF_ = 1 << 18, AADHAAR_ = 1 << 19, PHONE_ = 1 << 22, IP_ = 1 << 23
};

/* Numbers, by the lengths of their groups: what needs no word unless it is told, and what words near it have named. */
static inline uint64_t sift_numbers(const Planes *p, uint32_t told, uint32_t named) {
    uint64_t d = p->digit, no = ~d, letter = p->letter | p->foreign, word = d | letter | p->underscore, dash = p->dash;
    uint64_t first = d & ~(word << 1), sign = p->space | dash | p->dot | p->slash;
    uint64_t on = sign & d >> 1; /* a sign, and a digit behind it */
    uint64_t d2 = d & d >> 1, d3 = d2 & d >> 2, d4 = d2 & d2 >> 2, d6 = d4 & d2 >> 4, d8 = d4 & d4 >> 4;
    /* Groups of so many digits. Those behind the first may begin anywhere. */
    uint64_t e1 = d & no >> 1, e2 = d2 & no >> 2, e3 = d3 & no >> 3, e4 = d4 & no >> 4, e6 = d6 & no >> 6;
    uint64_t three = e3 & on >> 3 & e3 >> 4, four = e4 & on >> 4, triple = three & on >> 7 & e3 >> 8;
    uint64_t ten = d8 & d2 >> 8, found = triple & on >> 11 & e2 >> 12;               /* 3332 */
    if (told & CARD_) found |= ten & d4 >> 10 & d >> 14 & (no >> 15 | d3 >> 15 & no >> 18); /* 15, 18 */
    else {
        found |= ten & d4 >> 10 & ~(d8 >> 8 & d4 >> 16);                             /* 14 to 19 */
        found |= four & (four >> 5 & four >> 10 | e6 >> 5 & on >> 11 & d4 >> 12);    /* 4444, 464, 465 */
        found |= d8 & no >> 8 & on >> 8 & d8 >> 9;                                   /* 88 */
    }
    found |= e2 & on >> 2 & three >> 3;                                              /* 2333 */
    uint64_t lettered = letter & ~(word >> 1), ended = lettered | dash & lettered >> 1; /* a letter, and a word's end */
    found |= d8 & no >> 8 & (dash >> 8 & e4 >> 9 | ended >> 8);                      /* 84, 8 and a letter */
    found |= e6 & (dash >> 6 & e4 >> 7 | letter >> 6 & d3 >> 7 & ~(word >> 11));     /* 64, 6 and four characters */
    found |= e1 & on >> 1 & e2 >> 2 & on >> 4 & e2 >> 5 & e2 >> 8 & e3 >> 11;        /* 1222332 */
    if (named & (SIN_ | BSN_)) found |= triple;
    if (named & BSN_) found |= four & e2 >> 5 & on >> 7 & e3 >> 8;
    if (named & SSN_) found |= e3 & on >> 3 & e2 >> 4 & on >> 6 & e4 >> 7;
    if (named & AADHAAR_) found |= four & e4 >> 5 & on >> 9 & e4 >> 10;
    if (named & (SSN_ | SIN_ | BSN_)) found |= d8 & d >> 8 & no >> 9;
    if (named & SE_) found |= ten & no >> 10;
    if (named & (TAX_ | PESEL_ | CPF_)) found |= ten & d >> 10 & no >> 11;
    if (named & (AADHAAR_ | SE_)) found |= ten & d2 >> 10 & no >> 12;
    uint64_t american = e3 & ~p->low; /* no area and no office begins with 0 or 1 */
    if (!(told & PHONE_)) found |= american & dash >> 3 & american >> 4 & dash >> 7 & d4 >> 8;
    found &= ~((sign & ~p->space) << 1 & word << 2);                                 /* the rest of a longer one */
    found |= d6 & d >> 6 & no >> 7 & ended >> 7 & dash << 1 & letter << 2;           /* 7 between letters */
    found |= e6 & dash >> 6 & e3 >> 7 & lettered >> 10;                              /* 63 and a letter */
    if (!(told & IP_)) {                                                             /* 10.1.1.1 */
        uint64_t low = e1 | e2 | e3, dotted = on & p->dot, l1 = e1 & dotted >> 1, l2 = e2 & dotted >> 2;
        uint64_t l3 = e3 & dotted >> 3, two = l1 & low >> 2 | l2 & low >> 3 | l3 & low >> 4;
        uint64_t all = l1 & two >> 2 | l2 & two >> 3 | l3 & two >> 4;
        all = l1 & all >> 2 | l2 & all >> 3 | l3 & all >> 4;
        found |= all & ~((p->dot | dash) << 1) & ~(l1 & l1 >> 2 & l1 >> 4 & e1 >> 6);
    }
    if (!(told & PHONE_)) {
        uint64_t apart = sign | p->opening | p->closing, some = four_in_a_row(d | apart | p->nothing);
        uint64_t behind = p->plus << 1;
        if (named & PHONE_) {
            uint64_t fresh = first & ~((sign & ~p->space) << 1); /* no other may stand right behind a sign */
            found |= seven_digits(d, d | on, fresh) | fresh & e3 & dash >> 3 & some & some >> 3;
            behind |= p->opening << 1;
        }
        found |= behind & some & some >> 3;
        if (p->nothing) found |= p->opening << 1 & (d | p->nothing) >> 1 & some & some >> 4 & some >> 8;
        /* Up to three signs, then three digits, and the same again with four: as Americans write. */
        uint64_t last = apart & (d4 >> 1 | apart >> 1 & (d4 >> 2 | apart >> 2 & d4 >> 3)), middle = american & last >> 3;
        found |= p->opening << 1 & american & (apart & (middle >> 1 | apart >> 1 & (middle >> 2 | apart >> 2 & middle >> 3))) >> 3;
    }
    return found & first | (p->nothing ? beside_nothing(p) : 0);
}

/* Digits behind letters that may belong to them: an account, a British id, an Italian or a Spanish one. */
static inline uint64_t sift_lettered(const Planes *p) {
    uint64_t d = p->digit, letter = p->letter | p->foreign, word = letter | p->underscore, all = word | d;
    uint64_t spelt = d | letter | p->space | p->dash | p->dot | p->nothing;
    uint64_t first = d & ~(d << 1) & four_in_a_row(spelt) & four_in_a_row(spelt) >> 3;
    uint64_t joined = first & word << 1 & d >> 1, apart = first & (p->space | p->dash) << 1;
    uint64_t found = joined & (letter << 2 & ~(all << 3) | letter << 3 & letter << 4 & letter << 5 & letter >> 2);
    found |= joined & d >> 3 & d >> 6;
    return found | apart & letter << 2 & letter << 3 & ~(all << 4);
}

/* A name that may give a secret away, and behind it a value that may be long enough; and URLs. */
static inline uint64_t sift_assignments(const Planes *p, int secrets_alone) {
    uint64_t signs = p->equals | p->colon;
    if (!signs) return 0;
    uint64_t letter = p->letter | p->foreign;
    /* A value has no blank and no colon, five characters and more, and a digit. */
    uint64_t of_value = ~(p->blank | p->colon), value = leading(of_value, p->digit & of_value);
    value &= four_in_a_row(of_value) & of_value >> 4;
    value |= four_in_a_row(letter) & letter >> 4 & (p->blank >> 5 | letter >> 5 & p->blank >> 6); /* Basic, Bearer */
    value = value >> 1 | value >> 2; /* from one of the next six characters on */
    value |= value >> 2 | value >> 4;
    uint64_t name = (secrets_alone ? p->secret : letter) << 1 & letter << 2 & letter << 3, names = name;
    uint64_t between = (p->space | p->colon | p->after_name) << 1;
    for (int k = 0; k < 4; k++) {
        name = between & name << 1;
        names |= name;
    }
    uint64_t found = signs & names & value & ~(p->equals >> 1) & ~(p->colon & p->colon >> 1);
    uint64_t urls = p->colon & p->slash >> 1 & p->slash >> 2;
    if (urls) { /* a colon comes next, and then an @ */
        uint64_t on = ~(p->blank | p->slash | p->opening | p->closing | p->at), last = leading(on, p->at) >> 1;
        urls &= (leading(on & ~p->colon, p->colon & (last | (uint64_t)1 << 63)) >> 3 | (uint64_t)7 << 61);
    }
    return found | urls;
}

/* Four hexadecimal digits before a colon, of which some may be colons; and two colons at once, or twelve characters of
   both from there on. */
static inline uint64_t sift_addresses(const Planes *p) {
    uint64_t hex = p->letter | p->digit, grouped = hex | p->colon;
    uint64_t found = p->colon & grouped << 1 & grouped << 2 & grouped << 3 & hex << 4
        & ~((hex | p->foreign | p->underscore | p->dot) << 5);
    if (!found) return 0;
    uint64_t four = four_in_a_row(grouped), two = p->colon & p->colon << 1;
    return found & (four & four >> 4 & four >> 8 | two << 2 | leading(grouped, two | two >> 1));
}

/* Keys that begin with a prefix, signed tokens, private keys. */
static inline uint64_t sift_signs(const Planes *p) {
    uint64_t letter = p->letter, d = p->digit, word = letter | p->foreign | d | p->underscore;
    uint64_t key = sixteen_in_a_row(d | letter | p->underscore | p->dash | p->plus | p->slash | p->equals) >> 1;
    uint64_t found = key & (p->dash & letter << 1 | p->underscore & (letter | d) << 1);
    found |= p->capital & ~((word | p->dash) << 1) & letter >> 1 & (key | p->dot >> 2);
    found |= p->capital & letter << 1 & letter << 2 & ~((d | letter | p->underscore | p->dash) << 3);
    found |= p->dash & p->dash << 1 & (letter >> 1 | p->space >> 1 & letter >> 2);
    return found;
}

/* E-mail addresses: with an @, or as `name (at) host`. Behind the first name of a host stands a point, or `(dot)`. */
static inline uint64_t sift_emails(const Planes *p) {
    uint64_t letter = p->letter, word = letter | p->foreign | p->digit | p->underscore;
    uint64_t opened = p->opening | p->curly | p->square;
    uint64_t local = ~(p->blank | p->closing | opened | p->slash | p->equals | p->colon | p->at | p->nothing);
    uint64_t about = opened & (local << 1 | p->space << 1 & local << 2) & letter >> 1 & letter >> 2 & ~(word >> 3);
    uint64_t at = p->at & word << 1;
    if (!(about | at)) return 0;
    uint64_t dot = opened & (letter >> 1 & letter >> 2 & letter >> 3 | (uint64_t)7 << 61);
    uint64_t host = leading(word | p->dash, p->dot & word >> 1 | p->space & dot >> 1 | dot) & word;
    return at & host >> 1 | about & (host >> 4 | p->space >> 4 & host >> 5);
}

/* Ends of lines, and brackets, behind whose opening signs a letter stands; all, where a heading may begin with others.
   Sets which signs cannot open a heading: the first of them behind each place is that letter. */
static inline uint64_t sift_headings(const Planes *p, int any, uint64_t *stops) {
    uint64_t woken = p->newline & ~(p->newline >> 1) | p->square & ~(p->square >> 1), letters = p->letter | p->odd;
    *stops = letters | p->digit | p->newline | p->square | p->dot | p->colon | p->closing | p->at | p->plus;
    return !woken || any ? woken : woken & leading(~*stops, letters) >> 1;
}

#else

typedef struct { uint64_t digit, colon; } Planes;

#define read_planes(s, n, at, bytes_at_once, planes) ((void)0)
#define has_numbers(planes) 0
#define sift_numbers(planes, told, named) 0
#define sift_lettered(planes) 0
#define sift_assignments(planes, secrets_alone) 0
#define sift_addresses(planes) 0
#define sift_signs(planes) 0
#define sift_emails(planes) 0
#define sift_headings(planes, any, stops) 0

#endif
#endif

from libc.string cimport memcmp

include "dice.pxi"


cdef void count_kind(const Model *model, int kind, void *data, Py_ssize_t n, Counted *found) noexcept nogil:
    """What `run` counts, without the synonyms."""
    cdef Scratch whole
    whole.counted = found[0]
    choose_kind(NULL, model, kind, data, n, &whole)
    found[0] = whole.counted


cdef bint same_counts(const Counted *one, const Counted *other) noexcept nogil:
    return (
        one.unit_count == other.unit_count
        and one.grams == other.grams
        and one.rarity == other.rarity
        and memcmp(one.like, other.like, sizeof(one.like)) == 0
        and memcmp(one.sums, other.sums, sizeof(one.sums)) == 0
        and memcmp(one.units, other.units, one.unit_count * sizeof(Unit)) == 0
    )


def hammer(Analyser analyser, list pieces, uint64_t seed, Py_ssize_t times):
    """Analyse so many texts made at random in C; what comes out has to make sense, also where rows aren't added at once."""
    cdef Dice *dice = dice_of(pieces, seed)
    cdef Scratch found
    cdef Counted again
    cdef Model narrow = analyser.model
    cdef Py_ssize_t n, done
    cdef size_t tokens, units
    cdef void *data
    cdef char *block
    cdef int kind
    cdef tuple raw
    narrow.wide = False
    for done in range(times):
        kind = change(dice)
        n = dice.length
        data = written(dice, kind)
        tokens = (min(n, HEAD + TAIL) // 2 + 4) * sizeof(Token)
        units = (min(n, analyser.model.head + analyser.model.tail) // 2 + 4) * sizeof(Unit)
        found.tokens = <Token *>malloc(tokens)  # blocks of their own: each end is watched
        memset(&found.counted, 0, sizeof(Counted))
        found.counted.units = <Unit *>malloc(units)
        found.verb_count = 0
        choose_kind(&analyser.lexis, &analyser.model, kind, data, n, &found)
        memset(&again, 0, sizeof(Counted))
        again.units = <Unit *>malloc(units)
        count_kind(&narrow, kind, data, n, &again)
        assert same_counts(&found.counted, &again), (seed, done)
        free(again.units)
        raw = weigh(analyser, &found)
        assert abs(sum(raw[2].values()) - 1.0) < 1e-9, (seed, done, raw)
        for start, end, _, _ in raw[9]:
            assert 0 <= start < end <= n, (seed, done, raw)
        free(data)
        free(found.tokens)
        free(found.counted.units)
    put_away(dice)
    return times

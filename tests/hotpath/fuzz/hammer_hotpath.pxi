include "dice.pxi"


def hammer(Analyser analyser, list pieces, uint64_t seed, Py_ssize_t times):
    """Analyse so many texts made at random in C; what comes out has to make sense."""
    cdef Dice *dice = dice_of(pieces, seed)
    cdef Scratch found
    cdef Py_ssize_t n, done
    cdef size_t tokens, units
    cdef void *data
    cdef char *block
    cdef int kind
    cdef tuple raw
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
        raw = analyser.weigh(&found)
        assert abs(sum(raw[2].values()) - 1.0) < 1e-9, (seed, done, raw)
        for start, end, _, _ in raw[9]:
            assert 0 <= start < end <= n, (seed, done, raw)
        free(data)
        free(found.tokens)
        free(found.counted.units)
    put_away(dice)
    return times

"""Texts at random, in C: pieces and odd code points, put together anew or out of the text before."""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy as copy_bytes
from libc.string cimport memmove as move_bytes

cdef enum:
    HUGE = 20_000  # characters of a text; most have at most USUAL
    USUAL = 400

cdef struct Dice:
    uint64_t state
    uint32_t *points  # of all pieces, one behind the other
    Py_ssize_t *ends
    Py_ssize_t pieces, length
    uint32_t text[HUGE]


cdef uint64_t roll(Dice *dice, uint64_t sides) noexcept nogil:
    """A number from 0 to less than `sides`."""
    dice.state ^= dice.state << 13
    dice.state ^= dice.state >> 7
    dice.state ^= dice.state << 17
    return (dice.state >> 11) % sides


cdef uint32_t odd_one(Dice *dice) noexcept nogil:
    """A code point of any plane, the low ones more often."""
    cdef uint64_t which = roll(dice, 5)
    return <uint32_t>roll(
        dice, 0x80 if which == 0 else 0x100 if which == 1 else 0x3000 if which == 2 else 0x10000 if which == 3 else 0x110000
    )


cdef void insert(Dice *dice, Py_ssize_t at, const uint32_t *what, Py_ssize_t n, Py_ssize_t most) noexcept nogil:
    if dice.length + n > most:
        return
    move_bytes(dice.text + at + n, dice.text + at, (dice.length - at) * sizeof(uint32_t))
    copy_bytes(dice.text + at, what, n * sizeof(uint32_t))
    dice.length += n


cdef int change(Dice *dice) noexcept nogil:
    """Make the next text; returns the bytes of a character in it."""
    cdef uint32_t odd
    cdef Py_ssize_t at, n, begin, i, piece, copies
    cdef Py_ssize_t most = USUAL, edits = 1 + <Py_ssize_t>roll(dice, 12)
    if roll(dice, 64) == 0:
        most = HUGE
    if roll(dice, 3) == 0 or dice.length > most:
        dice.length = 0
    for i in range(edits):
        at = roll(dice, dice.length + 1)
        n = roll(dice, 8)
        if n < 5:
            piece = roll(dice, dice.pieces)
            begin = 0 if piece == 0 else dice.ends[piece - 1]
            copies = 1 + <Py_ssize_t>(roll(dice, 40) if n == 4 else 0)
            while copies:
                insert(dice, at, dice.points + begin, dice.ends[piece] - begin, most)
                copies -= 1
        elif n == 5:
            odd = odd_one(dice)
            insert(dice, at, &odd, 1, most)
        elif n == 6 and at < dice.length:
            dice.text[at] = odd_one(dice)
        else:
            n = min(<Py_ssize_t>roll(dice, 20), dice.length - at)
            move_bytes(dice.text + at, dice.text + at + n, (dice.length - at - n) * sizeof(uint32_t))
            dice.length -= n
    return 1 << <int>roll(dice, 3)


cdef void *written(Dice *dice, int kind) noexcept nogil:
    """The text in memory of exactly its size, so that one character too many is noticed; NULL when memory is short."""
    cdef void *data = malloc(dice.length * kind)
    cdef Py_ssize_t i
    if data == NULL:
        return NULL
    for i in range(dice.length):
        if kind == 1:
            (<uint8_t *>data)[i] = <uint8_t>(dice.text[i] & 0x7F if dice.state & 4096 else dice.text[i] & 0xFF)
        elif kind == 2:
            (<uint16_t *>data)[i] = <uint16_t>(dice.text[i] & 0xFFFF)
        else:
            (<uint32_t *>data)[i] = dice.text[i]
    return data


cdef Dice *dice_of(list pieces, uint64_t seed) except NULL:
    cdef Dice *dice = <Dice *>calloc(1, sizeof(Dice))
    cdef Py_ssize_t i, end = 0
    dice.state = seed * 0x9E3779B97F4A7C15ULL | 1
    dice.pieces = len(pieces)
    dice.ends = <Py_ssize_t *>calloc(len(pieces), sizeof(Py_ssize_t))
    dice.points = <uint32_t *>calloc(sum(map(len, pieces)) + 1, sizeof(uint32_t))
    for i, piece in enumerate(pieces):
        for c in piece:
            dice.points[end] = ord(c)
            end += 1
        dice.ends[i] = end
    return dice


cdef void put_away(Dice *dice) noexcept:
    free(dice.ends)
    free(dice.points)
    free(dice)

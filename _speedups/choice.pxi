"""What the sums of a pass say, in C: chances, the intent and the role that are chosen, and the words that decided."""

cdef int64_t log(int64_t n) noexcept nogil:
    """log2(1 + n) times 256, with straight lines between the powers of two."""
    cdef int power = 0
    while (n + 1) >> (power + 1):
        power += 1
    return (power - 1) * 256 + (((n + 1) << 8) >> power)


cdef Py_ssize_t softmax(int64_t *scores, Py_ssize_t n, double *chances) noexcept nogil:
    """Fill in the chances; returns the place of the best."""
    cdef Py_ssize_t i, best = 0
    cdef int64_t top = scores[0]
    cdef double total = 0.0
    for i in range(1, n):
        top = max(top, scores[i])
    for i in range(n):
        chances[i] = exp(<double>(scores[i] - top) / UNIT)
        total += chances[i]
    for i in range(n):
        chances[i] /= total
        if chances[i] > chances[best]:
            best = i
    return best


cdef Py_ssize_t runner_up(int64_t *scores, Py_ssize_t n, Py_ssize_t best) noexcept nogil:
    """The place of the highest score beside the best one's."""
    cdef Py_ssize_t i, second = -1
    for i in range(n):
        if i != best and (second < 0 or scores[i] > scores[second]):
            second = i
    return best if second < 0 else second


cdef int keep(Clue clue, Clue *clues, int count) noexcept nogil:
    """Insert a clue where its weight belongs; the weakest falls out. Returns how many there are now."""
    cdef int at = count
    if clue.weight < SHOWN or (count == SPANS and clues[SPANS - 1].weight >= clue.weight):
        return count
    if count == SPANS:
        at = SPANS - 1
    count = at + 1
    while at > 0 and clues[at - 1].weight < clue.weight:
        clues[at] = clues[at - 1]
        at -= 1
    clues[at] = clue
    return count


cdef void by_place(Clue *clues, int count) noexcept nogil:
    cdef int i, at
    cdef Clue clue
    for i in range(1, count):
        clue = clues[i]
        at = i
        while at > 0 and clues[at - 1].start > clue.start:
            clues[at] = clues[at - 1]
            at -= 1
        clues[at] = clue


cdef tuple weigh(Analyser self, Scratch *found):
    """Turn sums into probabilities, and choose."""
    cdef Lexis *lexis = &self.lexis
    cdef Counted *counted = &found.counted
    cdef Clue clues[SPANS]
    cdef int64_t scores[COLUMNS + VERBS]
    cdef double chances[COLUMNS + VERBS]
    cdef int64_t plain[COLUMNS]
    cdef int64_t *ours
    cdef int64_t lead, led
    cdef int custom[VERBS + 1]
    cdef Py_ssize_t i, j, best, role, first, second, other = 0, split = self.split, roles = self.known
    cdef int count = 0, level = 1
    cdef double complexity, hard = 0.0, root = sqrt(<double>counted.grams)
    cdef Unit *unit
    cdef Hit *hit
    custom[0] = 0
    if counted.grams == 0:
        root = 1.0
    for i in range(split + roles):
        scores[i] = plain[i] = <int64_t>floor(<double>(counted.sums[i] * self.scales[i]) / root) + self.biases[i]
    first = softmax(scores, split, chances)
    second = runner_up(scores, split, first)
    ours = scores + split
    for i in range(found.verb_count):
        role = lexis.roles[found.verbs[i].number]
        if not lexis.named[found.verbs[i].number]:
            continue
        for j in range(i):
            if lexis.named[found.verbs[j].number] and lexis.roles[found.verbs[j].number] == role:
                break
        else:
            if role < self.known:
                ours[role] += NAMED
            else:
                custom[roles - self.known] = <int>role
                ours[roles] = NAMED
                roles += 1
    best = softmax(ours, roles, chances + split)
    role = best if best < self.known else custom[best - self.known]
    if 0 < role < self.known:
        other = split + runner_up(plain + split, self.known, role)
    for i in range(found.verb_count):
        hit = &found.verbs[i]
        if role and lexis.named[hit.number] and lexis.roles[hit.number] == role:
            count = keep(Clue(hit.start, hit.stop, NAMED, True), clues, count)
    for i in range(counted.unit_count):
        unit = &counted.units[i]
        lead = unit.sums[first] * self.scales[first] - unit.sums[second] * self.scales[second]
        led = lead
        if 0 < role < self.known:  # a word is shown for what it says most about
            led = unit.sums[split + role] * self.scales[split + role] - unit.sums[other] * self.scales[other]
        count = keep(
            Clue(unit.start, unit.stop, <int64_t>floor(<double>max(lead, led) / root), led > lead), clues, count
        )
    by_place(clues, count)
    for i in range(split):  # quotients alone: no compiler fuses them with a sum
        if self.parts[i] != 0.0:
            hard += chances[i] / self.parts[i]
    complexity = <double>log(found.length)
    hard /= 1.0 + exp(min(700.0, (complexity - self.fades) / self.within))
    complexity = complexity / self.length + hard
    for i in range(self.steps):
        level += self.levels[i] <= complexity
    what = self.intents[first]
    who = self.roles[role]
    probabilities = {self.intents[i]: chances[i] for i in range(split)}
    intent, sure = what, chances[first]
    if self.model.kinds:
        intent, sure, probabilities = compare(self, counted, probabilities)
    return (
        intent,
        sure,
        probabilities,
        who,
        chances[split + best],
        complexity,
        level,
        tuple([named(self, found.verbs[i].number) for i in range(found.verb_count)]),
        (),
        tuple(
            [
                (clues[i].start, clues[i].stop, who if clues[i].role else what, <double>clues[i].weight / UNIT)
                for i in range(count)
            ]
        ),
    )


cdef tuple named(Analyser self, int number):
    """A synonym, and its role."""
    return self.folded[number], self.roles[self.lexis.roles[number]]


cdef tuple compare(Analyser self, Counted *counted, dict probabilities):
    """Let the intents that are made of examples have their share."""
    cdef Py_ssize_t i, best = -1
    cdef double likeness, chance, most = 0.0, root = sqrt(<double>counted.rarity) * self.one
    for i in range(self.model.kinds):
        likeness = <double>counted.like[i] / root if counted.rarity else 0.0
        chance = 1.0 / (1.0 + exp((self.thresholds[i] - likeness) * STEEP))
        if chance > most:
            best, most = i, chance
    if best >= 0:
        share = most  # Python floats from here on: no compiler fuses their sums
        rest = 1.0 - share
        probabilities = {name: each * rest for name, each in probabilities.items()}
        for name in self.alike:
            probabilities.setdefault(name, 0.0)
        probabilities[self.alike[best]] = probabilities[self.alike[best]] + share
    intent = max(probabilities, key=probabilities.__getitem__)
    return intent, probabilities[intent], probabilities

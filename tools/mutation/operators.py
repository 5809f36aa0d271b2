# SPDX-License-Identifier: MIT
"""Finds, in a C file, the small changes that are bugs people write.

The file is cut into tokens, not parsed: this is C in kernel style, and what is
misread does not compile or makes the same object, and then does not count.
Code in macros' definitions and outside of functions is left alone. A change
keeps the number of lines, so that nothing but itself differs in the object.
"""
import bisect
import dataclasses
import re

TOKEN = re.compile(r'''
    (?P<blank>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
  | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<mark>->|\+\+|--|<<=?|>>=?|&&|\|\||[-+*/%&|^=!<>]=|\.\.\.|.)
''', re.X | re.S | re.M)

SWAPS = {
    'relational': {'<': '<=', '<=': '<', '>': '>=', '>=': '>',
                   '==': '!=', '!=': '=='},
    'boolean': {'&&': '||', '||': '&&'},
    'arithmetic': {'+': '-', '-': '+', '+=': '-=', '-=': '+=', '++': '--',
                   '--': '++', '|': '&', '&': '|', '|=': '&=', '&=': '|='},
}
# These may also stand before an operand, and then mean something else.
AMBIGUOUS = {'+', '-', '&'}
CONSTANTS = {'true': 'false', 'false': 'true'}
JUMPS = {'break': ['continue', ''], 'continue': ['break']}
KEYWORDS = set('''if else for while do switch case default return goto break
    continue sizeof struct union enum const static int char unsigned void long
    short signed bool double float extern register typedef'''.split())
ASSIGN = {'=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>='}


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    function: str
    operator: str
    start: int          # what of the file's text is replaced
    end: int
    new: str
    lines: tuple        # whose compilation says whether it counts
    before: str         # the lines it changes, in one, blanks made single
    after: str
    nth: int = 0        # of those that read the same

    @property
    def line(self):
        return self.lines[0]

    @property
    def key(self):
        return '\n'.join((self.file, self.function, self.operator,
                          self.before, self.after, str(self.nth)))

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]


class Source:
    """A file's tokens, its pairs of brackets and its functions."""

    def __init__(self, file, text):
        self.file, self.text = file, text
        self.tokens = [(match.lastgroup, match.group(), match.start())
                       for match in TOKEN.finditer(text)
                       if match.lastgroup != 'blank']
        self.starts = [0] + [at.end() for at in re.finditer('\n', text)]
        self.pair, opened = {}, []
        for i, (_, word, _) in enumerate(self.tokens):
            if word in ('(', '[', '{'):
                opened.append(i)
            elif word in (')', ']', '}') and opened:
                self.pair[i] = opened.pop()
                self.pair[self.pair[i]] = i

    def word(self, i):
        return self.tokens[i][1] if 0 <= i < len(self.tokens) else ''

    def kind(self, i):
        return self.tokens[i][0] if 0 <= i < len(self.tokens) else ''

    def begin(self, i):
        return self.tokens[i][2]

    def end(self, i):
        return self.tokens[i][2] + len(self.tokens[i][1])

    def line(self, offset):
        return bisect.bisect_right(self.starts, offset)

    def functions(self):
        """(name, first and last token of the body)"""
        i = 0
        while i < len(self.tokens):
            if self.word(i) == '{' and i in self.pair:
                close = self.pair[i]
                if self.word(i - 1) == ')' and i - 1 in self.pair:
                    yield self.word(self.pair[i - 1] - 1), i, close
                i = close
            i += 1

    def is_operand_before(self, i):
        """Whether the token before i ends a value: what is at i is binary."""
        kind, word = self.kind(i - 1), self.word(i - 1)
        if kind == 'name':
            return word not in KEYWORDS
        if word == ')':
            return not self.is_cast(i - 1)
        return kind in ('number', 'text') or word in (']', '++', '--')

    def is_cast(self, close):
        inside = range(self.pair.get(close, close) + 1, close)
        words = [self.word(i) for i in inside]
        return bool(words) and all(
            self.kind(i) == 'name' or self.word(i) == '*' for i in inside) and (
            words[-1] == '*' or bool(KEYWORDS.intersection(words)) or
            words[-1].endswith('_t')) and self.word(inside[0] - 2) != 'sizeof'

    def statement(self, i):
        """First and last token of the simple statement around i."""
        first = last = i
        while self.word(first - 1) not in (';', '{', '}', ''):
            first -= 1
        while self.word(last) not in (';', '{', '}', ''):
            last += 1
        return first, last


def number_after(word):
    """One more, or the other of 0 and 1; None for what is no integer."""
    match = re.fullmatch(r'(0[xX][\da-fA-F]+|\d+)([uUlL]*)', word)
    if not match:
        return None
    digits, suffix = match.groups()
    if re.fullmatch(r'0\d+', digits):
        return f'({word} + 1)'
    value = int(digits, 0)
    return str(0 if value == 1 else value + 1) + suffix


def changes_at(source, i):
    """(operator, first token, last token, new text) at this token alone."""
    kind, word = source.kind(i), source.word(i)
    for operator, swaps in SWAPS.items():
        if word in swaps and (word not in AMBIGUOUS or
                              source.is_operand_before(i)):
            yield operator, i, i, swaps[word]
    if word == '!':
        yield 'boolean', i, i, ''
    if kind == 'number' and number_after(word):
        yield 'constant', i, i, number_after(word)
    if word in CONSTANTS:
        yield 'constant', i, i, CONSTANTS[word]
    if word == '-' and not source.is_operand_before(i):
        yield 'sign', i, i, ''
    for new in JUMPS.get(word, []):
        yield ('jump' if new else 'deletion'), i, i, new


def changes_of_return(source, i):
    if source.word(i) != 'return' or source.word(i + 1) == ';':
        return
    last = source.statement(i)[1] - 1
    value = [source.word(k) for k in range(i + 1, last + 1)]
    if value == ['0']:
        yield 'return', i + 1, last, '-1'
    elif value[0] not in ('NULL', 'true', 'false') and value != ['1']:
        yield 'return', i + 1, last, '0'


def changes_of_condition(source, i):
    """Negated; and where an error leaves the function, forced both ways."""
    if source.word(i) not in ('if', 'while') or source.word(i + 1) != '(':
        return
    close = source.pair[i + 1]
    inside = source.text[source.end(i + 1):source.begin(close)]
    yield 'boolean', i + 2, close - 1, f'!({inside})'
    if source.word(i) != 'if':
        return
    first = close + 1
    last = (source.pair[first] if source.word(first) == '{'
            else source.statement(first)[1])
    if any(source.word(k) in ('return', 'goto')
           for k in range(first, last + 1)):
        yield 'forced', i + 2, close - 1, f'({inside}) && 0'
        yield 'forced', i + 2, close - 1, f'({inside}) || 1'


def changes_of_statement(source, i):
    """A call whose value is not used, an assignment: left out."""
    before = source.word(i - 1)
    if before == ')':
        opened = source.pair.get(i - 1)
        if source.word(opened - 1) not in ('if', 'for', 'while', 'switch'):
            return
    elif before == ':':
        start = source.statement(i)[0]
        if source.word(start) not in ('case', 'default') and start != i - 2:
            return
    elif before not in (';', '{', '}', 'else'):
        return
    first, word = i, source.word(i)
    if word == '(' and source.word(i + 1) == 'void':
        first = source.pair[i] + 1
    while source.word(first) in ('*', '++', '--', '('):
        first += 1
    if (source.kind(first) != 'name' or source.word(first) in KEYWORDS or
            source.word(first) == 'assert'):
        return
    last = source.statement(first)[1]
    if source.word(last) != ';':
        return
    if any(source.pair.get(k, i) < i for k in range(i, last)):
        return          # the third part of a for
    words = [source.word(k) for k in range(first + 1, last)]
    if words[:1] == ['('] and first == i:
        after = source.pair[first + 1] + 1
        if after != last and source.kind(after) == 'name':
            return
    elif source.kind(first + 1) == 'name' or (
            words[:1] == ['*'] and first == i):
        return
    if '(' in words or ASSIGN.intersection(words) or {'++', '--'} & {
            word, *words}:
        yield 'deletion', i, last - 1, ''


def mutant(source, function, change):
    operator, first, last, new = change
    start, end = source.begin(first), source.end(last)
    new += '\n' * (source.text[start:end].count('\n') - new.count('\n'))
    top, bottom = source.line(start), source.line(end - 1)
    from_, to = source.starts[top - 1], (source.starts + [None])[bottom]
    text, after = source.text[from_:to], None
    after = text[:start - from_] + new + text[end - from_:]
    around = source.statement(first)
    lines = [*range(top, bottom + 1),
             *range(source.line(source.begin(around[0])), top),
             *range(bottom + 1, source.line(source.begin(around[1])) + 1)]
    return Mutant(source.file, function, operator, start, end, new,
                  tuple(lines), ' '.join(text.split()),
                  ' '.join(after.split()))


def mutants_of(file, text):
    """All there are of this file, in its order."""
    source, seen, found = Source(file, text), {}, []
    for name, first, last in source.functions():
        for i in range(first + 1, last):
            for finder in (changes_at, changes_of_return,
                           changes_of_condition, changes_of_statement):
                for change in finder(source, i):
                    made = mutant(source, name, change)
                    nth = seen[made.key] = seen.get(made.key, -1) + 1
                    found.append(dataclasses.replace(made, nth=nth))
    return found

"""The machine that follows the opcodes of a pickle. The frequent ones are here, in one loop."""

from __future__ import annotations

import re
from struct import Struct

from scanner.parsers.pickles.arrays import OBJECTS, raw_size
from scanner.parsers.pickles.calls import build, call, raw_data
from scanner.parsers.pickles.limits import MAX_ITEMS
from scanner.parsers.pickles.opcodes import RARE
from scanner.parsers.pickles.runs import passed_over
from scanner.parsers.pickles.state import State, StoppedError
from scanner.parsers.pickles.symbols import UNKNOWN, Made, Named, Pairs, Symbol
from scanner.parsers.pickles.tensors import more_tensors

_int32, _uint32, _double = (Struct(form).unpack_from for form in ("<i", "<I", ">d"))
_FILLED = (list, Pairs)


class Machine(State):
    """Follows one pickle."""

    def run(self) -> None:
        """Follow the pickle to STOP or to where it breaks."""
        try:
            while True:
                try:
                    self._loop()
                except (IndexError, KeyError) as error:
                    self.recover(error)
        except StoppedError:
            pass
        except EOFError:
            self.at = min(self.at, self.size)
            self.flaw("truncated", "the data ends before STOP")

    def _loop(self) -> None:  # noqa: PLR0912, PLR0915 (one hot loop)
        """Take one opcode after the other. Raises IndexError and KeyError where one asks for what is not there."""
        stack, marks, memo = self.stack, self.marks, self.memo
        push, pop, size, remember = stack.append, stack.pop, len, memo.append
        data, at, limit = self.data, self.at, 0
        item: Symbol
        try:
            while True:
                if at >= limit:
                    self.at, at = at, -1
                    self.window()
                    data, memo, at, limit = self.data, self.memo, self.at, self.limit
                    remember = memo.append
                op = data[at]
                if op >= 0x80:
                    if op == 0x94:  # MEMOIZE
                        remember(stack[-1])
                        at += 1
                        continue
                    if op == 0x8C:  # SHORT_BINUNICODE
                        end = at + 2 + data[at + 1]
                        push(data[at + 2 : end])
                        at = end
                        if data[at] == 0x94:  # MEMOIZE
                            remember(stack[-1])
                            at += 1
                        continue
                    if op == 0x86:  # TUPLE2
                        item = pop()
                        stack[-1] = (stack[-1], item)
                        at += 1
                        continue
                    if op == 0x81:  # NEWOBJ
                        item = stack[-2]
                        if type(item) is Named and item.quiet:
                            pop()
                            stack[-1] = item.made
                        else:
                            self.at = at
                            stack[-2:] = [call(self, item, stack[-1], "NEWOBJ")]
                        at += 1
                        continue
                    if op <= 0x89 and op >= 0x85:  # TUPLE1, TUPLE3, NEWTRUE, NEWFALSE
                        if op >= 0x88:
                            push(op == 0x88)
                        elif op == 0x85:
                            stack[-1] = (stack[-1],)
                        else:
                            stack[-3:] = [(stack[-3], stack[-2], stack[-1])]
                        at += 1
                        continue
                elif op >= 0x65:
                    if op == 0x68:  # BINGET
                        push(memo[data[at + 1]])
                        at += 2
                        continue
                    if op == 0x71:  # BINPUT
                        index = data[at + 1]
                        if index == size(memo):
                            remember(stack[-1])
                        else:
                            memo[index] = stack[-1]
                        at += 2
                        continue
                    if op == 0x6A:  # LONG_BINGET
                        push(memo[_uint32(data, at + 1)[0]])
                        at += 5
                        continue
                    if op == 0x72:  # LONG_BINPUT
                        index = _uint32(data, at + 1)[0]
                        if index == size(memo):
                            remember(stack[-1])
                        else:
                            memo[index] = stack[-1]
                        at += 5
                        continue
                    if op in (0x75, 0x65):  # SETITEMS, APPENDS
                        mark = marks[-1]
                        if not mark:
                            raise IndexError
                        item = stack[mark - 1]
                        if type(item) is (Pairs if op == 0x75 else list) and size(item) < MAX_ITEMS:
                            item += stack[mark : mark + MAX_ITEMS]
                            self.held += size(item)
                        del stack[mark:], marks[-1]
                        at += 1
                        continue
                    if op == 0x74:  # TUPLE
                        mark = marks.pop()
                        stack[mark:] = [tuple(stack[mark : mark + MAX_ITEMS])]
                        self.held += size(stack[-1])
                        at += 1
                        continue
                    if op == 0x7D:  # EMPTY_DICT
                        many = marks and size(stack) - marks[-1] > MAX_ITEMS and not raw_data(stack[-1])
                        if many and self.runs and type(memo) is list:
                            count, at = self.several(self.style.dictionary, at, memo, b"")
                            if count:
                                stack += [UNKNOWN] * count
                                continue
                        push(Pairs())
                        at += 1
                        if data[at] == 0x94:
                            remember(stack[-1])
                            at += 1
                        continue
                    if op == 0x73:  # SETITEM
                        item = stack[-3]
                        if type(item) is Pairs and size(item) < MAX_ITEMS:
                            item += stack[-2:]
                            self.held += 2
                        del stack[-2:]
                        at += 1
                        continue
                elif op >= 0x4E:
                    if op == 0x58:  # BINUNICODE
                        if not (data[at + 2] or data[at + 3] or data[at + 4]):
                            end = at + 5 + data[at + 1]
                            push(data[at + 5 : end])
                            at = end
                            continue
                    elif op == 0x4E:  # NONE
                        push(None)
                        at += 1
                        continue
                    elif op == 0x62:  # BUILD
                        item = stack[-2]
                        if type(item) is Made and item.quiet:
                            pop()
                            at += 1
                            continue
                        self.at, at = at, -1
                        self._build(pop(), item)
                        data, at, limit = self.data, self.at, self.limit
                        continue
                    elif op == 0x52:  # REDUCE
                        item = stack[-2]
                        if type(item) is Named and item.quiet:
                            pop()
                            stack[-1] = item.made
                        else:
                            self.at = at
                            stack[-2:] = [call(self, item, stack[-1], "REDUCE")]
                            if data[at + 1] == 0x72 and type(item) is Named and item.of.name == "_rebuild_tensor_v2":
                                at = more_tensors(self, item, at + 1)
                                continue
                        at += 1
                        continue
                    elif op == 0x5D:  # EMPTY_LIST
                        push([])
                        at += 1
                        continue
                    elif op == 0x61:  # APPEND
                        item = stack[-2]
                        if type(item) is list and size(item) < MAX_ITEMS:
                            item.append(stack[-1])
                            self.held += 1
                        pop()
                        at += 1
                        continue
                elif op == 0x4B:  # BININT1
                    push(data[at + 1])
                    at += 2
                    continue
                elif op == 0x28:  # MARK
                    mark = size(stack)
                    if mark and type(stack[-1]) in _FILLED and self.boring(mark) and not raw_data(stack[mark - 2]):
                        found = self.style.run.match(data, at, limit)
                        if found and type(memo) is list:
                            if passed_over(self.style, data, at, found.end(), memo):
                                at = found.end()
                                continue
                            self.runs = False
                    marks.append(mark)
                    at += 1
                    continue
                elif op == 0x47:  # BINFLOAT
                    push(_double(data, at + 1)[0])
                    at += 9
                    continue
                elif op == 0x4D:  # BININT2
                    push(data[at + 1] | data[at + 2] << 8)
                    at += 3
                    continue
                elif op == 0x4A:  # BININT
                    push(_int32(data, at + 1)[0])
                    at += 5
                    continue
                elif op == 0x29:  # EMPTY_TUPLE
                    if data[at + 1] == 0x81 and stack and type(stack[-1]) is Named and stack[-1].quiet:  # NEWOBJ
                        item = stack[-1] = stack[-1].made
                        at = self.objects(item, at) if item.quiet else at + 2
                        continue
                    push(())
                    at += 1
                    continue
                rare = RARE.get(op)
                self.at = at
                if rare is None:
                    self.broken("opcode", f"{op:#04x} is no opcode")
                at, after = -1, at + 1
                at = rare(self, after)
                data, limit = self.data, self.limit
        finally:
            if at >= 0:
                self.at = at

    def objects(self, made: Made, at: int) -> int:
        """Pass over the object that begins with the EMPTY_TUPLE at ``at``, and those of the same class behind it."""
        data, memo = self.data, self.memo
        if type(memo) is not list or not self.runs:
            return at + 2
        # How the class came out of the memo: what does that again makes another object of it.
        get = None
        if at > 1 and data[at - 2] == 0x68 and data[at - 1] < len(memo) and memo[data[at - 1]] is made.callee:
            get = data[at - 2 : at]
        elif at > 4 and data[at - 5] == 0x6A:
            (index,) = _uint32(data, at - 4)
            get = data[at - 5 : at] if index < len(memo) and memo[index] is made.callee else None
        count, end = self.several(self.style.object, at, memo, get)
        self.stack += [made] * (count - 1)
        return end if count else at + 2

    def several(
        self, pattern: re.Pattern[bytes], at: int, memo: list[Symbol], between: bytes | None
    ) -> tuple[int, int]:
        """How many of ``pattern`` stand one behind the other from ``at`` on, and where they end; None: one at most."""
        start, count, place = at, 0, at
        while found := pattern.match(self.data, place, self.limit):
            count += 1
            at = found.end()
            if between is None or not self.data.startswith(between, at):
                break
            place = at + len(between)
        if not count or passed_over(self.style, self.data, start, at, memo):
            return count, at
        self.runs = False
        return 0, start

    def _build(self, argument: Symbol, made: Symbol) -> None:
        """BUILD, and what joblib reads behind it."""
        build(self, made, argument)
        at = self.at + 1
        if raw_data(made):
            found = raw_size(argument)
            if found is None:
                self.flaw("argument", "an array of joblib of unknown size; what is behind it is read as opcodes")
            else:
                if self.frame_end == self.base + at:
                    self.frame_end = 0  # joblib ends the frame in front of its data
                at = self._raw(at, *found)
        self.at = at

    def _raw(self, at: int, size: int, padded: bool) -> int:
        """What is behind the array that joblib reads from ``at`` on."""
        start = self.base + at
        if size == OBJECTS:
            inner = self.inner(self.source, start)
            end = inner.offset if inner else start
        else:
            if padded:
                padding = self.source.at(start, 1)
                size += 1 + (padding[0] if padding else 0)
            self.misread(start, start + size)
            end = start + size
            self.raw_bytes += size
        return self.skip(at, end - start)

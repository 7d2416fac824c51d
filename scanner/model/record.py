"""Frozen, slotted, keyword-only value classes that cost nothing to define.

``dataclasses`` compiles six methods a class when the program starts; sixty classes are a third of a second on a
slow machine, and a pre-commit hook starts a thousand times a day (docs/decisions/001-records.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

MANY = 64
"""Instances after which a class gets a constructor that is written out: faster by far, and dear to compile."""

_made: dict[type[Record], int] = {}


def _checked(self: Record, *values: Any, **named: Any) -> None:
    """The constructor of the first instances of a class: goes through its fields."""
    cls = type(self)
    made = _made[cls] = _made.get(cls, 0) + 1
    if made == MANY:
        cls.__init__ = _written_out(cls)  # type: ignore[method-assign]
    setters = cls._setters
    if values:
        if cls._kw_only or len(values) > len(setters):
            raise TypeError(f"{cls.__name__} takes keyword arguments only")
        named.update(zip(setters, values, strict=False))
    if len(named) != len(setters):
        named = cls._defaults | named
    try:
        for field, put in setters.items():
            put(self, named[field])
    except KeyError:
        for unknown in named.keys() - setters.keys():
            raise TypeError(f"{cls.__name__} has no field {unknown!r}") from None
        raise TypeError(f"{cls.__name__} needs {field!r}") from None
    if len(named) > len(setters):
        raise TypeError(f"{cls.__name__} has no field {(named.keys() - setters.keys()).pop()!r}")


def _written_out(cls: type[Record]) -> Any:
    """A constructor that sets field by field, without a loop."""
    names = {f"_put_{field}": put for field, put in cls._setters.items()} | {"_defaults": cls._defaults}
    parameters = [f"{field}=_defaults[{field!r}]" if field in cls._defaults else field for field in cls._setters]
    lines = [f"    _put_{field}(self, {field})" for field in cls._setters]
    code = "\n".join([f"def __init__(self, {'*, ' if cls._kw_only else ''}{', '.join(parameters)}):", *lines, ""])
    exec(code, names)  # noqa: S102
    return names["__init__"]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class _RecordType(type):
    """Turns annotated names into slots; ``kw_only=False`` allows positional arguments."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, kw_only: bool = True
    ) -> _RecordType:
        own = [field for field, hint in namespace.get("__annotations__", {}).items() if not hint.startswith("ClassVar")]
        defaults = {field: namespace.pop(field) for field in own if field in namespace}
        namespace["__slots__"] = own
        namespace["__init__"] = _checked  # of its own, since a base's may have been written out already
        cls = super().__new__(mcs, name, bases, namespace)
        setters = {field: getattr(cls, field).__set__ for field in own}
        for base in reversed(cls.__mro__[1:]):
            if isinstance(base, _RecordType):
                defaults = base._defaults | defaults
                setters = base._setters | setters
        cls._defaults, cls._setters, cls._kw_only = defaults, setters, kw_only
        return cls

    _defaults: dict[str, Any]
    _setters: dict[str, Any]
    _kw_only: bool


class Record(metaclass=_RecordType):
    """Base of every noun. Two records are equal when their class and all their fields are."""

    if TYPE_CHECKING:
        _defaults: ClassVar[dict[str, Any]]
        _setters: ClassVar[dict[str, Any]]

    @classmethod
    def of(cls, values: Sequence[Any]) -> Self:
        """A record of all its values, in the order of its fields; for reading many back fast."""
        record = cls.__new__(cls)
        for put, value in zip(cls._setters.values(), values, strict=True):
            put(record, value)
        return record

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The names of all fields, inherited ones first."""
        return tuple(cls._setters)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return type(self)(**{field: getattr(self, field) for field in self._setters} | changes)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in self._setters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{f}={getattr(self, f)!r}' for f in self._setters)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._values())


def _restore(cls: type[Record], values: tuple[Any, ...]) -> Record:
    return cls.of(values)

"""Settings become objects: strict about types, every fault of an entry at once, variables put in place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import Attribute, has

from aurarouter_core import variables
from aurarouter_core.amounts import Amount
from aurarouter_core.config import settings_of
from aurarouter_core.privacy_settings import Profile
from aurarouter_hooks import Problem, Secret

if TYPE_CHECKING:
    from cattrs import Converter

HINTED, COMPARED, LONGEST = 100, 500, 100
"""Names that get a hint, names that each is compared with, and their length: more of it would take for ever."""


class Problems(ValueError):  # noqa: N818 - several of them
    """What is wrong with one entry, and which variables it lacks."""

    def __init__(self, found: list[Problem], unset: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in [*found, *unset]))
        self.found = found
        self.unset = unset


def structured(converter: Converter, value: Any, kind: Any, path: tuple[str, ...]) -> Any:
    """The value as an object of a class.

    Raises:
        Problems: With everything that is wrong with it.
    """
    try:
        return converter.structure(value, kind)
    except Exception as error:
        found: list[Problem] = []
        unset: list[Problem] = []
        _sort(error, path, found, unset)
        raise Problems(found, unset) from error


def make(environ: Mapping[str, str]) -> Converter:
    """A converter that puts these variables in place."""
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn, override

    converter = Converter()

    def an_entry(kind: type) -> Any:
        checks = {
            item.name: override(struct_hook=partial(_checked, converter, item))
            for item in settings_of(kind)
            if item.validator or item.converter
        }
        hidden = {item.name: override(omit=True) for item in kind.__attrs_attrs__ if item not in settings_of(kind)}  # type: ignore[attr-defined]
        special: dict[str, Any] = {**checks, **hidden}
        structure: Callable[[Any, Any], Any] = make_dict_structure_fn(
            kind, converter, _cattrs_forbid_extra_keys=True, **special
        )

        def entry(value: Any, _: Any) -> Any:
            if not isinstance(value, Mapping):
                raise TypeError(f"expected a mapping, got {_named(value)}")
            return structure(value, kind)

        return entry

    def exactly(*kinds: type) -> Any:
        def structure(value: Any, kind: Any) -> Any:
            if isinstance(value, str) and variables.refers(value):
                value = variables.expanded(value, environ)
                value = value if kind is str else variables.scalar(value)
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                raise TypeError(f"expected {word(kind)}, got {_named(value)}")
            return kind(value)

        return structure

    def an_amount(value: Any, _: Any) -> Amount:
        if isinstance(value, str) and variables.refers(value):
            value = variables.expanded(value, environ)
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise TypeError(f"expected an amount of memory, got {_named(value)}")
        return Amount(value)

    def a_profile(value: Any, _: Any) -> Profile:
        return Profile(exactly(str)("off" if value is False else value, str))

    def anything(value: Any) -> Any:
        if isinstance(value, str) and variables.refers(value):
            text = variables.expanded(value, environ)
            return variables.scalar(text) if variables.REFERENCE.fullmatch(value) else text
        if isinstance(value, Mapping):
            return {key: anything(item) for key, item in value.items()}
        if isinstance(value, list) and "${env." in str(value):  # else the very list: a program may hold on to it
            return [anything(item) for item in value]
        return value

    def a_mapping(value: Any, _: Any) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise TypeError(f"expected a mapping, got {_named(value)}")
        return anything(value)  # type: ignore[no-any-return]

    def a_list(value: Any, _: Any) -> tuple[str, ...]:
        if isinstance(value, str) and variables.refers(value):
            value = variables.words(variables.expanded(value, environ))
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise TypeError("expected a list of words")
        return tuple(variables.expanded(item, environ) if variables.refers(item) else item for item in value)

    def a_secret(value: Any, _: Any) -> Secret:
        if not isinstance(value, str):
            raise TypeError(f"expected text, got {_named(value)}")  # not expanded: a key is looked up when it is used
        return Secret(value)

    def secrets(value: Any, _: Any) -> tuple[Secret, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise TypeError("expected a list of keys")
        return tuple(Secret(item) for item in value)

    converter.register_structure_hook_factory(has, an_entry)
    converter.register_structure_hook(str, exactly(str))
    converter.register_structure_hook(int, exactly(int))
    converter.register_structure_hook(bool, exactly(bool))
    converter.register_structure_hook(float, exactly(int, float))
    converter.register_structure_hook(Amount, an_amount)
    converter.register_structure_hook(Profile, a_profile)
    converter.register_structure_hook(Secret, a_secret)
    converter.register_structure_hook_func(lambda kind: kind == tuple[str, ...], a_list)
    converter.register_structure_hook_func(lambda kind: kind == tuple[Secret, ...], secrets)
    converter.register_structure_hook_func(lambda kind: kind == Mapping[str, Any], a_mapping)
    return converter


def _checked(converter: Converter, item: Attribute[Any], value: Any, kind: Any) -> Any:
    """A field's own converter and validator run here, not only when the object is made: so no fault hides another."""
    written = value
    value = converter.structure(value, kind)
    if item.converter:
        value = item.converter(value)  # type: ignore[operator]
    if item.validator:
        try:
            item.validator(None, item, value)
        except (TypeError, ValueError) as error:
            if told := _of_variables(written, value, str(error)):
                raise ValueError(f"what {told} holds does not fit here") from error  # a variable's text is not shown
            raise
    return value


def _of_variables(written: Any, value: Any, fault: str) -> str:
    """What names the variable whose text is at fault; empty when what is written is."""
    if isinstance(written, list) and isinstance(value, tuple):
        words = ((item, text) for item, text in zip(written, value, strict=True) if variables.refers(str(item)))
        return next((str(item) for item, text in words if f"'{text}'" in fault), "")
    return written if isinstance(written, str) and variables.refers(written) else ""


WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
    type(None): "nothing",
}


def word(kind: type) -> str:
    """A type's name for people."""
    return WORDS.get(kind, kind.__name__)


def _named(value: Any) -> str:
    return word(type(value))


def _sort(error: BaseException, path: tuple[str, ...], found: list[Problem], unset: list[Problem]) -> None:
    """Flatten what cattrs raises, with the path of each."""
    from cattrs import ForbiddenExtraKeysError
    from cattrs.errors import AttributeValidationNote, IterableValidationNote

    if isinstance(error, ExceptionGroup):
        for inner in error.exceptions:
            below = path
            for note in getattr(inner, "__notes__", ()):
                if isinstance(note, AttributeValidationNote):
                    below = (*path, note.name)
                elif isinstance(note, IterableValidationNote):
                    below = (*path, str(note.index))
            _sort(inner, below, found, unset)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [item.name for item in settings_of(error.cl)]
        extra = sorted(map(str, error.extra_fields))
        found.extend(strangers("unknown key", ((name, (*path, name)) for name in extra), known))
    elif isinstance(error, variables.UnsetVariableError):
        unset.append(Problem(str(error), path))
    elif isinstance(error, KeyError):
        found.append(Problem("is missing", path))
    else:
        words = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
        found.append(Problem(words.removeprefix(f"'{path[-1]}' "), path))  # attrs repeats the name, and adds objects


def strangers(what: str, found: Iterable[tuple[str, tuple[str, ...]]], known: Collection[Any]) -> list[Problem]:
    """A problem for each name that is not known, with its path; `what` may have the name put in."""
    return [
        Problem(what.format(name) + (nearest(name, known) if number < HINTED else ""), path)
        for number, (name, path) in enumerate(found)
    ]


def nearest(name: str, known: Collection[Any]) -> str:
    """ " (did you mean …?)" when something is."""
    import difflib

    if len(name) > LONGEST or len(known) > COMPARED:
        return ""
    close = difflib.get_close_matches(name, [str(key) for key in known if len(str(key)) <= LONGEST], n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""

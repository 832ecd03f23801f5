"""Every setting of Weir's processes: from ``WEIR_*`` environment variables and a TOML file, validated once."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from features.store.address import FORMS as REDIS_FORMS
from features.store.address import redis_address

PREFIX = "WEIR_"
FILE_VARIABLE = "WEIR_SETTINGS"
DEFAULT_FILE = Path("weir.toml")


class SettingsError(Exception):
    """A setting is wrong: refuse to start; the text names the setting, the fault and the remedy."""


Folders = Annotated[tuple[Path, ...], NoDecode]


class Settings(BaseSettings):
    """The environment wins over the file; in both, a name is a field below (``WEIR_KAFKA``, ``kafka = …``)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    kafka: str = Field("127.0.0.1:19092", description="Kafka's bootstrap servers, comma separated")
    redis: str = Field("redis://127.0.0.1:16379/0", description=f"Redis, as {REDIS_FORMS}")
    elasticsearch: str = Field("http://127.0.0.1:19200", description="Elasticsearch, comma separated URLs")
    registry: str = Field(
        "var/registry", min_length=1, description="the folder of model checkpoints, or its fsspec URL, shared by all"
    )
    registry_key_file: Path | None = Field(
        None, description="the key that signs checkpoints; default: signing.key in the folder, none for a URL"
    )
    reference_folder: Path = Field(Path("var/reference"), description="the folder of fetched reference data")
    kinds_folders: Folders = Field((), description="further folders of kinds, comma separated")
    models_folders: Folders = Field((), description="further folders of models, comma separated")
    rulebook_folders: Folders = Field((), description="further folders of rules and policies, comma separated")

    namespace: str = Field("weir", pattern=r"^[a-z][a-z0-9-]{0,30}$", description="begins keys, indices, groups")
    topic_prefix: str = Field("", pattern=r"^[a-zA-Z0-9._-]{0,60}$", description="begins every topic's name")
    partitions: int = Field(4, ge=1, le=1024, description="partitions of event and verdict topics")
    replication: int = Field(1, ge=1, le=10, description="copies of every topic")
    retention_hours: int = Field(168, ge=1, description="how long topics are kept")

    max_record_bytes: int = Field(131_072, ge=1024, le=900_000, description="larger records are refused")
    max_future_s: int = Field(300, ge=0, description="an event's time may be so far after its append")
    batch_size: int = Field(500, ge=1, le=10_000, description="most events of a micro-batch")
    batch_within_ms: int = Field(10, ge=1, le=1000, description="how long a micro-batch may wait for more events")

    store_shards: int = Field(4, ge=1, le=256, description="shards of the feature store; fixed once it holds data")
    dedupe_s: int = Field(3600, ge=60, description="for how long a repeated event id is a duplicate")
    keep_s: int = Field(120, ge=10, description="for how long verdicts are kept for redelivered events")
    max_lag_s: int = Field(86_400, ge=0, description="entities outlive their horizon by so much")

    min_labels: int = Field(200, ge=1, description="labels of each class before a champion's score counts")
    checkpoint_s: float = Field(5.0, gt=0, description="the learner's time between two checkpoints")
    model_limit_us: int = Field(5000, ge=10, description="a model that takes longer for an event is left out")
    auto_promote: bool = Field(False, description="a challenger that passes the gate becomes champion by itself")
    keep_models_hours: int = Field(6, ge=0, description="for how long all versions of models are kept, to verify")
    remember_decisions: int = Field(200_000, ge=1000, description="decisions that the learner keeps for late labels")

    index_batch: int = Field(1000, ge=1, le=10_000, description="most documents of a bulk request")
    index_shards: int = Field(1, ge=1, le=64, description="primary shards of a daily index")
    index_replicas: int = Field(0, ge=0, le=5, description="replicas of a daily index")

    http_host: str = Field("127.0.0.1", description="where /metrics, /live and /ready are served")
    worker_port: int = Field(19601, ge=0, le=65535, description="port of the worker's /metrics and /ready; 0: any")
    learner_port: int = Field(19602, ge=0, le=65535, description="port of the learner's /metrics and /ready; 0: any")
    indexer_port: int = Field(19603, ge=0, le=65535, description="port of the indexer's /metrics and /ready; 0: any")
    enforcer_port: int = Field(19604, ge=0, le=65535, description="port of the enforcer's /metrics, /ready; 0: any")
    stuck_s: int = Field(60, ge=5, description="a worker without progress for so long ends with 70")
    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto: console on a terminal")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least level that is logged"
    )

    @field_validator("redis")
    @classmethod
    def _is_redis_url(cls, value: str) -> str:
        redis_address(value)
        return value

    @field_validator("kinds_folders", "models_folders", "rulebook_folders", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part for part in value.split(",") if part) if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = _settings_file()
        toml = (TomlConfigSettingsSource(settings_cls, file),) if file is not None else ()
        return (init_settings, env_settings, *toml)

    def topic(self, name: str) -> str:
        return f"{self.topic_prefix}{name}"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; raises SettingsError that names every wrong one."""
    _refuse_unknown_variables()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [f"{_where(str(e['loc'][0]))}: {_fault(e['type'], e['msg'])}" for e in error.errors()]
        raise SettingsError("\n".join(lines)) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{_settings_file()} cannot be read: {error}") from None


def _settings_file() -> Path | None:
    named = os.environ.get(FILE_VARIABLE)
    if named is not None:
        if not Path(named).is_file():
            raise SettingsError(f"{FILE_VARIABLE} names {named}, which is no file")
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def _fault(kind: str, message: str) -> str:
    return "there is no such setting" if kind == "extra_forbidden" else message.removeprefix("Value error, ")


def _where(field: str) -> str:
    variable = f"{PREFIX}{field.upper()}"
    if variable in os.environ:
        return variable
    near = difflib.get_close_matches(field.lower().removeprefix(PREFIX.lower()), Settings.model_fields, n=1)
    unknown = field not in Settings.model_fields
    hint = f" (did you mean {near[0]!r}?)" if unknown and near else ""
    return f"{_settings_file()}: setting {field!r}{hint}"


def _refuse_unknown_variables() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {FILE_VARIABLE}
    for variable in os.environ:
        if variable.startswith(PREFIX) and variable not in known and not variable.startswith("WEIR_LOCAL_"):
            near = difflib.get_close_matches(variable, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "remove it"
            raise SettingsError(f"{variable}: there is no such setting: {hint}")

"""One entry of LiteLLM's `model_list` as settings of a model here. A key that stands in it is never copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from aurarouter_core.foreign import free_name, verbatim
from aurarouter_core.keys import is_placeholder
from aurarouter_core.litellm_services import SERVICES, Service, service_of
from aurarouter_core.shown import masked
from aurarouter_core.trust import on_loopback
from aurarouter_core.variables import NAME
from aurarouter_core.yaml_text import YamlText
from aurarouter_hooks import Problem

Path = tuple[str, ...]
VARIABLE = "os.environ/"
NO_KEY = frozenset({"anything", "dummy", "empty", "fake", "fake-key", "n/a", "na", "no-key", "none", "not-needed"})
"""What people write where a server wants no key, but LiteLLM wants one."""
PARAMETERS = frozenset(
    {
        "frequency_penalty",
        "logit_bias",
        "max_completion_tokens",
        "max_tokens",
        "presence_penalty",
        "reasoning_effort",
        "seed",
        "stop",
        "temperature",
        "top_k",
        "top_p",
    }
)
TIMEOUTS = {"timeout": "timeout", "stream_timeout": "first_token_timeout"}
PRICES = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cached_input",
}
MOST_DOLLARS = 1_000.0
"""For one token: more than a price here can be."""
USED = frozenset({"api_base", "api_key", "custom_llm_provider", "litellm_credential_name", "model", "order"})
QUIET = frozenset({"base_model", "db_model", "id", "mode"})
"""What only LiteLLM's own server needs to know about a model."""
CHATS = (None, "chat", "completion", "responses")
REASONS = {
    "rpm": "limits of requests are not taken over",
    "tpm": "limits of tokens are not taken over",
    "max_parallel_requests": "limits of requests are not taken over",
    "weight": "a chain is tried in its order, which knows no weights",
    "max_retries": "a model that fails is not asked again at once: the next of its chain is",
    "max_tokens": "it says how long answers may be, in other words than a context's length",
}
OTHERWISE = "AuraRouter has no setting for it"


class Gathered:
    """What is collected while a file is read: what is left out, and the keys that stand in it."""

    def __init__(self, yaml: YamlText) -> None:
        self.yaml = yaml
        self.left_out: list[Problem] = []
        self._keys: dict[str, tuple[str, str]] = {}  # the key itself → (its name, its service)

    def leave_out(self, path: Path, why: str) -> None:
        """Tell that something is not taken over."""
        self.left_out.append(Problem(why, path, line=self.yaml.line(path), source=self.yaml.name))

    def name_of_key(self, key: str, service: str) -> str:
        """The name under which a key is to be kept; the same key has the same name."""
        if key not in self._keys:
            self._keys[key] = (free_name(f"litellm-{service}", [name for name, _ in self._keys.values()]), service)
        return self._keys[key][0]

    def names_of_keys(self) -> dict[str, str]:
        """Name of a key → its service."""
        return dict(self._keys.values())

    def credentials(self, name: object) -> Mapping[str, Any]:
        """What stands under a name in `credential_list`."""
        listed = self.yaml.settings.get("credential_list")
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, Mapping) and item.get("credential_name") == name:
                values = item.get("credential_values")
                return values if isinstance(values, Mapping) else {}
        return {}


@frozen
class Deployment:
    """A model of a group; those with a lower `order` are tried first."""

    group: str
    settings: Mapping[str, Any]
    order: float = 0.0


def deployment(found: Gathered, path: Path, item: Any, timeout: Any) -> Deployment | None:
    """One entry; None when it can't be taken over, which is then told.

    Args:
        found: Where it is told.
        path: Where the entry stands.
        item: The entry.
        timeout: Seconds for models that say nothing themselves; None when nothing says it.
    """
    given = item.get("litellm_params") if isinstance(item, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(given.get("model"), str) or item.get("model_name") is None:
        found.leave_out(path, "an entry needs a `model_name` and a `litellm_params.model`")
        return None
    group, here = str(item["model_name"]), (*path, "litellm_params")
    info = item.get("model_info") if isinstance(item.get("model_info"), Mapping) else {}
    params = {**found.credentials(given.get("litellm_credential_name")), **given}
    if (timeout is not None) and params.get("timeout") is None:
        params["timeout"] = timeout
    prefix, name = service_of(params["model"], str(params.get("custom_llm_provider") or ""))
    service = SERVICES.get(prefix)
    address = _address(params, service, prefix)
    if why := _refusal(group, name, prefix, info, address):
        found.leave_out((*here, "model") if service is None else path, why)
        return None
    if service is None or address is None:
        return None
    settings: dict[str, Any] = {"provider": service.provider, "model_name": verbatim(name)}
    if address:
        settings["endpoint"] = address
    settings |= _key(found, here, params, prefix, service)
    settings |= _numbers(found, here, params) | _price(found, path, params, info)
    if parameters := {key: _value(value) for key, value in params.items() if key in PARAMETERS and value is not None}:
        settings["parameters"] = parameters
    if isinstance(length := info.get("max_input_tokens"), int) and length > 0:
        settings["context_length"] = length
    elif length is not None:
        found.leave_out((*path, "model_info", "max_input_tokens"), "it is no number of tokens")
    _rest(found, here, given, PARAMETERS | USED | set(TIMEOUTS) | set(PRICES))
    _rest(found, (*path, "model_info"), info, QUIET | {"max_input_tokens"} | set(PRICES))
    order = params.get("order")
    return Deployment(group, settings, float(order) if isinstance(order, int | float) else float("inf"))


def _refusal(group: str, name: str, prefix: str, info: Mapping[str, Any], address: str | None) -> str:
    """Why an entry can't be taken over; empty when it can."""
    if "*" in group or "*" in name:
        return "a wildcard names no model; add the models that you use by name"
    if not prefix:
        return "nothing says which service has this model; write it before the name, as in openai/NAME"
    if prefix not in SERVICES:
        return f"AuraRouter has no provider for '{prefix}'"
    if info.get("mode") not in CHATS:
        return f"it is for {info['mode']}, and roles are about chats"
    if address is None:
        return "it has no `api_base` that is an HTTP address"
    if masked(address) != address:
        return "its `api_base` holds a key; take it out of there"
    return ""


def _address(params: Mapping[str, Any], service: Service | None, prefix: str) -> str | None:
    """The endpoint; empty when the provider knows it; None when there is none to use."""
    if service is None:
        return None
    base = params.get("api_base") or params.get("base_url")
    if not base:
        return service.endpoint or ("" if service.finds_itself else None)
    address = _value(str(base).strip())
    if str(base).startswith(VARIABLE):
        return str(address) if str(address).startswith("${env.") else None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    if service.provider == SERVICES["openai"].provider and prefix != "huggingface" and parts.path in ("", "/"):
        return f"{address.rstrip('/')}/chat/completions"  # LiteLLM adds no /v1, and our provider would
    return str(address)


def _key(found: Gathered, here: Path, params: Mapping[str, Any], prefix: str, service: Service) -> dict[str, str]:
    key = str(params.get("api_key") or "").strip()
    base = str(params.get("api_base") or params.get("base_url") or "")
    if key.startswith(VARIABLE):
        name = key.removeprefix(VARIABLE)
        if NAME.fullmatch(name):
            return {"api_key": f"${{env.{name}}}"}
        found.leave_out((*here, "api_key"), "what it names is no variable")
        return {}
    if key and key.lower() not in NO_KEY and not is_placeholder(key):
        return {"api_key": f"${{key.{found.name_of_key(key, prefix)}}}"}
    if not key and service.key and not base:
        return {"api_key": f"${{env.{service.key}}}"}
    if not key and service.key and not on_loopback(base):
        found.leave_out(here, f"LiteLLM would send {service.key} to this address; say so with `api_key` if it should")
    return {}


def _numbers(found: Gathered, here: Path, params: Mapping[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for theirs, ours in TIMEOUTS.items():
        value = params.get(theirs)
        if isinstance(value, str) and value.startswith(VARIABLE):
            settings[ours] = _value(value)
        elif isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            settings[ours] = value
        elif value is not None:
            found.leave_out((*here, theirs), "it is no number of seconds")
    return settings


def _price(found: Gathered, path: Path, params: Mapping[str, Any], info: Mapping[str, Any]) -> dict[str, Any]:
    """US dollars, for a million tokens instead of one."""
    price = {}
    for theirs, ours in PRICES.items():
        place, there = ("litellm_params", params) if params.get(theirs) is not None else ("model_info", info)
        value = there.get(theirs)
        try:  # `3e-06` is a text in YAML, and a number to LiteLLM
            dollars = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
        except (ValueError, OverflowError):
            dollars = None
        if dollars is not None and 0 <= dollars <= MOST_DOLLARS:
            price[ours] = round(dollars * 1e6, 6)
        elif value is not None:
            found.leave_out((*path, place, theirs), "it is no price of a token")
    return {"price": price} if price else {}


def _value(value: Any) -> Any:
    """A value with LiteLLM's reference to a variable as ours."""
    if isinstance(value, str) and value.startswith(VARIABLE) and NAME.fullmatch(value.removeprefix(VARIABLE)):
        return f"${{env.{value.removeprefix(VARIABLE)}}}"
    return verbatim(value)


def _rest(found: Gathered, here: Path, given: Mapping[str, Any], known: frozenset[str] | set[str]) -> None:
    for name, value in given.items():
        if name not in known and value is not None:
            found.leave_out((*here, str(name)), REASONS.get(str(name), OTHERWISE))

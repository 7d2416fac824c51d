"""What calls in Python code say about models: where they come from, and how they are loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from scanner.model.facts.models import ModelContent, ModelSource
from scanner.model.location import Text
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy
from scanner.parsers.python_code import Argument, Call, calls

COMMIT = Lazy(r"[0-9a-f]{40}")
"""A full commit of a hub's repository."""


class Taken(Record, kw_only=False):
    """A model or data set that a call takes from a hub. ``revision`` is None when it is not known."""

    source: ModelSource
    name: str
    content: ModelContent
    revision: str | None
    call: Call
    trust_repo: bool = False


class Unsafe(Record, kw_only=False):
    """A keyword or call that lets loading run code."""

    how: str
    library: str
    start: int
    end: int


class Remote(Record, kw_only=False):
    """``trust_remote_code=True``, for which model, at which revision."""

    model: str | None
    revision: str | None
    start: int
    end: int


_SIGNS = (
    "from_pretrained", "snapshot_download", "hf_hub_download", "load_dataset", "SentenceTransformer", "CrossEncoder",
    "pipeline", "hub.load", "hub import", "nltk", "spacy", "stanza", "kagglehub", "trust_remote_code",
    "weights_only", "allow_pickle", "safe_mode", "unsafe_deserialization", "allow_dangerous_deserialization",
    "load_state_dict_from_url", "download_url_to_file", "urlretrieve", "gdown", "LLM(",
)  # fmt: skip
_KEYWORDS = frozenset(
    {"trust_remote_code", "weights_only", "allow_pickle", "safe_mode", "allow_dangerous_deserialization"}
)
FETCHES = frozenset({"download_url_to_file", "load_state_dict_from_url", "urlretrieve"})
"""Functions that fetch a file by its URL, the first argument."""
_BUILDERS = frozenset(
    {
        "json", "csv", "parquet", "text", "arrow", "pandas", "imagefolder", "audiofolder", "videofolder", "webdataset",
        "sql", "xml",
    }
)  # fmt: skip
"""Names with which ``load_dataset`` reads local files."""


def read(text: Text) -> tuple[Call, ...]:
    """The calls of a Python text that say something about models; () without parsing when none can be there."""
    if not any(sign in text.value for sign in _SIGNS):
        return ()
    return calls(text, _READERS.keys() | FETCHES | {"enable_unsafe_deserialization"}, _KEYWORDS)


def taken(call: Call) -> Taken | None:
    """What a call takes from a hub; None when nothing, or when its name is not written out."""
    reader = _READERS.get(call.name.rpartition(".")[2])
    return reader(call) if reader is not None else None


def unsafe(call: Call) -> Iterator[Unsafe]:
    """The safe-loading checks that a call switches off."""
    for name, wanted, library in (
        ("weights_only", False, "torch"),
        ("allow_pickle", True, "numpy"),
        ("safe_mode", False, "keras"),
        ("allow_dangerous_deserialization", True, "langchain"),
    ):
        argument = call.keywords.get(name)
        if argument is not None and argument.value is wanted and _fits(call, name):
            yield Unsafe(f"{name}={wanted}", library, argument.start, argument.end)
    if call.name.endswith("enable_unsafe_deserialization"):
        yield Unsafe("enable_unsafe_deserialization()", "keras", call.start, call.end)


def remote(call: Call) -> Remote | None:
    """Whether a call allows a model's own code to run."""
    if not call.is_true("trust_remote_code"):
        return None
    argument = call.keywords["trust_remote_code"]
    model = call.argument(
        0, "pretrained_model_name_or_path", "model", "repo_id", "path", "model_name_or_path", "model_name"
    )
    revision = call.keywords.get("code_revision") or call.keywords.get("revision")
    name = model.value if model is not None and isinstance(model.value, str) else None
    return Remote(name, _revision(revision), argument.start, argument.end)


def _fits(call: Call, keyword: str) -> bool:
    """Whether the call is one that the keyword belongs to; ``numpy.save(allow_pickle=True)`` only writes."""
    last = call.name.rpartition(".")[2]
    return keyword != "allow_pickle" or "save" not in last


def _revision(argument: Argument | None) -> str | None:
    if argument is None or argument.value is None:
        return ""
    return argument.value if isinstance(argument.value, str) else None


def _is_hub_name(name: object) -> bool:
    """A model's name rather than a path: ``org/model`` or ``bert-base-uncased``."""
    return (
        isinstance(name, str)
        and re.fullmatch(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", name) is not None
    )


def _hub(call: Call, content: ModelContent, *names: str) -> Taken | None:
    argument = call.argument(0, *names)
    if argument is None or not _is_hub_name(argument.value) or call.is_true("local_files_only"):
        return None
    source: ModelSource = "modelscope" if call.name.startswith("modelscope") else "huggingface"
    kind = call.keywords.get("repo_type")
    content = "dataset" if kind is not None and kind.value == "dataset" else content
    return Taken(source, argument.value, content, _revision(call.keywords.get("revision")), call)


def _from_pretrained(call: Call) -> Taken | None:
    return _hub(call, "model", "pretrained_model_name_or_path", "model_id", "repo_id", "pretrained_model_name")


def _repository(call: Call) -> Taken | None:
    return _hub(call, "model", "repo_id", "model_id")


def _sentence(call: Call) -> Taken | None:
    return _hub(call, "model", "model_name_or_path", "model_name")


def _dataset(call: Call) -> Taken | None:
    found = _hub(call, "dataset", "path")
    return None if found is None or found.name in _BUILDERS else found


def _pipeline(call: Call) -> Taken | None:
    argument = call.argument(1, "model")
    if argument is None or not _is_hub_name(argument.value):
        return None
    return Taken("huggingface", argument.value, "model", _revision(call.keywords.get("revision")), call)


def _llm(call: Call) -> Taken | None:
    return _hub(call, "model", "model") if call.name.partition(".")[0] in {"vllm", "LLM"} else None


def _load(call: Call) -> Taken | None:
    if not call.name.endswith("hub.load") or call.name.startswith(("tensorflow", "tfhub", "transformers")):
        return None
    repository = call.argument(0, "repo_or_dir", "github")
    source = call.keywords.get("source")
    if repository is None or not isinstance(repository.value, str) or "/" not in repository.value:
        return None
    if repository.value.startswith(("/", ".", "~")) or (source is not None and source.value == "local"):
        return None
    name, _, reference = repository.value.partition(":")
    return Taken("torch-hub", name, "model", reference, call, trust_repo=call.is_true("trust_repo"))


def _download(call: Call) -> Taken | None:
    """``nltk.download``, ``spacy.cli.download``, ``stanza.download``."""
    name = call.argument(0, "info_or_id", "model", "lang")
    if name is None or not isinstance(name.value, str):
        return None
    match call.name.partition(".")[0]:
        case "nltk":
            return Taken("nltk", name.value, "corpus", "", call)
        case "spacy":
            return Taken("spacy", name.value, "model", "", call)
        case "stanza":
            return Taken("other", f"stanza/{name.value}", "model", "", call)
    return None


def _kaggle(call: Call) -> Taken | None:
    name = call.argument(0, "handle")
    if not call.name.startswith("kagglehub") or name is None or not isinstance(name.value, str):
        return None
    parts = name.value.split("/")
    model = "model" in call.name
    version = parts[-1] if parts[-1].isdigit() or "versions" in parts else ""
    return Taken("kaggle", name.value, "model" if model else "dataset", version, call)


_READERS: dict[str, Callable[[Call], Taken | None]] = {
    "from_pretrained": _from_pretrained, "snapshot_download": _repository, "hf_hub_download": _repository,
    "load_dataset": _dataset, "SentenceTransformer": _sentence, "CrossEncoder": _sentence, "pipeline": _pipeline,
    "LLM": _llm, "load": _load, "download": _download, "model_download": _kaggle, "dataset_download": _kaggle,
}  # fmt: skip

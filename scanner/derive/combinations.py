"""Where single facts join into something worse: each combination names its parts, and has all their places.

A part that is not so leaves nothing to tell; one that may be so leaves the combination undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from scanner.derive.parts import Image, Part, Truth, best, joined, negated
from scanner.model.facts import (
    BaseImage,
    Combination,
    Command,
    Copy,
    CredentialFile,
    Download,
    EnvironmentVariable,
    Fact,
    Model,
    ModelDownload,
    PasswordlessSudo,
    RemoteCode,
    Requirement,
    RuntimeUser,
    Secret,
    Service,
    Telemetry,
    UnsafeLoad,
)
from scanner.parsers.lazy import Lazy

PICKLED = frozenset({"pytorch", "pickle"})
"""By their names."""
PICKLES = frozenset({"torch", "torch-tar", "pickle"})
"""By their content."""
SAFE_TORCH = (2, 6)
"""Before it, torch.load runs what is in a file, whatever ``weights_only`` says (CVE-2025-32434)."""

_NO_GPU = frozenset({"", "none", "void"})
_TRACING = frozenset(
    {"LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGSMITH_OTEL_ENABLED"}
)
"""Switches that send traces to LangSmith (https://docs.langchain.com/langsmith)."""
_COLLECTORS = frozenset(
    {
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "PHOENIX_COLLECTOR_ENDPOINT",
        "LANGFUSE_HOST", "LANGFUSE_BASE_URL", "TRACELOOP_BASE_URL",
    }
)  # fmt: skip
"""Variables that say who gets traces (https://opentelemetry.io/docs/specs/otel/protocol/exporter; the products')."""
_THIS_MACHINE = Lazy(r"(?:\w+://)?(?:localhost|127\.|\[::1\])")
_VERSION = Lazy(r"(\d{1,4})\.(\d{1,4})")


def derive(facts: Sequence[Fact], _today: str) -> Iterator[Combination]:
    """The combinations that hold, or may hold, each at most once."""
    image = Image(facts)
    for combine in (_gpu, _root_shell, _pickle, _hub_code, _gateway, _traces, _telemetry, _whole_context):
        yield from combine(image)


def _gpu(image: Image) -> Iterator[Combination]:
    """Anyone's code, root's rights and the host's graphics cards."""
    service = _services(
        image, lambda s: s.runs_code and s.role != "remote-shell" and _no_login(s), "runs anyone's code"
    )
    if service:
        gpu = image.find(BaseImage, lambda b: b.use == "from" and b.gpu, "is made for GPUs")
        gpu += image.find(EnvironmentVariable, _asks_for_gpu, "asks for the host's GPUs")
        yield from joined("open-code-with-gpu", service, _root(image), best(gpu), service=service)


def _root_shell(image: Image) -> Iterator[Combination]:
    """A login over the network that ends as root."""
    ssh = _services(image, lambda s: s.product == "ssh" and "root may log in" in s.risk, "lets root log in")
    if ssh:
        password = image.find(Command, lambda c: c.sets_password, "sets a password that everyone with the image has")
        yield from joined("remote-root-shell", ssh, password, service=ssh)
    shell = _services(
        image, lambda s: s.role == "remote-shell" and s.as_root is not False and _no_login(s), "asks nobody"
    )
    if shell:
        yield from joined("remote-root-shell", shell, _root(image), service=shell)


def _pickle(image: Image) -> Iterator[Combination]:
    """Weights that are a program, a loader that runs it, and a way in."""
    service = _services(image, lambda s: True, "is reached from the network")
    if service:
        weights = image.find(Download, lambda d: d.model_format in PICKLED, "can hold code", lambda d: d.file)
        weights += image.find(
            ModelDownload, lambda m: m.source == "torch-hub", "can hold code", lambda m: m.name or "a torch hub model"
        )
        weights += image.find(
            Copy,
            lambda c: c.origin == "context" and c.model_format in PICKLED,
            "can hold code",
            lambda c: c.source or "",
        )
        weights += image.find(
            Model, lambda m: m.format in PICKLES and not m.bundled and not m.copied, "can hold code", lambda m: m.path
        )
        loader = best(_loaders(image))
        yield from joined("pickle-behind-service", weights, loader, service, service=service, what=weights, how=loader)


def _loaders(image: Image) -> list[Part]:
    """What runs the code that weights hold."""
    switch = image.find(UnsafeLoad, lambda u: u.library == "torch", "runs that code", lambda u: u.how)
    old = "runs that code, whatever weights_only says"
    torch = image.find(Requirement, lambda r: _is_torch(r) and _old_torch(r), old, lambda r: f"torch {r.version}")
    if not image.find(Requirement, _is_torch, ""):
        torch = image.find(
            BaseImage,
            lambda b: b.use == "from" and b.repository == "pytorch/pytorch" and _old(b.version),
            old,
            lambda b: f"torch {b.version}",
        )
    return switch + torch


def _hub_code(image: Image) -> Iterator[Combination]:
    """Whoever can push to a model's repository is root in the container at its next start."""
    code = image.find(
        RemoteCode, lambda c: c.moment != "build" and negated(c.revision_pinned), "runs today's code", lambda c: c.how
    )
    if code:
        yield from joined("hub-code-as-root", code, _root(image), how=code)


def _gateway(image: Image) -> Iterator[Combination]:
    """A key that costs money, behind a service that spends it for anyone."""
    service = _services(image, lambda s: s.role in {"gateway", "ui", "tools"} and _no_login(s), "serves anyone")
    if service:
        token = _tokens(image)
        yield from joined("token-behind-open-gateway", service, token, service=service, what=token)


def _traces(image: Image) -> Iterator[Combination]:
    """A token in the environment of a process that tells others what it does."""
    if token := _tokens(image):
        sends = image.find(EnvironmentVariable, _sends, "sends traces out", lambda v: v.name)
        yield from joined("token-beside-traces", token, sends, what=token, how=sends)


def _telemetry(image: Image) -> Iterator[Combination]:
    """The same, where packages report figures about their use."""
    if token := _tokens(image):
        reports = image.find(Telemetry, lambda t: True, "reports its use", lambda t: t.packages)
        yield from joined("token-beside-telemetry", token, reports, what=token, how=reports)


def _whole_context(image: Image) -> Iterator[Combination]:
    """Nothing keeps anything out of the image, and there is something to keep out."""
    files = image.find(CredentialFile, lambda f: not f.by_name, "gets into the image", lambda f: f.path)
    if files:
        copy = image.find(
            Copy, lambda c: False if c.whole_context is False else negated(c.ignore_file), "takes everything along"
        )
        yield from joined("credentials-in-whole-context", copy, files, what=files)


def _services(image: Image, truth: Callable[[Service], Truth], note: str) -> list[Part]:
    """The first service that listens beyond this machine and is as asked, else the first that may be."""

    def name(service: Service) -> str:
        return service.product if service.port is None else f"{service.product} on port {service.port}"

    def both(service: Service) -> Truth:
        wanted = truth(service)
        return False if False in (wanted, service.open) else None if wanted is None else service.open

    return image.find(Service, both, note, name)[:1]


def _tokens(image: Image) -> list[Part]:
    return image.find(Secret, lambda s: s.ai and s.place == "env", "stays in the environment", lambda s: s.name)


def _root(image: Image) -> list[Part]:
    """Root by USER, or by a sudo that asks for nothing."""
    user = image.find(RuntimeUser, lambda u: u.is_root, "the process runs as root")
    sudo = image.find(Command, lambda c: c.passwordless_sudo, "makes root of whoever asks")
    sudo += image.find(PasswordlessSudo, lambda rule: not rule.told, "makes root of whoever asks")
    return best(user + sudo)


def _no_login(service: Service) -> Truth:
    return None if service.auth is None else service.auth == "none"


def _asks_for_gpu(variable: EnvironmentVariable) -> Truth:
    if variable.name != "NVIDIA_VISIBLE_DEVICES":
        return False
    return None if variable.value is None else variable.value not in _NO_GPU


def _sends(variable: EnvironmentVariable) -> Truth:
    value = variable.value
    if variable.name in _TRACING:
        return None if value is None else value.strip().lower() in {"1", "true", "yes", "on"}
    if variable.name in _COLLECTORS:
        return None if value is None else bool(value) and _THIS_MACHINE.match(value) is None
    return False


def _is_torch(requirement: Requirement) -> bool:
    return (requirement.ecosystem, requirement.name) in {("pypi", "torch"), ("conda", "pytorch"), ("conda", "torch")}


def _old_torch(requirement: Requirement) -> Truth:
    """It asks for a torch before the fix; without an upper end it gets a new one."""
    if requirement.version == "":
        return None if "<" in requirement.specifier else False
    return _old(requirement.version)


def _old(version: str | None) -> Truth:
    match = _VERSION.match(version or "")
    return None if match is None else (int(match[1]), int(match[2])) < SAFE_TORCH

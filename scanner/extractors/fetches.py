"""Commands that fetch a file: what, from where, and under which name it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scanner.model.command import Command
from scanner.model.location import Word
from scanner.model.record import Record
from scanner.parsers.shell.arguments import options
from scanner.parsers.urls import split


class Fetch(Record, kw_only=False):
    """One file that a command fetches. ``saved_as`` is "" for standard output."""

    tool: str
    url: Word
    saved_as: str


CURL_VALUES = frozenset(
    {
        "-o", "--output", "-H", "--header", "-A", "--user-agent", "-u", "--user", "-x", "--proxy", "-X", "--request",
        "-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json", "-F", "--form", "-T",
        "--upload-file", "-m", "--max-time", "--connect-timeout", "--retry", "--retry-delay", "--retry-max-time",
        "-e", "--referer", "-b", "--cookie", "-c", "--cookie-jar", "-E", "--cert", "--key", "--cacert", "--capath",
        "-w", "--write-out", "-z", "--time-cond", "-C", "--continue-at", "-r", "--range", "-K", "--config",
        "--output-dir", "--url", "--proto", "--proto-redir", "--limit-rate", "-D", "--dump-header", "-Y", "-y", "-P",
        "--ciphers", "--tls-max", "--resolve", "--interface", "--max-redirs", "--max-filesize", "--oauth2-bearer",
        "-U", "--proxy-user", "--unix-socket", "--stderr", "--speed-limit", "--speed-time", "--create-file-mode",
    }
)  # fmt: skip
"""curl's options that take a value."""
_CURL_SENDS = frozenset(
    {"-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json", "-F", "--form", "-T",
     "--upload-file", "-I", "--head"}
)  # fmt: skip
_WGET = frozenset(
    {
        "-O", "--output-document", "-P", "--directory-prefix", "-o", "--output-file", "-a", "--append-output", "-t",
        "--tries", "-T", "--timeout", "-w", "--wait", "-U", "--user-agent", "--header", "-i", "--input-file", "-e",
        "--execute", "-Q", "--quota", "--user", "--password", "--http-user", "--http-password", "--ca-certificate",
        "--ca-directory", "--certificate", "--limit-rate", "--dns-timeout", "--connect-timeout", "--read-timeout",
        "--post-data", "--post-file", "--method", "--body-data", "--referer", "-A", "-R", "-D", "-I", "-X", "-l",
        "--level", "--cut-dirs", "--load-cookies", "--save-cookies", "--secure-protocol", "--waitretry",
        "--retry-on-http-error", "-B", "--base", "--bind-address", "--default-page", "--restrict-file-names",
    }
)  # fmt: skip
_ARIA = frozenset(
    {"-o", "--out", "-d", "--dir", "-x", "--max-connection-per-server", "-s", "--split", "-k", "--min-split-size",
     "-j", "--max-concurrent-downloads", "-i", "--input-file", "--header", "--checksum", "-l", "--log", "-U"}
)  # fmt: skip
_OUTPUT = frozenset({"-o", "--output", "-O", "-n", "--num-connections", "-H", "--header", "-U", "--user-agent"})
_CLOUD = frozenset(
    {"--region", "--profile", "--endpoint-url", "--exclude", "--include", "--source-region", "--project", "--sse",
     "--expected-size", "--request-payer", "--output", "--acl", "--storage-class", "-o", "-u", "-h"}
)  # fmt: skip
_GDOWN = frozenset({"-O", "--output", "--proxy", "--speed", "--format", "--user-agent", "--id"})


def fetches(command: Command) -> Iterator[Fetch]:
    """The files that a command fetches from another machine."""
    reader = _READERS.get(command.program)
    if reader is not None:
        yield from (fetch for fetch in reader(command) if not split(fetch.url.text).local)


def _curl(command: Command) -> Iterator[Fetch]:
    given = options(command.arguments, CURL_VALUES)
    method = given.value("-X", "--request")
    if given.has(*_CURL_SENDS) or (method and method.text.upper() not in {"GET", ""}):
        return
    folder = given.value("--output-dir")
    outputs = list(given.values("-o", "--output"))
    by_name = given.has("-O", "--remote-name", "--remote-name-all")
    for url in (*given.values("--url"), *filter(_is_address, given.positionals)):
        name = outputs.pop(0).text if outputs else split(url.text).file if by_name else _redirected(command)
        if name == "/dev/null":
            continue
        yield Fetch("curl", url, f"{folder.text}/{name}" if folder and name else "" if name == "-" else name)


def _wget(command: Command) -> Iterator[Fetch]:
    given = options(command.arguments, _WGET)
    if given.has("--spider", "--post-data", "--post-file"):
        return
    output, folder = given.value("-O", "--output-document"), given.value("-P", "--directory-prefix")
    for url in filter(_is_address, given.positionals):
        name = output.text if output else split(url.text).file.replace("%2B", "+")
        if name == "/dev/null":
            continue
        if name in {"-", "/dev/stdout"}:
            name = _redirected(command)
        yield Fetch("wget", url, f"{folder.text}/{name}" if folder and not output else name)


def _aria2c(command: Command) -> Iterator[Fetch]:
    given = options(command.arguments, _ARIA)
    output = given.value("-o", "--out")
    for url in filter(_is_address, given.positionals):
        yield Fetch("aria2c", url, output.text if output else split(url.text).file)


def _simple(command: Command) -> Iterator[Fetch]:
    given = options(command.arguments, _OUTPUT)
    output = given.value("-o", "--output", "-O")
    for url in filter(_is_address, given.positionals):
        yield Fetch(command.program, url, output.text if output else split(url.text).file)


def _gdown(command: Command) -> Iterator[Fetch]:
    given = options(command.arguments, _GDOWN)
    output = given.value("-O", "--output")
    for word in (*given.positionals, *given.values("--id")):
        url = word if "://" in word.text else word._replace(text=f"https://drive.google.com/uc?id={word.text}")
        yield Fetch("gdown", url, output.text if output else "")


def _cloud(command: Command) -> Iterator[Fetch]:
    """``aws s3 cp``, ``gsutil cp``, ``gcloud storage cp``, ``azcopy copy``, ``mc cp``, ``rclone copy``."""
    given = options(command.arguments, _CLOUD)
    words = [word for word in given.positionals if word.text not in {"s3", "storage", "blob"}]
    if len(words) < 3 or words[0].text not in {"cp", "copy", "sync", "rsync", "copyto", "mirror"}:
        return
    tool = "aws s3" if command.program == "aws" else command.program
    for source in words[1:-1]:
        if "://" in source.text and "://" not in words[-1].text:
            yield Fetch(tool, source, words[-1].text)


def _keys(command: Command) -> Iterator[Fetch]:
    """``apt-key adv --fetch-keys URL``, ``rpm --import URL``."""
    given = options(command.arguments, frozenset({"--fetch-keys", "--import", "--keyserver", "--recv-keys"}))
    for url in given.values("--fetch-keys", "--import"):
        if "://" in url.text:
            yield Fetch(command.program, url, "")


_READERS: dict[str, Callable[[Command], Iterator[Fetch]]] = {
    "curl": _curl, "wget": _wget, "wget2": _wget, "aria2c": _aria2c, "axel": _simple, "fetch": _simple,
    "gdown": _gdown, "aws": _cloud, "gsutil": _cloud, "gcloud": _cloud, "azcopy": _cloud, "mc": _cloud,
    "rclone": _cloud, "s5cmd": _cloud, "apt-key": _keys, "rpm": _keys, "rpmkeys": _keys,
}  # fmt: skip


def _is_address(word: Word) -> bool:
    """Whether a positional can be a URL: it has a scheme, is a host with a path, or is not known."""
    text = word.text
    if "://" in text:
        return not text.startswith("file://")
    if text[:1] in "$`":
        return True
    host = text.partition("/")[0]
    return "." in host.strip(".") and not text.startswith(("/", ".", "-", "@")) and " " not in text


def _redirected(command: Command) -> str:
    """The file that its standard output goes to, "" for none."""
    return next(
        (
            redirect.target.text
            for redirect in reversed(command.redirects)
            if redirect.operator in {">", ">>", ">|"} and redirect.descriptor in {None, 1}
        ),
        "",
    )

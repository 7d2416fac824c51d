"""Programs that run the program named in their arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scanner.model.location import Word
from scanner.model.record import Record
from scanner.parsers.lazy import Lazy


class Wrapper(Record, kw_only=False):
    """How a wrapper's own arguments are told from the command it runs."""

    valued: frozenset[str] = frozenset()
    """Its options that take the next word as value."""
    positionals: int = 0
    """Words of its own before the command: ``timeout 30 command``."""
    verbs: frozenset[str] = frozenset()
    """It wraps only with one of these as first argument: ``poetry run``."""
    refuses: frozenset[str] = frozenset()
    """With one of these options it runs no command of that kind: ``command -v``, ``uv run -m``."""
    behind_dashes: bool = False
    """Its command stands behind ``--``, whatever is in front of that."""


def _options(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PLAIN = Wrapper()
_WAITS = Wrapper(behind_dashes=True)
_RUN = _options("run")
_UV = _options(
    "--with --with-editable --with-requirements --extra --no-extra --group --no-group --only-group --env-file -p"
    " --python --package --directory --project --config-file --index --default-index -i --index-url --extra-index-url"
    " -f --find-links --index-strategy --keyring-provider -P --upgrade-package --resolution --prerelease"
    " --fork-strategy --exclude-newer --link-mode --reinstall-package -C --config-setting --no-build-package"
    " --no-binary-package --refresh-package --cache-dir --color --python-platform --allow-insecure-host -w"
    " --no-build-isolation-package --python-preference --no-editable-package"
)
_CONDA = Wrapper(_options("-n --name -p --prefix --cwd -r --root-prefix -f --file -e --env -a --attach"), 0, _RUN)
_SU = Wrapper(
    _options("-u --user -g --group -G --supp-group -s --shell -w --whitelist-environment"),
    0,
    frozenset(),
    _options("-c --command"),
)
WRAPPERS: dict[str, Wrapper] = {
    "sudo": Wrapper(
        _options(
            "-u --user -g --group -h --host -p --prompt -C --close-from -D --chdir -R --chroot -r --role -t --type -T"
            " --command-timeout -U --other-user"
        ),
        refuses=_options("-l --list -v --validate -k -K -e --edit"),
    ),
    "doas": Wrapper(_options("-u -C")),
    "env": Wrapper(_options("-u --unset -C --chdir"), refuses=_options("-S --split-string")),
    "exec": Wrapper(_options("-a")),
    "command": Wrapper(refuses=_options("-v -V")),
    "builtin": _PLAIN,
    "nohup": _PLAIN,
    "time": Wrapper(_options("-f --format -o --output")),
    "timeout": Wrapper(_options("-k --kill-after -s --signal"), 1),
    "nice": Wrapper(_options("-n --adjustment")),
    "ionice": Wrapper(_options("-c --class -n --classdata -p --pid -P --pgid -u --uid")),
    "chrt": Wrapper(_options("-T --sched-runtime -P --sched-period -D --sched-deadline"), 1),
    "taskset": Wrapper(frozenset(), 1),
    "numactl": Wrapper(
        _options(
            "-i --interleave -N --cpunodebind -C --physcpubind -m --membind -p --preferred -w --weighted-interleave"
        )
    ),
    "stdbuf": Wrapper(_options("-i --input -o --output -e --error")),
    "setsid": _PLAIN,
    "unbuffer": _PLAIN,
    "busybox": _PLAIN,
    "fakeroot": Wrapper(_options("-l --lib --faked -s -i -b")),
    "linux32": _PLAIN,
    "setarch": Wrapper(frozenset(), 1),
    "flock": Wrapper(_options("-w --wait --timeout -E --conflict-exit-code"), 1, refuses=_options("-c --command")),
    "strace": Wrapper(_options("-e -o -p -s -u -E -P -a -b -I -O -S -X")),
    "xargs": Wrapper(
        _options("-I -n --max-args -L -P --max-procs -d --delimiter -E -s --max-chars -a --arg-file --process-slot-var")
    ),
    "xvfb-run": Wrapper(
        _options("-e --error-file -f --auth-file -n --server-num -p --xauth-protocol -s --server-args")
    ),
    "dbus-run-session": Wrapper(_options("--config-file --dbus-daemon")),
    "chroot": Wrapper(frozenset(), 1),
    "gosu": Wrapper(frozenset(), 1),
    "su-exec": Wrapper(frozenset(), 1),
    "s6-setuidgid": Wrapper(frozenset(), 1),
    "setpriv": Wrapper(
        _options(
            "--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig --ruid --euid"
            " --rgid --egid --selinux-label --apparmor-profile --ptracer"
        )
    ),
    "chpst": Wrapper(_options("-u -U -b -e -/ -n -l -L -m -d -o -p -f -c -r -t")),
    "su": _SU,
    "runuser": _SU,
    "tini": Wrapper(_options("-p -e")),
    "tini-static": Wrapper(_options("-p -e")),
    "docker-init": Wrapper(_options("-p -e")),
    "dumb-init": Wrapper(_options("-r --rewrite")),
    "catatonit": Wrapper(_options("-P")),
    "wait-for-it.sh": _WAITS,
    "wait-for-it": _WAITS,
    "wait-for.sh": _WAITS,
    "wait-for": _WAITS,
    "dockerize": Wrapper(
        _options(
            "-wait -timeout -template -stdout -stderr -wait-http-header -wait-retry-interval -delims -poll -env"
            " -env-section -validate-cert"
        )
    ),
    "with-contenv": _PLAIN,
    "ddtrace-run": _PLAIN,
    "opentelemetry-instrument": Wrapper(
        _options("--traces_exporter --metrics_exporter --logs_exporter --service_name --exporter_otlp_endpoint")
    ),
    "newrelic-admin": Wrapper(verbs=_options("run-program")),
    "conda": _CONDA,
    "mamba": _CONDA,
    "micromamba": _CONDA,
    "poetry": Wrapper(_options("-C --directory -P --project"), 0, _RUN),
    "pipenv": Wrapper(_options("--python"), 0, _RUN),
    "pdm": Wrapper(_options("-p --project -s --site-packages"), 0, _RUN),
    "hatch": Wrapper(_options("-e --env"), 0, _RUN),
    "rye": Wrapper(frozenset(), 0, _RUN),
    "pixi": Wrapper(_options("-e --environment --manifest-path"), 0, _RUN),
    "uv": Wrapper(_UV, 0, _RUN, _options("-m --module -s --script --gui-script")),
}
"""The wrappers known, by the name of the program."""
_ASSIGNING = frozenset({"env", "sudo", "doas", "command"})
_SU_LIKE = frozenset({"su", "runuser"})
_ASSIGNMENT = Lazy(r"[A-Za-z_]\w*=", re.ASCII)


def peel(words: Sequence[Word]) -> tuple[tuple[Word, ...], tuple[int, ...], int]:
    """The wrappers at the front, the indices of the ``NAME=value`` words among them, and where the program stands."""
    wrappers: list[Word] = []
    assigned: list[int] = []
    at = 0
    while at < len(words) and words[at].known:
        name = words[at].text.rpartition("/")[2]
        wrapper = WRAPPERS.get(name)
        if wrapper is None:
            break
        names: list[int] = []
        inner = _inside(words, at + 1, wrapper, name, names)
        if inner >= len(words):
            break
        wrappers.append(words[at])
        assigned += names
        at = inner
    return tuple(wrappers), tuple(assigned), at


def _inside(words: Sequence[Word], at: int, wrapper: Wrapper, name: str, assigned: list[int]) -> int:
    """The index of the command that a wrapper runs; past the end when there is none."""
    none = len(words)
    if wrapper.behind_dashes:
        return next((n + 1 for n in range(at, none) if words[n].text == "--"), none)
    if wrapper.verbs:
        at = _options_end(words, at, wrapper)
        if at >= none or words[at].text not in wrapper.verbs:
            return none
        at += 1
    positionals = wrapper.positionals
    while at < none:
        at = _options_end(words, at, wrapper)
        if at >= none:
            return none
        if name in _ASSIGNING and _ASSIGNMENT.match(words[at].text):
            assigned.append(at)
            at += 1
        elif positionals:
            positionals -= 1
            at += 1
        elif name in _SU_LIKE and words[at - 1].text != "--":
            return none
        else:
            return at
    return none


def _options_end(words: Sequence[Word], at: int, wrapper: Wrapper) -> int:
    while at < len(words):
        text = words[at].text
        if len(text) < 2 or text[0] != "-":
            break
        at += 1
        if text == "--":
            break
        if text.partition("=")[0] in wrapper.refuses:
            return len(words)
        if text in wrapper.valued:
            at += 1
        elif text[1] != "-" and len(text) > 2:
            at += _bundled(text, wrapper.valued)
    return at


def _bundled(text: str, valued: frozenset[str]) -> int:
    """1 when the last of several short options in one word takes the next word: ``-Eu user``."""
    for n, letter in enumerate(text[1:], 1):
        if f"-{letter}" in valued:
            return n == len(text) - 1
    return 0

"""What an image starts is followed into its layers: the same facts as from the Dockerfile, whatever the layers hold."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.engine.load import load
from scanner.extractors.in_layers import IN_LAYERS
from scanner.extractors.layers import Look
from scanner.model.facts import StartFile
from scanner.model.location import Evidence, Layer, Location
from scanner.reporters import Options as ReportOptions
from scanner.reporters import render
from scanner.scan import Options, scan, scan_image, scan_text
from scanner.sources.image import gather, layers, shared
from scanner.sources.image.image import Blob, Image
from scanner.sources.image.start import completed
from scanner.sources.image.target import read as read_target
from tests.made_secrets import made

RULES = load()
OPTIONS = Options(rules=RULES, build_args={}, keep_facts=True)
OPEN = b"#!/bin/sh\nexec jupyter lab --ip=0.0.0.0 --ServerApp.token=''\n"
SHARED = b"import gradio as gr\ngr.Interface(fn=str, inputs='text', outputs='text').launch(share=True)\n"


FILES = {
    "entrypoint.sh": b'#!/bin/sh\nset -e\nexport GRADIO_SERVER_NAME=0.0.0.0\npip install "torch==2.1.0"\nexec "$@"\n',
    "start.sh": b"#!/bin/sh\njupyter lab --ip=0.0.0.0 &\nsupervisord &\npython app.py\n",
    "app.py": SHARED
    + b"from transformers import AutoModel\nAutoModel.from_pretrained('a/b', trust_remote_code=True)\n",
    "jupyter_server_config.py": b"c.ServerApp.token = ''\n",
    "supervisord.conf": b"[program:ssh]\ncommand=/usr/sbin/sshd -D\n[program:ui]\ncommand=streamlit run ui.py\n",
    "config.toml": b"[server]\naddress = '127.0.0.1'\n",
}
PLACES = {
    "entrypoint.sh": "usr/local/bin/entrypoint.sh", "start.sh": "app/start.sh", "app.py": "app/app.py",
    "jupyter_server_config.py": "root/.jupyter/jupyter_server_config.py", "config.toml": "app/.streamlit/config.toml",
    "supervisord.conf": "etc/supervisor/conf.d/supervisord.conf",
}  # fmt: skip
APART = frozenset({"evidence", "stage", "source", "layer"})
KINDS = frozenset({"service", "command", "requirement", "model-download", "remote-code", "package-manager-call"})


class Link(str):
    """What a symbolic link points at."""


class Hard(str):
    """What a hard link stands for."""


def packed(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(content, str):
                entry.type = tarfile.SYMTYPE if isinstance(content, Link) else tarfile.LNKTYPE
                entry.linkname = content
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()


def image(*layers, history=(), **config):
    tars = [packed(files) for files in layers]
    sums = [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars]
    blobs = tuple(
        Blob(digest=each, diff_id=each, size=len(tar), media_type="", open=lambda tar=tar: io.BytesIO(tar))
        for each, tar in zip(sums, tars, strict=True)
    )
    whole = {"config": config, "history": list(history), "rootfs": {"diff_ids": sums}}
    return Image(name="docker:x", digest="", config=whole, layers=blobs)


def report(*layers, **config):
    return scan_image(image(*layers, **config), OPTIONS)


def services(found):
    return [
        (fact.product, fact.auth, fact.risk, str(fact.evidence[0].at)) for fact in found.facts if fact.kind == "service"
    ]


class TestSame:
    """As the Dockerfile states them."""

    def told(self, facts):
        return {
            (fact.kind, *((name, str(getattr(fact, name))) for name in fact.field_names() if name not in APART))
            for fact in facts
            if fact.kind in KINDS and getattr(fact, "moment", "start") == "start"
        }

    def test_a_dockerfile_and_its_image_state_the_same(self):
        copies = "".join(f"COPY {name} /{place}\n" for name, place in PLACES.items())
        text = f'FROM debian:12\n{copies}WORKDIR /app\nENTRYPOINT ["entrypoint.sh"]\nCMD ["./start.sh"]\n'
        source = scan_text(text, OPTIONS, context=FILES)
        found = report(
            {PLACES[name]: content for name, content in FILES.items()},
            Entrypoint=["entrypoint.sh"], Cmd=["./start.sh"], WorkingDir="/app",
        )  # fmt: skip
        assert (found.problems, source.problems) == ((), ())
        assert self.told(found.facts) == self.told(source.facts)
        assert {name for name, *_ in services(found)} == {"jupyter", "gradio", "ssh", "streamlit"}
        assert {kind for kind, *_ in self.told(found.facts)} == KINDS
        rules = [{each.rule.id for each in one.findings} for one in (found, source)]
        assert rules[0] >= {"open-notebook", "gradio-share", "ssh-server"}
        assert {"open-notebook", "gradio-share", "ssh-server"} <= rules[1]

    def test_a_finding_points_into_the_layer_and_shows_the_line(self):
        config = b"c = get_config()\nc.ServerApp.ip = '0.0.0.0'\nc.ServerApp.token = ''\n"
        found = report({}, {"etc/jupyter/jupyter_server_config.py": config}, Cmd=["jupyter", "lab"])
        (finding,) = (each for each in found.findings if each.rule.id == "open-notebook")
        assert str(finding.at) == "etc/jupyter/jupyter_server_config.py:3:1 (layer 1)"
        assert found.lines_of(finding.at)[2] == "c.ServerApp.token = ''"
        for form in ("text", "json", "sarif"):
            assert "c.ServerApp.token = ''" in render(form, [found], ReportOptions()), form

    def test_what_is_kept_is_in_no_report(self):
        found = report({"entrypoint.sh": OPEN, "app/main.py": SHARED}, Entrypoint=["/entrypoint.sh"])
        assert services(found) == [("jupyter", "none", "", "entrypoint.sh:2:31 (layer 0)")]
        assert not any(isinstance(fact, StartFile) for fact in found.facts)

    def test_a_line_of_another_version_of_the_file_is_never_shown(self):
        token = made("github-token").value.encode()
        layers = {"app/app.py": b"TOKEN = '" + token + b"'\n"}, {"app/app.py": SHARED}
        found = report(*layers, Cmd=["python", "/app/app.py"])
        shown = {str(each.at): found.lines_of(each.at) for each in found.findings if each.at.path == "app/app.py"}
        assert shown == {
            "app/app.py:1:10 (layer 0)": (),
            "app/app.py:2:60 (layer 1)": (*SHARED.decode().split("\n"),),
        }


class TestLayers:
    """Which file counts."""

    def test_one_that_a_later_layer_removes_does_not(self):
        for gone in ("opt/.wh.run.sh", ".wh.opt", "opt/.wh..wh..opq", "opt"):
            assert services(report({"opt/run.sh": OPEN}, {gone: b""}, Cmd=["/opt/run.sh"])) == [], gone

    def test_one_that_is_replaced_counts_as_it_is_then(self):
        safe = OPEN.replace(b"''", b"made-up")
        for held in (({"run.sh": OPEN}, {"run.sh": safe}), ({"x": b"", "run.sh": safe}, {"x": b""})):
            assert [auth for _, auth, *_ in services(report(*held, Cmd=["/run.sh"]))] == ["set"]

    def test_it_is_found_through_links(self):
        layers = (
            {"usr/bin/run.sh": OPEN, "bin": Link("usr/bin"), "srv/app-2/start.sh": OPEN, "srv/app": Link("app-2")},
            {
                "entrypoint.sh": Link("srv/../bin/./run.sh"),
                "opt/x/current": Link("/srv/app"),
                "again": Hard("entrypoint.sh"),
            },
        )
        for start in ("/entrypoint.sh", "/bin/run.sh", "/srv/app/start.sh", "/opt/x/current/start.sh"):
            assert len(services(report(*layers, Cmd=[start]))) == 1, start

    def test_a_hard_link_is_the_file_it_stands_for(self):
        assert (
            len(services(report({"opt/stored": OPEN, "entrypoint.sh": Hard("opt/stored")}, Cmd=["/entrypoint.sh"])))
            == 1
        )

    @pytest.mark.parametrize(
        "links",
        [
            {"run.sh": Link("run.sh")},
            {"run.sh": Link("start.sh"), "start.sh": Link("run.sh")},
            {"run.sh": Link("/run.sh/run.sh")},
            {"run.sh": Link("../" * 1000 + "run.sh")},
            {"run.sh": Link("/x/run.sh"), "x": Link("/x")},
            {"run.sh": Link("elsewhere.sh")},
            {"run.sh": Link("/")},
        ],
    )
    def test_links_that_lead_nowhere_are_followed_no_further(self, links):
        found = report(links, Cmd=["/run.sh"])
        assert (services(found), found.problems) == ([], ())

    def test_a_script_is_looked_for_where_path_says(self):
        layer = {"usr/local/bin/run.sh": OPEN, "opt/own/start.sh": OPEN}
        assert len(services(report(layer, Cmd=["run.sh"]))) == 1
        assert len(services(report(layer, Cmd=["start.sh"], Env=["PATH=/opt/own:/bin"]))) == 1
        assert len(services(report(layer, Cmd=["run.sh"], Env=["PATH=/opt/own:/bin"]))) == 0
        assert (
            len(services(report({"opt/docker-entrypoint": OPEN}, Cmd=["docker-entrypoint"], Env=["PATH=:/opt"]))) == 1
        )

    def test_a_script_is_looked_for_where_cd_has_led_to(self):
        layer = {"srv/app/run.sh": OPEN, "srv/start.sh": b"#!/bin/sh\ncd app && ./run.sh\n"}
        assert len(services(report(layer, Cmd=["sh", "-c", "cd /srv && ./start.sh"]))) == 1
        assert services(report(layer, Cmd=["sh", "-c", "cd /opt && ./start.sh"])) == []

    def test_what_the_history_wrote_stays_there_unless_a_later_layer_has_it_anew(self):
        wrote = {
            "created_by": "RUN /bin/sh -c echo 'exec jupyter lab --ip=* --ServerApp.token=' > /run.sh # buildkit",
            "comment": "buildkit.dockerfile.v0",
        }
        copied = {"created_by": "COPY run.sh /run.sh # buildkit", "comment": "buildkit.dockerfile.v0"}
        once = image({"run.sh": OPEN}, history=[wrote], Cmd=["/run.sh"])
        twice = image(
            {"run.sh": OPEN}, {"run.sh": b"#!/bin/sh\nollama serve\n"}, history=[wrote, copied], Cmd=["/run.sh"]
        )
        (found,) = services(scan_image(once, OPTIONS))
        assert found[3].startswith("docker:x history:1")
        assert [name for name, *_ in services(scan_image(twice, OPTIONS))] == ["ollama"]

    def test_what_the_base_image_starts_counts_as_the_bases(self):
        history = [
            {"created_by": "COPY run.sh / # buildkit"},
            {"created_by": 'ENTRYPOINT ["/run.sh"]', "empty_layer": True},
            {"created_by": "COPY x / # buildkit"},
        ]
        whole = image({"run.sh": OPEN}, {"x": b""}, history=history, Entrypoint=["/run.sh"])
        base = tuple(layer.diff_id for layer in whole.layers[:1])
        found = scan_image(whole, OPTIONS.replace(only_own=True), base=base)
        (finding,) = (each for each in found.findings if each.rule.id == "open-notebook")
        assert finding.suppressed is not None


DATABASE = b"""#!/usr/bin/env bash
set -Eeo pipefail
secret() {
	local name="$1" file="${1}_FILE" value="${2:-}"
	if [ "${!name:-}" ]; then value="${!name}"; elif [ "${!file:-}" ]; then value="$(< "${!file}")"; fi
	export "$name"="$value"
	unset "$file"
}
prepare() {
	mkdir -p "$DATA" && chmod 00700 "$DATA" || :
	if [ "$(id -u)" = '0' ]; then find "$DATA" \\! -user db -exec chown db '{}' +; fi
}
hooks() {
	local f
	for f; do
		case "$f" in
			*.sh) if [ -x "$f" ]; then "$f"; else . "$f"; fi ;;
			*.sql.gz) gunzip -c "$f" | run_sql ;;
		esac
	done
}
initialize() { eval 'initdb --pwfile=<(printf "%s\\n" "$DB_PASSWORD") '"$INIT_ARGS"' "$@"'; }
if [ "${1:0:1}" = '-' ]; then set -- db "$@"; fi
if [ "$1" = 'db' ] && [ "$(id -u)" = '0' ]; then
	exec gosu db "$BASH_SOURCE" "$@"
fi
exec "$@"
"""
PROXY = b"""#!/bin/sh
set -e
log() { if [ -z "${QUIET:-}" ]; then echo "$@"; fi }
if /usr/bin/find "/docker-entrypoint.d/" -mindepth 1 -maxdepth 1 -type f -print -quit 2>/dev/null | read v; then
    find "/docker-entrypoint.d/" -follow -type f -print | sort -V | while read -r f; do
        case "$f" in
            *.envsh) . "$f";;
            *.sh) if [ -x "$f" ]; then "$f"; else log "$f is not executable"; fi;;
        esac
    done
fi
exec "$@"
"""
BANNER = b"""#!/bin/bash
shopt -s nullglob extglob
here="$(dirname $(readlink -f ${BASH_SOURCE[0]}))"
declare -a parts=( "${here}/entrypoint.d"/*@(.txt|.sh) )
repeat() { local -i x; for (( x=0 ; x<$2 ; x++ )); do printf "%s" "$1"; done; echo; }
for part in "${parts[@]}"; do
  case "${part}" in
    *.txt ) cat "${part}";;
    *.sh )  source "${part}";;
  esac
done
if [[ $# -eq 0 ]]; then exec "/bin/bash"; else exec "$@"; fi
"""
NOTEBOOK = b"""#!/bin/bash
set -e
if [ $# -eq 0 ]; then cmd=( "bash" ); else cmd=( "$@" ); fi
source /usr/local/bin/run-hooks.sh /usr/local/bin/start-notebook.d
if [ "$(id -u)" == 0 ]; then
    if [[ "$GRANT_SUDO" == "1" ]]; then echo "${NB_USER} ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers.d/start; fi
    exec sudo --preserve-env --set-home --user "${NB_USER}" PATH="${PATH}" "${cmd[@]}"
fi
exec "${cmd[@]}"
"""
HOOKS = (
    b'#!/bin/bash\nfor f in "$1/"*; do case "$f" in *.sh) source "$f";; *) if [ -x "$f" ]; then "$f"; fi;; esac; done\n'
)
LAB = b'#!/bin/bash\nexec /usr/local/bin/start.sh jupyter ${JUPYTER_CMD:=lab} ${NOTEBOOK_ARGS} "$@"\n'


class TestBaseImages:
    @pytest.mark.parametrize(
        ("files", "config"),
        [
            ({"usr/local/bin/docker-entrypoint.sh": DATABASE}, {"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["db"]}),
            ({"docker-entrypoint.sh": PROXY}, {"Entrypoint": ["/docker-entrypoint.sh"], "Cmd": ["proxy", "-g", "off;"]}),
            ({"opt/base/entrypoint.sh": BANNER}, {"Entrypoint": ["/opt/base/entrypoint.sh"], "Cmd": ["/bin/bash"]}),
            (
                {
                    "usr/local/bin/start.sh": NOTEBOOK, "usr/local/bin/start-notebook.sh": LAB,
                    "usr/local/bin/run-hooks.sh": HOOKS, "etc/jupyter/jupyter_server_config.py": b"c.ServerApp.ip = '*'\n",
                },
                {"Entrypoint": ["tini", "-g", "--"], "Cmd": ["start-notebook.sh"], "User": "1000"},
            ),
        ],
    )  # fmt: skip
    def test_how_they_start_is_nothing_to_tell_of(self, files, config):
        """Scripts of the kind that public images have, which step down, run hooks, and start what they are given."""
        followed, before = report(files, **config), report({"x": b""}, **config)
        assert followed.problems == ()
        assert {each.rule.id for each in followed.findings} == {each.rule.id for each in before.findings}
        assert sum(fact.kind == "command" for fact in followed.facts) > sum(f.kind == "command" for f in before.facts)


class TestHostile:
    def test_a_script_that_starts_itself_ends(self):
        found = report(
            {"run.sh": b"#!/bin/sh\n/run.sh\n. /run.sh\nexec /other.sh\n", "other.sh": b"/run.sh; ollama serve"},
            Cmd=["/run.sh"],
        )
        assert [name for name, *_ in services(found)] == ["ollama"]
        assert found.problems == ()

    def test_a_large_script_is_told_of_when_it_is_started_and_only_then(self):
        layer = {"run.sh": OPEN.ljust(1 << 20, b"#"), "x/large.sh": b"#".ljust(1 << 20, b"#")}
        found = report(layer, Cmd=["/run.sh"])
        (problem,) = found.problems
        assert str(problem.at) == "run.sh (layer 0)"
        assert problem.reason == "what the image starts is not followed into it: its 1,048,576 bytes were not kept"
        assert report(layer, Cmd=["python"]).problems == ()

    @pytest.mark.parametrize("content", [b"\x7fELF\0", b"#!/bin/sh\n" + bytes(3000), b"", b"\xff\xfe\xfd", b"'\n((("])
    def test_what_is_no_script_starts_nothing(self, content):
        assert services(report({"run.sh": content, "app.py": content}, Cmd=["/run.sh"])) == []

    @pytest.mark.parametrize(("limit", "most"), [("MAX_STARTS", 3), ("MAX_STARTS_SIZE", 3)])
    def test_what_is_not_kept_is_told_of_when_it_is_started_and_only_then(self, limit, most, monkeypatch):
        monkeypatch.setattr(gather, limit, most)
        many = {f"a{number}/run.sh": b"x" for number in range(5)}
        found = report(many, {"run.sh": OPEN[:3]}, {"x.sh": OPEN}, Cmd=["/a2/run.sh"])
        assert found.problems == ()
        (problem,) = report(many, Cmd=["/a3/run.sh"]).problems
        assert str(problem.at) == "a3/run.sh (layer 0)"
        assert "its 1 bytes were not kept" in problem.reason

    def test_there_is_an_end_to_what_is_known(self, monkeypatch):
        monkeypatch.setattr(gather, "MAX_STARTS_KNOWN", 3)
        many = {f"a{number}/run.sh": b"x" for number in range(5)}
        found = report(many, {"run.sh": OPEN}, Cmd=["/run.sh"])
        (problem,) = found.problems
        assert "more than 3 scripts, programs and settings in this layer" in problem.reason
        assert problem.at.layer.index == 0
        assert len(services(found)) == 1
        monkeypatch.setattr(gather, "MAX_STARTS_KNOWN", 5)
        assert report(many, {"run.sh": OPEN}, Cmd=["/run.sh"]).problems == ()

    def test_no_secret_is_kept(self):
        token = made("github-token").value
        whole = image(
            {"run.sh": f"#!/bin/sh\nexport GITHUB_TOKEN={token}\nexec ollama serve\n".encode()}, Cmd=["/run.sh"]
        )
        (kept,) = layers.read_layers(whole, Look(IN_LAYERS)).starts()
        assert "GITHUB_TOKEN=" in kept.text
        assert token[8:] not in kept.text

    @settings(max_examples=60, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(["bin", "x", "run.sh", "x/run.sh", "bin/run.sh"]),
            st.text("./rxbinush", max_size=12),
            max_size=4,
        ),
        st.text("./rxbinush~$ ", max_size=12),
    )
    def test_no_links_and_no_name_are_too_strange(self, links, start):
        at = Layer(0, "")
        kept = [
            StartFile(
                evidence=(Evidence(Location(path, None, at)),), path=path, text=None, link=link, size=0, mode=0o777
            )
            for path, link in links.items()
        ]
        target = completed(read_target(image({}, Cmd=["/run.sh"])), kept)
        found = target.config.find(start)
        assert found is None or links.get(found.at.path) is None


class TestKinds:
    """Wherever an image comes from."""

    @pytest.fixture
    def archive(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(shared, "SETTLED", -60)
        whole = image({"usr/bin/x": b""}, {"run.sh": OPEN}, Cmd=["/run.sh"])
        names = [f"{number}.tar" for number in range(len(whole.layers))]
        files = {name: blob.open().read() for name, blob in zip(names, whole.layers, strict=True)}
        files["config.json"] = json.dumps(whole.config).encode()
        files["manifest.json"] = json.dumps([{"Config": "config.json", "RepoTags": ["x:1"], "Layers": names}]).encode()
        (tmp_path / "image.tar").write_bytes(packed(files))
        return "image.tar"

    def test_from_the_cache(self, archive, monkeypatch):
        options = OPTIONS.replace(cache_limit=1 << 20)
        (first,) = scan([archive], options)
        monkeypatch.setattr(layers, "read_layer", None)
        (second,) = scan([archive], options)
        assert first == second
        assert services(second) == [("jupyter", "none", "", "run.sh:2:31 (layer 1)")]

    def test_as_a_stream(self, archive, monkeypatch):
        with open(archive, "rb") as file:
            stream = io.TextIOWrapper(file)
            monkeypatch.setattr("sys.stdin", stream)
            (found,) = scan(["archive:-"], OPTIONS)
        assert services(found) == [("jupyter", "none", "", "run.sh:2:31 (layer 1)")]

    def test_the_files_alone_start_nothing(self, tmp_path):
        (tmp_path / "run.sh").write_bytes(OPEN)
        (tmp_path / "app.py").symlink_to("run.sh")
        (found,) = scan([f"rootfs:{tmp_path}"], OPTIONS)
        assert services(found) == []
        assert not any(isinstance(fact, StartFile) for fact in found.facts)

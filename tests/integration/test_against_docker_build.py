"""What a Dockerfile ends up as, by our reading and by a real build.

Docker's builder is the oracle for stages, variables, ONBUILD and how the settings of the image come about. Everything
starts from scratch and runs nothing, so no image is pulled.
"""

from __future__ import annotations

import io
import tarfile

import pytest

from scanner.sources import dockerfile

pytestmark = pytest.mark.integration

FILES = {
    "stages inherit settings": """
        FROM scratch AS one
        ENV A=1 B="x y"
        USER 10:20
        WORKDIR /srv
        EXPOSE 80 90/udp
        ENTRYPOINT ["/bin/x"]
        CMD ["a"]
        FROM one
        WORKDIR rel
        """,
    "an entrypoint of its own drops the command it inherits": """
        FROM scratch AS one
        CMD ["a", "b"]
        FROM one
        ENTRYPOINT ["/bin/x"]
        """,
    "a command replaces the inherited one": """
        FROM scratch AS one
        ENTRYPOINT ["/bin/x"]
        CMD ["a", "b"]
        FROM one
        CMD ["c"]
        """,
    "arguments have defaults, and stages see global ones only when they ask": """
        ARG G=global
        ARG H=${G}-2
        FROM scratch
        ARG G
        ARG L=local
        ENV G1=$G H1=x$H L1=${L}
        """,
    "the environment hides arguments": """
        FROM scratch
        ARG V=arg
        ENV V=env
        ENV SEEN=$V
        """,
    "one ENV does not see its own variables": """
        FROM scratch
        ENV A=1
        ENV A=2 B=$A
        ENV C=$A
        """,
    "substitutions with defaults and alternatives": """
        FROM scratch
        ENV SET=s EMPTY=
        ENV A=${SET:-d} B=${UNSET:-d} C=${SET:+alt} D=${UNSET:+alt} E=${EMPTY:-d} F=${EMPTY:+alt}
        ENV G="${SET}-${UNSET:-plain}" H='${SET}' I=\\$SET J=${SET}x K=$SETx
        """,
    "the legacy form takes the rest of the line": """
        FROM scratch
        ENV A one two  three
        ENV B "quoted" rest
        """,
    "workdirs join up": """
        FROM scratch
        WORKDIR /a
        WORKDIR b
        WORKDIR ../c
        """,
    "variables in USER, WORKDIR and EXPOSE": """
        FROM scratch
        ARG WHO=1000
        ENV PORT=8080 DIR=/data
        USER $WHO:$WHO
        WORKDIR ${DIR}/in
        EXPOSE $PORT 9000/tcp
        """,
    "onbuild runs in the stage that builds on it": """
        FROM scratch AS base
        ONBUILD USER 4242
        ONBUILD ENV FROM_TRIGGER=yes
        FROM base
        ENV AFTER=$FROM_TRIGGER
        """,
    "escape directive and continuations": """
        # escape=`
        FROM scratch
        ENV A=1 `
            # a comment in the middle

            B=2
        CMD ["x", `
             "y"]
        """,
    "the health check may be switched off again": """
        FROM scratch
        HEALTHCHECK --interval=5s CMD ["/probe"]
        HEALTHCHECK NONE
        """,
    "nothing is set": """
        FROM scratch
        LABEL a=b
        """,
}


def unindent(text):
    return "\n".join(line.removeprefix("        ") for line in text.strip("\n").split("\n")) + "\n"


def build(client, text, **options):
    """The image's config, from a build by the daemon."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text.encode())
        archive.addfile(entry, io.BytesIO(text.encode()))
    data.seek(0)
    image, _ = client.images.build(fileobj=data, custom_context=True, rm=True, forcerm=True, **options)
    return client.api.inspect_image(image.id)["Config"]


def expected(config):
    env = dict(pair.split("=", 1) for pair in config["Env"] or ())
    env.pop("PATH", None)
    return {
        "user": config["User"],
        "env": env,
        "workdir": config["WorkingDir"] or "/",
        "ports": sorted(config.get("ExposedPorts") or ()),
        "argv": (config["Entrypoint"] or []) + (config["Cmd"] or []),
    }


def ours(text, **options):
    target = dockerfile.read(text, context={}, **options)
    assert target.problems == []
    config = target.config
    return {
        "user": config.user,
        "env": dict(config.env),
        "workdir": config.workdir,
        "ports": sorted(port.text if "/" in port.text else f"{port.text}/tcp" for port in config.ports),
        "argv": [word.text for word in config.commands[0].words] if config.commands else [],
    }


@pytest.mark.parametrize("name", FILES)
def test_the_target_is_what_docker_builds(daemon, name):
    text = unindent(FILES[name])
    assert ours(text) == expected(build(daemon, text))


def test_build_arguments_and_target_choose_the_same(daemon):
    text = unindent(
        """
        ARG TAG=a
        FROM scratch AS a
        ENV STAGE=a
        FROM scratch AS b
        ENV STAGE=b
        FROM ${TAG} AS c
        ARG WHO=nobody
        USER $WHO
        FROM scratch
        USER 7
        """
    )
    arguments = {"TAG": "b", "WHO": "99"}
    theirs = expected(build(daemon, text, buildargs=arguments, target="c"))
    assert ours(text, build_args=arguments, target="c") == theirs
    assert theirs["user"] == "99"

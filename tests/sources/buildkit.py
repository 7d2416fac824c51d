"""What BuildKit makes of a Dockerfile, as config and history: just enough to compare what we know of the two.

After moby/buildkit, ``frontend/dockerfile/dockerfile2llb/convert.go``: variables filled in, quotes gone, lists as Go
prints them, mounts and ``--from`` left out.
"""

from __future__ import annotations

import json

from scanner.model.instruction import Copy, Healthcheck, Pairs, Run, Shelled, Words
from scanner.sources.image.image import Image

COMMENT = "buildkit.dockerfile.v0"
NO_LAYER = {"ARG", "ENV", "LABEL", "CMD", "ENTRYPOINT", "HEALTHCHECK", "EXPOSE", "USER", "VOLUME", "STOPSIGNAL"} | {
    "SHELL",
    "MAINTAINER",
}


def built(found, name="test:1", *, below=()):
    """The image of a Dockerfile's target; ``below`` are the entries of its base image."""
    history, config = list(below), {"Env": []}
    env, labels, arguments = {}, {}, {}
    shell = ["/bin/sh", "-c"]
    for step in found.config.steps:
        instruction, keyword = step.instruction, step.keyword
        if keyword == "FROM":
            arguments = {}
            continue
        shell = list(step.shell)
        match instruction:
            case Pairs():
                pairs = [(p.key.text, p.value.text if p.value else None) for p in instruction.pairs]
                if keyword == "ARG":
                    pairs = [(name, step_value(found, step, name, value)) for name, value in pairs]
                    arguments |= {name: value for name, value in pairs if value is not None}
                {"ENV": env, "LABEL": labels, "ARG": {}}[keyword].update(pairs)
                text = " ".join(name if value is None else f"{name}={value}" for name, value in pairs)
            case Run():
                text = run(instruction, shell, arguments)
            case Copy():
                flags = [f"--{flag.name}={flag.value}" for flag in instruction.flags if flag.name in {"chown", "chmod"}]
                words = [word.text for word in (*instruction.sources, instruction.destination)]
                text = " ".join([*flags, *words]) + " # buildkit"
            case Healthcheck():
                test = ["NONE"] if instruction.disabled else listed(instruction, ["CMD-SHELL"], ["CMD"])
                config["Healthcheck"] = {"Test": test}
                text = f'&{{{go(test)} "30s" "3s" "0s" "0s" \'\\x03\'}}'
            case Shelled():
                words = listed(instruction, shell)
                config["Cmd" if keyword == "CMD" else "Entrypoint"] = words
                if keyword == "ENTRYPOINT" and "own" not in config:
                    config.pop("Cmd", None)
                if keyword == "CMD":
                    config["own"] = True
                text = go(words)
            case Words():
                text = words_of(keyword, instruction, config)
            case _:
                continue
        entry = {"created_by": f"{keyword} {text}", "comment": COMMENT}
        history.append(entry | ({"empty_layer": True} if keyword in NO_LAYER else {}))
    config.pop("own", None)
    config |= {"Env": [f"{name}={value}" for name, value in env.items()], "Labels": labels}
    config |= {"User": found.config.user or "", "WorkingDir": found.config.workdir or ""}
    layers = [f"sha256:{n:064x}" for n, entry in enumerate(history) if not entry.get("empty_layer")]
    whole = {"config": config, "history": history, "rootfs": {"type": "layers", "diff_ids": layers}}
    return Image(name=name, digest="", config=json.loads(json.dumps(whole)), layers=())


def step_value(found, step, name, value):
    """The value of an ARG: the next step sees it."""
    after = found.config.steps[found.config.steps.index(step) + 1 :]
    return after[0].env.get(name, value) if after else value


def run(instruction, shell, arguments):
    """``|1 A=b /bin/sh -c …``."""
    counted = [f"|{len(arguments)}", *(f"{name}={value}" for name, value in arguments.items())] if arguments else []
    if instruction.argv is not None:
        return " ".join([*counted, *(word.text for word in instruction.argv)]) + " # buildkit"
    script = instruction.script.value
    if instruction.heredocs and script != instruction.heredocs[0].text.value:
        script += "".join(f"\n{heredoc.text.value}{heredoc.name}" for heredoc in instruction.heredocs)
    return " ".join([*counted, *shell, script]) + " # buildkit"


def listed(instruction, shell, form=()):
    return (
        [*shell, instruction.script.value] if instruction.argv is None else [*form, *(w.text for w in instruction.argv)]
    )


def words_of(keyword, instruction, config):
    words = [word.text for word in instruction.words]
    match keyword:
        case "EXPOSE":
            ports = [word if "/" in word else f"{word}/tcp" for word in words]
            config.setdefault("ExposedPorts", {}).update({key: {} for key in ports})
            return "map[" + " ".join(f"{port}:{{}}" for port in ports) + "]"
        case "VOLUME":
            config.setdefault("Volumes", {}).update({key: {} for key in words})
            return f"[{' '.join(words)}]"
        case "SHELL":
            config["Shell"] = words
            return f"[{' '.join(words)}]"
        case "STOPSIGNAL":
            config["StopSignal"] = words[0]
    return " ".join(words)


def go(words):
    """Go's ``%q`` of a list, for strings that JSON quotes the same way."""
    return "[" + " ".join(json.dumps(word, ensure_ascii=False) for word in words) + "]"

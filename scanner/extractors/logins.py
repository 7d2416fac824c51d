"""Commands that log in to a service and keep the credential."""

from __future__ import annotations

from scanner.model.command import Command

_VERBS: dict[str, tuple[tuple[str, ...], ...]] = {
    "huggingface-cli": (("login",),), "hf": (("auth", "login"),), "wandb": (("login",),), "docker": (("login",),),
    "podman": (("login",),), "buildah": (("login",),), "skopeo": (("login",),), "crane": (("auth", "login"),),
    "helm": (("registry", "login"),), "ngc": (("config", "set"),), "kaggle": (("config", "set"), ("auth", "login")),
    "aws": (("configure",), ("codeartifact", "login")), "gcloud": (("auth",),), "az": (("login",),),
    "gh": (("auth", "login"),), "glab": (("auth", "login"),), "npm": (("login",), ("adduser",)),
    "clearml-init": ((),), "modelscope": (("login",),), "comet": (("login",),), "databricks": (("configure",),),
    "oras": (("login",),), "replicate": (("login",),), "mim": (("login",),), "openxlab": (("login",),),
}  # fmt: skip
"""The words behind a program that make it a login."""
_SERVICES = {
    "huggingface-cli": "hugging-face", "hf": "hugging-face", "podman": "docker", "buildah": "docker",
    "skopeo": "docker", "crane": "docker", "helm": "docker", "oras": "docker", "clearml-init": "clearml",
    "gcloud": "google-cloud", "az": "azure", "gh": "github", "glab": "gitlab", "mim": "openxlab",
}  # fmt: skip
_STORES = {
    "hugging-face": ".cache/huggingface/token", "docker": ".docker/config.json", "git": ".git-credentials",
    "wandb": ".netrc", "kaggle": ".kaggle/kaggle.json", "ngc": ".ngc/config", "npm": ".npmrc",
}  # fmt: skip


def store(name: str) -> str:
    """The file in the home folder in which the login to a service is kept; "" when that is not known."""
    return _STORES.get(name, "")


def service(command: Command) -> str:
    """The service that a command logs in to, "" when it does not."""
    program = command.program
    words = [word.text for word in command.arguments if not word.text.startswith("-")]
    if program.startswith("python") and [word.text for word in command.arguments[:2]] in (
        ["-m", "wandb"],
        ["-m", "kaggle"],
    ):
        program, words = words[0], words[1:]
    if program == "git":
        stores = words[:1] == ["config"] and "credential.helper" in words and words[-1].startswith("store")
        return "git" if stores or words[:2] in (["credential", "approve"], ["credential-store", "store"]) else ""
    if program == "npm" and words[:2] == ["config", "set"]:
        return "npm" if any("_auth" in word for word in words) else ""
    if any(words[: len(verb)] == list(verb) for verb in _VERBS.get(program, ())):
        return _SERVICES.get(program, program)
    return ""

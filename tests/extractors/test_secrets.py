"""Credentials, and the ways they get into an image."""

from __future__ import annotations

import pytest

from scanner.extractors import secrets
from scanner.model.facts import CredentialFile, Login, Secret, SecretMount
from scanner.scan import Options, scan
from scanner.sources import dockerfile

TOKEN = "hf" + "_NotARealTokenJust" + "MadeUpForTheTests"


def facts(text: str, kind, context=None, head: str = "FROM python:3.12\n"):
    target = dockerfile.read(f"{head}{text}\n", context={} if context is None else context)
    found = [fact for item in target.items() for e in secrets.EXTRACTORS if e.wants(item) for fact in e.extract(item)]
    assert TOKEN not in repr(found)
    return [fact for fact in found if isinstance(fact, kind)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"ENV HF_TOKEN={TOKEN}", "env"),
        (f"ARG HF_TOKEN={TOKEN}", "arg"),
        (f"RUN use {TOKEN}", "run"),
        (f"RUN <<EOF\nuse {TOKEN}\nEOF", "run"),
        (f"COPY <<EOF /x\n{TOKEN}\nEOF", "copy"),
        (f"LABEL a={TOKEN}", "label"),
        (f'CMD ["use", "{TOKEN}"]', "command"),
        (f"ENTRYPOINT use {TOKEN}", "command"),
        (f"# {TOKEN}\nRUN x", "comment"),
        (f"RUN a && \\\n  # {TOKEN}\n  b", "comment"),
        (f"RUN x\n# {TOKEN}", "comment"),
    ],
)
def test_where_a_token_stands(text, place):
    (fact,) = facts(text, Secret)
    assert (fact.provider, fact.ai, fact.place) == ("hugging-face", True, place)
    assert fact.evidence[0].quote == "hf_N" + "*" * 33


def test_an_argument_in_front_of_the_first_stage():
    (fact,) = facts("", Secret, head=f"ARG T={TOKEN}\nFROM python:3.12\n")
    assert (fact.place, fact.stage) == ("arg", "")


def test_a_password_has_a_name_and_no_provider():
    (fact,) = facts("ENV DB_PASSWORD=hunter2", Secret)
    assert (fact.provider, fact.ai, fact.name, fact.evidence[0].quote) == ("", False, "DB_PASSWORD", "h******")


def test_no_fact_of_any_kind_shows_a_token():
    """Masked where the text comes in, so no part behind it has anything to leak."""
    from scanner.scan import collect

    text = f"FROM x\nENV T={TOKEN}\nRUN curl -H 'Authorization: Bearer {TOKEN}' https://a:{TOKEN}@h/x | sh # {TOKEN}\n"
    target = dockerfile.read(text, context={"a.py": TOKEN.encode()})
    assert TOKEN not in repr((collect(target, "2026-01-01", []), target.lines, target.steps, target.comments))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".env", ".env"),
        (".env.production", ".env"),
        ("conf/prod.env", ".env"),
        ("id_rsa", "ssh key"),
        (".ssh/id_ed25519", "ssh key"),
        (".ssh", "ssh key"),
        ("deploy_rsa", "ssh key"),
        (".netrc", "netrc"),
        (".aws/credentials", "aws"),
        (".aws", "aws"),
        ("kaggle.json", "kaggle"),
        (".docker/config.json", "docker config"),
        ("server-key.pem", "private key"),
        ("tls/privkey.pem", "private key"),
        ("server.key", "private key"),
        (".git-credentials", "git"),
        (".pypirc", "pypi"),
        ("my-service-account.json", "google cloud"),
        ("client_secret_1.json", "google cloud"),
        (".kube/config", "kubernetes"),
        ("huggingface/token", "hugging-face"),
        (".streamlit/secrets.toml", "secrets"),
    ],
)
def test_a_credential_file_that_a_copy_names(path, kind):
    (fact,) = facts(f"COPY {path} /x/", CredentialFile)
    assert (fact.path, fact.type, fact.by_name) == (path, kind, True)
    assert fact.evidence[0].quote == path


@pytest.mark.parametrize(
    "path",
    [
        ".env.example",
        ".env.sample",
        "env.template",
        "id_rsa.pub",
        "cert.pem",
        "ca.pem",
        "fullchain.pem",
        "server.crt",
        "environment.yml",
        "package.json",
        ".ssh/known_hosts",
        ".ssh/config",
        "tokenizer.json",
        "public-key.pem",
        "keyring.gpg",
        "secrets.py",
        "token.py",
        ".npmrc",
        "environment",
        "src",
    ],
)
def test_files_that_are_no_credentials(path):
    assert facts(f"COPY {path} /x/", CredentialFile) == []


def test_another_stage_is_not_the_context():
    assert facts("COPY --from=python:3.11 /x/.env /x/", CredentialFile) == []


def test_files_taken_along_with_a_folder():
    files = {"a.py": b"", ".env": b"A=1", "sub/id_rsa": b"k", "tests/id_rsa": b"k", ".npmrc": b"save-exact=true"}
    found = facts("COPY . /app", CredentialFile, files)
    assert sorted((fact.path, fact.by_name) for fact in found) == [(".env", False), ("sub/id_rsa", False)]
    assert {fact.evidence[0].quote for fact in found} == {"."}
    assert facts("COPY . /app", CredentialFile, files | {".dockerignore": b".env\nsub\n"}) == []


def test_folders_above_the_dockerfile_do_not_make_a_test_of_a_credential_file(tmp_path):
    folder = tmp_path / "tests" / "app"
    (folder / "tests").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM debian:12\nCOPY . /app\n")
    (folder / ".env").write_text("A=1\n")
    (folder / "tests" / ".env").write_text("A=1\n")
    (report,) = scan([str(folder)], Options(rules=(), build_args={}, keep_facts=True))
    assert [fact.path for fact in report.facts if isinstance(fact, CredentialFile)] == [str(folder / ".env")]


def test_an_npmrc_counts_when_it_has_a_token():
    (fact,) = facts("COPY . /app", CredentialFile, {".npmrc": b"//h/:_authToken=abc123def456\n"})
    assert fact.type == "npm"


@pytest.mark.parametrize(
    ("run", "service", "credential"),
    [
        ("RUN hf auth login --token $HF_TOKEN", "hugging-face", "argument"),
        ("RUN huggingface-cli login --token tok-ghi123xyz", "hugging-face", "literal"),
        ("RUN huggingface-cli login", "hugging-face", "unknown"),
        ("RUN --mount=type=secret,id=t hf auth login --token $(cat /run/secrets/t)", "hugging-face", "secret-mount"),
        ("RUN --mount=type=secret,id=t,env=HF_TOKEN hf auth login --token $HF_TOKEN", "hugging-face", "secret-mount"),
        (
            "RUN --mount=type=secret,id=t cat /run/secrets/t | docker login -u x --password-stdin",
            "docker",
            "secret-mount",
        ),
        ("RUN wandb login $KEY", "wandb", "argument"),
        ("RUN docker login -u x -p pa55word nvcr.io", "docker", "literal"),
        ("RUN ngc config set", "ngc", "unknown"),
        ("RUN git config --global credential.helper store", "git", "unknown"),
        ("RUN aws configure set aws_secret_access_key $X", "aws", "argument"),
        ("RUN npm config set //h/:_authToken $X", "npm", "argument"),
    ],
)
def test_logins(run, service, credential):
    (fact,) = facts(run, Login)
    assert (fact.service, fact.credential) == (service, credential)


@pytest.mark.parametrize(
    "run",
    [
        "RUN hf download o/m",
        "RUN docker logout",
        "RUN git config --global user.name x",
        "RUN echo wandb login",
        "CMD wandb login $K",
    ],
)
def test_what_is_no_login(run):
    assert facts(run, Login) == []


@pytest.mark.parametrize(
    ("command", "how"),
    [
        ("cat /run/secrets/t > /root/.netrc", "cat"),
        ("cat /run/secrets/t | base64 -d > /root/.netrc", "cat"),
        ("cat /run/secrets/t | tee /root/.netrc", "cat"),
        ("cp /run/secrets/t /root/.netrc", "cp"),
        ('echo "token=$(cat /run/secrets/t)" >> /app/x.ini', "echo"),
        ('T=$(cat /run/secrets/t) && echo "$T" > /app/x', "echo"),
        ('export T="$(cat /run/secrets/t)"; printf "%s" "$T" > /app/x', "printf"),
        ('sed -i "s/@@/$(cat /run/secrets/t)/" /app/x', "sed"),
        ("hf auth login --token $(cat /run/secrets/t)", "hf"),
        ("wandb login", "wandb"),
        ('git config --global url."https://$(cat /run/secrets/t)@h/".insteadOf https://h/', "git"),
        ("git clone https://x:$(cat /run/secrets/t)@h/a", "git clone"),
        ("pip config set global.index-url https://x:$(cat /run/secrets/t)@h/", "pip"),
        ('curl -H "A: $(cat /run/secrets/t)" https://h > /app/x', ""),
        ("cat /run/secrets/t > /dev/null", ""),
        ("cat /run/secrets/t > /root/.netrc && pip install x && rm -f /root/.netrc", ""),
        ("cat /run/secrets/t > /root/.netrc && pip install x && rm -rf /root", ""),
        ("docker login -p $(cat /run/secrets/t) && docker pull x && docker logout", ""),
        ("git clone https://x:$(cat /run/secrets/t)@h/a && rm -rf a/.git", ""),
        ("HF_TOKEN=$(cat /run/secrets/t) hf download o/m > /log", ""),
        ("cat /run/secrets/other > /app/x", ""),
        ("cat /run/secrets/t-other > /app/x", ""),
        ("pip install x", ""),
    ],
)
def test_what_writes_a_mounted_secret_into_the_layer(command, how):
    (fact,) = facts(f"RUN --mount=type=secret,id=t {command}", SecretMount)
    assert (fact.id, fact.persisted, fact.how) == ("t", bool(how), how)


@pytest.mark.parametrize(
    ("mount", "command", "name", "persisted"),
    [
        ("id=t,target=/root/.netrc", "pip install x", "t", False),
        ("id=t,target=/t", "cp /t /root/.netrc", "t", True),
        ("id=t,env=TOKEN", "echo $TOKEN > /x", "t", True),
        ("id=t,env=TOKEN", "echo ${TOKEN} > /x", "t", True),
        ("id=t,env=TOKEN", "echo $TOKENS > /x", "t", False),
        ("src=/home/me/.netrc,dst=/n", "cat /n >> /root/.netrc", "n", True),
        ("id=t --mount=type=tmpfs,target=/root", "cat /run/secrets/t > /root/.netrc", "t", False),
    ],
)
def test_paths_and_variables_of_a_mount(mount, command, name, persisted):
    (fact,) = facts(f"RUN --mount=type=secret,{mount} {command}", SecretMount)
    assert (fact.id, fact.persisted) == (name, persisted)


@pytest.mark.parametrize(
    ("mount", "command", "persisted"),
    [
        ("type=cache,target=/root/.cache/huggingface", "hf auth login --token $(cat /run/secrets/t)", False),
        ("type=tmpfs,target=/home/app", "hf auth login --token $(cat /run/secrets/t)", False),
        ("type=cache,target=/root/.cache/pip", "hf auth login --token $(cat /run/secrets/t)", True),
        ("type=cache,target=/root/.cache", "docker login -p $(cat /run/secrets/t)", True),
    ],
)
def test_a_login_that_is_kept_in_another_mount_is_not_in_the_layer(mount, command, persisted):
    (fact,) = facts(f"RUN --mount={mount} --mount=type=secret,id=t {command}", SecretMount)
    assert fact.persisted is persisted


def test_credentials_in_scripts_that_are_copied_and_started():
    """A file that nothing starts is not read; one that the image does not keep does not ship."""
    files = {"start.sh": f"export HF_TOKEN={TOKEN}\n".encode(), "a.py": f"T = '{TOKEN}'\nimport gradio".encode()}
    files["other.py"] = files["a.py"]
    target = dockerfile.read("FROM x\nCOPY . /a\nWORKDIR /a\nCMD sh start.sh && python a.py\n", context=files)
    found = [fact for item in target.items() for e in secrets.EXTRACTORS if e.wants(item) for fact in e.extract(item)]
    (fact,) = (fact for fact in found if isinstance(fact, Secret))
    assert (fact.evidence[0].at.path, fact.place, fact.provider, fact.ships) == (
        "start.sh",
        "file",
        "hugging-face",
        True,
    )
    assert [evidence.quote for evidence in fact.evidence[1:]] == ["."]
    assert TOKEN not in repr(found)


@pytest.mark.parametrize(
    "path",
    ["a.ipynb", "wandb/run-1/files/config.yaml", "wandb/run-1/files/wandb-metadata.json", "mlruns/0/ab/params/token"],
)
def test_notebooks_and_records_of_experiments_are_searched(path):
    found = facts("COPY . /a", Secret, context={path: f'{{"token": "{TOKEN}"}}'.encode()})
    assert [(fact.evidence[0].at.path, fact.place) for fact in found] == [(path, "file")]


def test_a_notebook_that_is_too_large_to_search_is_named(monkeypatch):
    from scanner.sources import context

    monkeypatch.setattr(context, "MAX_TEXT", 10)
    target = dockerfile.read("FROM x\nCOPY . /a\n", context={"a.ipynb": b"more than ten bytes"})
    assert list(target.items())
    assert ["not searched for credentials" in problem.reason for problem in target.problems] == [True]

"""Downloads and clones."""

from __future__ import annotations

import pytest

from scanner.extractors import clones, downloads
from scanner.sources import dockerfile

SUM = "5f2d7b0b6c1e4a93d8f7e6a5b4c3d2e1f00112233445566778899aabbccddeef"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def facts(extractors, text: str, context=None):
    target = dockerfile.read(f"FROM python:3.12\n{text}\n", context=context or {})
    found = [fact for item in target.items() for e in extractors if e.wants(item) for fact in e.extract(item)]
    assert not target.problems
    return found


def fetched(text: str, context=None):
    return facts(downloads.EXTRACTORS, text, context)


def cloned(text: str):
    return facts(clones.EXTRACTORS, text)


@pytest.mark.parametrize(
    ("command", "tool", "url"),
    [
        ("curl -fsSL https://h.org/a.zip", "curl", "https://h.org/a.zip"),
        ("curl --url https://h.org/a.zip -o /x", "curl", "https://h.org/a.zip"),
        ("curl -H 'A: https://no' -o b.zip https://h.org/a.zip", "curl", "https://h.org/a.zip"),
        ("wget -qO- https://h.org/a.zip", "wget", "https://h.org/a.zip"),
        ("wget -P /x --header 'A: b' https://h.org/a.zip", "wget", "https://h.org/a.zip"),
        ("aria2c -x 16 -d /x https://h.org/a.zip", "aria2c", "https://h.org/a.zip"),
        ("axel -n 8 https://h.org/a.zip", "axel", "https://h.org/a.zip"),
        ("aws s3 cp s3://bucket/a.zip /x/", "aws s3", "s3://bucket/a.zip"),
        ("gsutil -m cp -r gs://bucket/a.zip /x/", "gsutil", "gs://bucket/a.zip"),
        ("gcloud storage cp gs://bucket/a.zip /x/", "gcloud", "gs://bucket/a.zip"),
        ("gdown 1abc", "gdown", "https://drive.google.com/uc?id=1abc"),
        ("apt-key adv --fetch-keys https://h.org/a.pub", "apt-key", "https://h.org/a.pub"),
        ("rpm --import https://h.org/a.pub", "rpm", "https://h.org/a.pub"),
        ("sudo env A=b curl h.org/a.zip", "curl", "h.org/a.zip"),
    ],
)
def test_each_tool_that_downloads(command, tool, url):
    (fact,) = fetched(f"RUN {command}")
    assert (fact.tool, fact.url, fact.moment) == (tool, url, "build")
    assert url.endswith(fact.evidence[0].quote)


@pytest.mark.parametrize(
    "command",
    [
        "curl -f http://localhost:8000/health",
        "curl -X POST https://h.org/hook",
        "curl -d @data https://h.org/hook",
        "curl -I https://h.org",
        "curl -s https://h.org -o /dev/null",
        "wget --spider https://h.org",
        "aws s3 cp /x s3://bucket/a",
        "echo curl https://h.org",
        "curl --version",
    ],
)
def test_what_is_no_download(command):
    assert fetched(f"RUN {command}") == []


@pytest.mark.parametrize(
    ("command", "piped_to"),
    [
        ("curl https://h.org/i.sh | sh", "sh"),
        ("curl https://h.org/i.sh | sudo -E bash -", "bash"),
        ("curl https://h.org/i.sh | tee i.sh | bash -s -- -y", "bash"),
        ("curl https://h.org/i.sh |& bash", "bash"),
        ("wget -O - https://h.org/i.py | python3", "python3"),
        ("wget -O - https://h.org/i.py | python3.11 - --yes", "python3.11"),
        ("bash <(curl https://h.org/i.sh)", "bash"),
        ("source <(curl https://h.org/i.sh)", "source"),
        ('sh -c "$(curl https://h.org/i.sh)" -- -y', "sh"),
        ('eval "$(curl https://h.org/i.sh)"', "eval"),
        ("curl https://h.org/i.sh | FOO=1 sh", "sh"),
        ("curl https://h.org/a.json | python3 -m json.tool", ""),
        ("curl https://h.org/a.json | python3 -c 'import sys'", ""),
        ("curl https://h.org/a.txt | perl -ne print", ""),
        ("curl https://h.org/a.txt | bash read.sh", ""),
        ("curl https://h.org/a.tgz | tar xz", ""),
        ("V=$(curl https://h.org/version) && echo $V", ""),
    ],
)
def test_the_interpreter_that_runs_it(command, piped_to):
    (fact,) = fetched(f'SHELL ["/bin/bash", "-c"]\nRUN {command}')
    assert fact.piped_to == piped_to
    assert fact.executed or not piped_to


@pytest.mark.parametrize(
    ("check", "verified"),
    [
        (f'echo "{SUM}  a.zip" | sha256sum -c -', True),
        (f"echo '{SUM} *a.zip' | sha256sum --check --status", True),
        (f"printf '{SUM}  a.zip' | shasum -a 256 -c", True),
        ("sha512sum -c SHA512SUMS", True),
        (f"sha256sum -c <<< '{SUM}  a.zip'", True),
        (f'[ "$(sha256sum a.zip | cut -d\\  -f1)" = {SUM} ]', True),
        (f'test "$(sha256sum a.zip)" = "{SUM}  a.zip"', True),
        (f"sha256sum a.zip | grep -q {SUM}", True),
        (f"openssl dgst -sha256 a.zip | grep {SUM}", True),
        ("gpg --batch --verify a.zip.asc a.zip", True),
        ("cosign verify-blob --signature s a.zip", True),
        (f'echo "{SUM}  b.zip" | sha256sum -c -', False),
        ("sha256sum a.zip", False),
        ("md5sum -c a.md5", False),
        ("gpg --import key", False),
        ("echo sha256sum -c", False),
    ],
)
def test_what_counts_as_a_check(check, verified):
    (fact,) = fetched(f'SHELL ["/bin/bash", "-c"]\nRUN curl -LO https://h.org/a.zip && {check} && unzip a.zip')
    assert (fact.verified, fact.executed) == (verified, True)


def test_a_later_run_of_the_stage_counts_until_the_file_is_used():
    check, use = f'RUN echo "{SUM}  a.zip" | sha256sum -c -', "RUN unzip a.zip"
    (checked,) = fetched(f"RUN curl -LO https://h.org/a.zip\n{check}\n{use}")
    (late,) = fetched(f"RUN curl -LO https://h.org/a.zip\n{use}\n{check}")
    (elsewhere,) = fetched(f"RUN curl -LO https://h.org/a.zip\nFROM b\n{check}\n{use}")
    assert (checked.verified, checked.executed) == (True, True)
    assert (late.verified, late.executed) == (False, True)
    assert (elsewhere.verified, elsewhere.executed) == (False, False)


@pytest.mark.parametrize(
    ("use", "executed"),
    [
        ("tar xzf a.tgz", True),
        ("mkdir x && tar -C x -xzf ./a.tgz", True),
        ("bash a.tgz", True),
        ("./a.tgz", True),
        ("chmod +x a.tgz", True),
        ("mv a.tgz /usr/local/bin/a", True),
        ("dpkg -i *.tgz", True),
        ("ls a.tgz", False),
        ("cp a.tgz /data", False),
        ("tar xzf b.tgz", False),
    ],
)
def test_what_counts_as_use(use, executed):
    (fact,) = fetched(f"RUN wget https://h.org/a.tgz && {use}")
    assert fact.executed is executed


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", "model"), ("weights.pth", "model"), ("x.gguf", "model"), ("train.parquet", "model"),
        ("a.tar.gz", "archive"), ("a.zip", "archive"), ("install.sh", "script"), ("get-pip.py", "script"),
        ("a.whl", "package"), ("a.deb", "package"), ("Miniforge3-Linux-x86_64.sh", "installer"),
        ("cuda.run", "installer"),
        ("key.asc", "key"), ("SHA256SUMS", "other"), ("a.tar.gz.sha256", "other"), ("index.html", "other"),
        ("model.bin", "model"), ("a.bin", "other"),
    ],
)  # fmt: skip
def test_the_content_is_told_by_the_name(name, content):
    (fact,) = fetched(f"RUN curl -LO https://h.org/{name}")
    assert (fact.content, fact.file) == (content, name)


@pytest.mark.parametrize(
    ("url", "host", "encrypted", "mutable", "hub"),
    [
        ("https://huggingface.co/o/m/resolve/main/x.bin", "huggingface.co", True, True, "huggingface"),
        (f"https://huggingface.co/o/m/resolve/{COMMIT}/x.bin", "huggingface.co", True, False, "huggingface"),
        ("https://github.com/o/r/releases/latest/download/x", "github.com", True, True, "github"),
        ("https://github.com/o/r/releases/download/v1/x", "github.com", True, False, "github"),
        ("https://raw.githubusercontent.com/o/r/master/x.sh", "raw.githubusercontent.com", True, True, "github"),
        ("https://user:${TOKEN}@h.org:8443/x-latest.zip?a#b", "h.org", True, True, ""),
        ("https://h.org/main/models/base.pt", "h.org", True, False, ""),
        ("https://h.org/o/r/archive/main.tar.gz", "h.org", True, True, ""),
        ("https://h.org/whl/nightly/x.whl", "h.org", True, True, ""),
        ("http://H.org/translatest.zip", "h.org", False, False, ""),
        ("ftp://h.org/x", "h.org", False, False, ""),
        ("https://drive.google.com/uc?id=1", "drive.google.com", True, False, "google-drive"),
        ("https://${HOST}/x.zip", None, True, None, ""),
        ("$URL", None, None, None, ""),
    ],
)
def test_what_the_address_says(url, host, encrypted, mutable, hub):
    (fact,) = fetched(f'RUN curl -LO "{url}"')
    assert (fact.host, fact.encrypted, fact.mutable, fact.hub) == (host, encrypted, mutable, hub)
    assert fact.url == (None if url == "$URL" else url)


def test_add_is_a_download_with_or_without_checksum():
    text = f"ADD https://h.org/a.zip https://h.org/b.zip /x/\nADD --checksum=sha256:{SUM} https://h.org/c.zip /x/"
    assert [(fact.tool, fact.file, fact.verified) for fact in fetched(text)] == [
        ("ADD", "a.zip", False),
        ("ADD", "b.zip", False),
        ("ADD", "c.zip", True),
    ]


def test_a_download_in_a_script_of_the_context_is_found_there():
    (fact,) = fetched("COPY s.sh /s.sh\nCMD bash /s.sh", {"s.sh": b"set -e\nwget https://h.org/a.zip\n"})
    assert (fact.moment, fact.evidence[0].at.path, fact.evidence[0].at.span[:2]) == ("start", "s.sh", (2, 6))


@pytest.mark.parametrize(
    ("command", "reference", "commit", "tag"),
    [
        ("git clone https://h.org/a", "", False, False),
        ("git clone --depth 1 -b main https://h.org/a", "main", False, False),
        ("git clone -b v1.2.3 https://h.org/a", "v1.2.3", False, True),
        ("git clone --branch=release/2.4 https://h.org/a", "release/2.4", False, True),
        (f"git clone --revision={COMMIT} https://h.org/a", COMMIT, True, False),
        (f"git clone https://h.org/a && cd a && git checkout {COMMIT}", COMMIT, True, False),
        (f"git clone https://h.org/a && git -C a reset --hard {COMMIT}", COMMIT, True, False),
        (f"git clone https://h.org/a && cd a && git checkout -q {COMMIT} && git checkout -b x", COMMIT, True, False),
        ("git clone https://h.org/a && cd a && git checkout v2.0", "v2.0", False, True),
        ("git clone https://h.org/a && cd a && git checkout 0123abc", "0123abc", False, False),
        ("git clone -b $TAG https://h.org/a", "$TAG", None, None),
        ("git -c http.proxy=x clone https://h.org/a b", "", False, False),
        ("git lfs clone https://h.org/a", "", False, False),
    ],
)
def test_what_a_clone_ends_up_on(command, reference, commit, tag):
    (fact,) = cloned(f"RUN {command}")
    assert (fact.reference, fact.commit_pinned, fact.tag_pinned) == (reference, commit, tag)
    assert (fact.url, fact.host) == ("https://h.org/a", "h.org")


def test_of_several_clones_each_has_its_own_checkout():
    found = cloned(f"RUN git clone https://h.org/a && git clone https://h.org/b && git -C a checkout {COMMIT}")
    assert [fact.commit_pinned for fact in found] == [True, False]
    found = cloned(
        f"RUN git clone https://h.org/a && cd a && git checkout {COMMIT} && cd .. && git clone https://h.org/b"
    )
    assert [fact.commit_pinned for fact in found] == [True, False]


@pytest.mark.parametrize(
    ("command", "used"),
    [
        ("pip install ./a", True),
        ("cd a && make -j", True),
        ("a/build.sh", True),
        ("bash a/build.sh", True),
        ("cd a && python setup.py install", True),
        ("ls a", False),
        ("rm -rf a/.git", False),
    ],
)
def test_what_counts_as_using_a_clone(command, used):
    (fact,) = cloned(f"RUN git clone https://h.org/a && {command}")
    assert fact.used is used


@pytest.mark.parametrize(
    ("source", "reference", "commit", "host"),
    [
        ("https://h.org/o/a.git", "", False, "h.org"),
        ("https://h.org/o/a.git#main", "main", False, "h.org"),
        (f"https://h.org/o/a.git#{COMMIT}:sub", COMMIT, True, "h.org"),
        (f"https://h.org/o/a.git?branch=x&commit={COMMIT}", COMMIT, True, "h.org"),
        ("git@h.org:o/a.git#v1.0", "v1.0", False, "h.org"),
    ],
)
def test_add_of_a_repository_is_a_clone(source, reference, commit, host):
    (fact,) = cloned(f"ADD {source} /src")
    assert (fact.reference, fact.commit_pinned, fact.host) == (reference, commit, host)
    assert fetched(f"ADD {source} /src") == []


def test_a_local_clone_is_none_and_a_hub_clone_is_marked():
    assert cloned("RUN git clone /srv/a && git clone ./b && git clone file:///c") == []
    assert [fact.hub for fact in cloned("RUN git clone https://huggingface.co/o/m")] == [True]


@pytest.mark.parametrize(
    ("code", "tool", "verified"),
    [
        (
            "import torch\ntorch.hub.download_url_to_file('https://h/a.pth', 'a')",
            "torch.hub.download_url_to_file",
            False,
        ),
        (
            "import torch\ntorch.hub.download_url_to_file('https://h/a.pth', 'a', '5f2d')",
            "torch.hub.download_url_to_file",
            True,
        ),
        (
            "from torch.hub import load_state_dict_from_url as l\nl(url='https://h/a.pth', check_hash=True)",
            "torch.hub.load_state_dict_from_url",
            True,
        ),
        (
            "from torch.hub import load_state_dict_from_url as l\nl('https://h/a.pth', None, 'cpu')",
            "torch.hub.load_state_dict_from_url",
            False,
        ),
        ("import urllib.request as u\nu.urlretrieve('https://h/a.pth')", "urllib.request.urlretrieve", False),
    ],
)
def test_a_url_that_python_code_fetches(code, tool, verified):
    (fact,) = fetched("COPY a.py .\nRUN python a.py", {"a.py": code.encode()})
    assert (fact.tool, fact.url, fact.content, fact.verified) == (tool, "https://h/a.pth", "model", verified)


@pytest.mark.parametrize(
    "code", ["import torch\ntorch.hub.download_url_to_file(URL, 'a')", "urlretrieve(", "urlretrieve()"]
)
def test_python_code_that_names_no_url(code):
    assert fetched("COPY a.py .\nRUN python a.py", {"a.py": code.encode()}) == []


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("git clone https://u:$T@h/a", True),
        ("git clone https://$T@h/a /src && pip install /src", True),
        ("git clone https://u:$T@h/a && rm -rf a/.git", False),
        ("git clone https://u:$T@h/a /src && rm -rf /src", False),
        ("git clone https://h/$T", False),
        ("git clone git@h:a/$T", False),
        ("git clone https://h/a@$T", False),
    ],
)
def test_a_clone_keeps_the_credential_of_its_url(command, kept):
    (fact,) = cloned(f"RUN {command}")
    assert fact.credential_kept is kept
    (mounted,) = cloned(f"RUN --mount=type=secret,id=t,env=T {command}")
    assert not mounted.credential_kept

"""Checks that are switched off."""

from __future__ import annotations

import pytest

from scanner.extractors import verification
from scanner.sources import dockerfile


def off(text: str):
    target = dockerfile.read(f"FROM python:3.12\n{text}\n", context={})
    return [
        fact for item in target.items() for e in verification.EXTRACTORS if e.wants(item) for fact in e.extract(item)
    ]


@pytest.mark.parametrize(
    ("text", "tool", "check", "how", "lasting"),
    [
        ("RUN curl -k https://h", "curl", "tls", "-k", False),
        ("RUN curl -fsSLk https://h", "curl", "tls", "-k", False),
        ("RUN curl -kfsSL https://h -o x", "curl", "tls", "-k", False),
        ("RUN curl --insecure https://h", "curl", "tls", "--insecure", False),
        ("RUN wget --no-check-certificate https://h", "wget", "tls", "--no-check-certificate", False),
        ("RUN aria2c --check-certificate=false https://h", "aria2c", "tls", "--check-certificate=false", False),
        ("RUN pip install --trusted-host h x", "pip", "tls", "--trusted-host h", False),
        ("RUN python3 -m pip install --trusted-host=h x", "pip", "tls", "--trusted-host=h", False),
        ("RUN uv sync --allow-insecure-host h", "uv", "tls", "--allow-insecure-host h", False),
        ("RUN pip config set global.trusted-host h", "pip", "tls", "trusted-host h", True),
        ("RUN conda config --set ssl_verify no", "conda", "tls", "ssl_verify no", True),
        ("RUN conda install -k x", "conda", "tls", "-k", False),
        ("RUN git -c http.sslVerify=false clone x", "git", "tls", "-c http.sslVerify=false", False),
        ("RUN git config --global http.sslVerify false", "git", "tls", "http.sslVerify false", True),
        ("RUN npm set strict-ssl false", "npm", "tls", "strict-ssl false", True),
        ("RUN yarn config set strict-ssl false", "yarn", "tls", "strict-ssl false", True),
        ("RUN npm ci --strict-ssl=false", "npm", "tls", "--strict-ssl=false", False),
        ("RUN aws --no-verify-ssl s3 ls", "aws", "tls", "--no-verify-ssl", False),
        (
            "RUN apt-get -o Acquire::https::Verify-Peer=false update",
            "apt-get",
            "tls",
            "Acquire::https::Verify-Peer=false",
            False,
        ),
        ("RUN dnf --setopt=sslverify=0 install x", "dnf", "tls", "--setopt=sslverify=0", False),
        ("ENV PYTHONHTTPSVERIFY=0", "python", "tls", "PYTHONHTTPSVERIFY=0", True),
        ("ENV REQUESTS_CA_BUNDLE=''", "python", "tls", 'REQUESTS_CA_BUNDLE=""', True),
        ("ENV NODE_TLS_REJECT_UNAUTHORIZED 0", "node", "tls", "NODE_TLS_REJECT_UNAUTHORIZED=0", True),
        ("ENV npm_config_strict_ssl=false", "npm", "tls", "npm_config_strict_ssl=false", True),
        ("ARG GIT_SSL_NO_VERIFY=true", "git", "tls", "GIT_SSL_NO_VERIFY=true", False),
        ("RUN GIT_SSL_NO_VERIFY=1 git clone x", "git", "tls", "GIT_SSL_NO_VERIFY=1", False),
        ("RUN export GIT_SSL_NO_VERIFY=1; git clone x", "git", "tls", "GIT_SSL_NO_VERIFY=1", False),
        ("RUN env GIT_SSL_NO_VERIFY=1 git clone x", "git", "tls", "GIT_SSL_NO_VERIFY=1", False),
        ("RUN echo check_certificate=off > ~/.wgetrc", "wget", "tls", "check_certificate=off", True),
        ("RUN echo 'ssl_verify: false' > ~/.condarc", "conda", "tls", "ssl_verify: false", True),
        ("RUN apt-get install --allow-unauthenticated x", "apt-get", "signature", "--allow-unauthenticated", False),
        ("RUN apt-get install -y --force-yes x", "apt-get", "signature", "--force-yes", False),
        ("RUN echo 'deb [trusted=yes] https://h x y' > /a", "apt-get", "signature", "[trusted=yes]", True),
        (
            "RUN echo 'deb [arch=amd64 trusted=yes] https://h x y' | tee /a",
            "apt-get",
            "signature",
            "[arch=amd64 trusted=yes]",
            True,
        ),
        ("RUN apk add --allow-untrusted x", "apk", "signature", "--allow-untrusted", False),
        ("RUN yum install --nogpgcheck x", "yum", "signature", "--nogpgcheck", False),
        ("RUN sed -i s/gpgcheck=1/gpgcheck=0/ /etc/yum.conf", "yum", "signature", "gpgcheck=0", True),
        ("RUN rpm -i --nodigest x", "rpm", "signature", "--nodigest", False),
        ("RUN zypper --no-gpg-checks in x", "zypper", "signature", "--no-gpg-checks", False),
        ("ENV GOSUMDB=off", "go", "signature", "GOSUMDB=off", True),
        ("RUN ssh -o StrictHostKeyChecking=no h", "ssh", "host-key", "StrictHostKeyChecking=no", False),
        (
            "RUN echo 'StrictHostKeyChecking no' >> /etc/ssh/ssh_config",
            "ssh",
            "host-key",
            "StrictHostKeyChecking no",
            True,
        ),
        ('ENV GIT_SSH_COMMAND="ssh -o StrictHostKeyChecking=no"', "git", "host-key", "StrictHostKeyChecking=no", True),
        ("COPY <<EOF /etc/yum.repos.d/a.repo\ngpgcheck=0\nEOF", "yum", "signature", "gpgcheck=0", True),
        ("RUN cat <<EOF > /etc/yum.conf\nsslverify=0\nEOF", "yum", "tls", "sslverify=0", True),
    ],
)
def test_each_switch(text, tool, check, how, lasting):
    (fact,) = off(text)
    assert (fact.tool, fact.check, fact.how, fact.lasting) == (tool, check, how, lasting)


@pytest.mark.parametrize(
    "text",
    [
        "RUN curl -fsSL -o k https://h",
        "RUN curl -ok https://h",
        "RUN curl --cacert k https://h",
        "RUN echo curl -k https://h",
        "RUN git config --global http.sslVerify true",
        "RUN npm config set strict-ssl true",
        "RUN conda config --set ssl_verify true",
        "RUN pip install trusted-host",
        "ENV PYTHONHTTPSVERIFY=1 GIT_SSL_NO_VERIFY=0 CURL_CA_BUNDLE=/etc/ssl/ca.crt NODE_TLS_REJECT_UNAUTHORIZED=1",
        "ENV GIT_SSL_NO_VERIFY=$X",
        "RUN echo 'deb [signed-by=/k] https://h x y' > /a",
        "RUN echo 'repo_gpgcheck=0' > /a",
        "RUN echo 'StrictHostKeyChecking accept-new' >> /etc/ssh/ssh_config",
        "RUN apt-get install -y curl",
    ],
)
def test_what_switches_nothing_off(text):
    assert off(text) == []


def test_hosts_and_this_machine():
    found = off('ENV PIP_TRUSTED_HOST="a.org localhost:8080"\nRUN curl -k https://127.0.0.1/x')
    assert [(fact.host, fact.local) for fact in found] == [
        ("a.org", False),
        ("localhost:8080", True),
        ("localhost", True),
    ]


def test_the_place_is_the_switch_itself():
    (fact,) = off("RUN apt-get update && \\\n    curl -fsSLk https://h")
    assert fact.evidence[0].at.span == (3, 10, 3, 15)
    assert fact.evidence[0].quote == "-fsSLk"

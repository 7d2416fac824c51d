"""Credentials in text."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.parsers import secrets
from tests.made_secrets import made

LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def made_up(length: int, alphabet: str = LETTERS, seed: int = 1) -> str:
    """A value that looks made by a machine, and is the same in each run."""
    chosen = random.Random(seed)
    return "".join(chosen.choice(alphabet) for _ in range(length))


HEX = "0123456789abcdef"
TOKENS = {
    name: made(name).value
    for name in (
        "hugging-face-token", "openai-key", "anthropic-key", "openrouter-key", "elevenlabs-key", "wandb-key", "nvidia-key",
        "replicate-token", "groq-key", "google-api-key", "langsmith-key", "langfuse-secret-key", "pinecone-key", "xai-key",
        "perplexity-key", "databricks-token", "bedrock-key", "together-key", "kaggle-token", "aws-access-key",
        "github-token", "gitlab-token", "slack-token", "stripe-key", "docker-token", "npm-token", "pypi-token",
        "sendgrid-key", "digitalocean-token", "jwt",
    )
}  # fmt: skip


def values(text: str) -> list[str]:
    return [text[found.start : found.end] for found in secrets.find(text)]


def masked(text: str) -> str:
    return secrets.mask(text, secrets.find(text))


@pytest.mark.parametrize("detector", TOKENS)
def test_a_provider_is_told_by_the_format_of_its_token(detector):
    token = TOKENS[detector]
    for text in (f"# see {token}", f'RUN x "{token}"', f"ENV A={token}", f"https://h/?t={token}&x=1", token):
        (found,) = secrets.find(text)
        assert (text[found.start : found.end], found.detector) == (token, detector)


@pytest.mark.parametrize("detector", TOKENS)
def test_a_token_inside_a_longer_word_is_none(detector):
    token = TOKENS[detector]
    assert not [f for f in secrets.find(f"RUN x a{token}") if f.detector == detector]


@pytest.mark.parametrize(
    "value",
    [
        "hf" + "_" + "x" * 34,
        "hf" + "_" + "a" * 34,
        "hf" + "_" + "ab" * 17,
        "hf" + "_" + "YourTokenGoesHereAbcdefghijklmnopq"[:34],
        "AKIA" + "IOSFODNN7" + "EXAMPLE",
    ],
)
def test_a_placeholder_of_a_known_format_is_none(value):
    assert values(f"RUN use {value}") == []


@pytest.mark.parametrize(
    ("text", "value", "name"),
    [
        ("ENV DB_PASSWORD=hunter2 A=b", "hunter2", "DB_PASSWORD"),
        ("ENV DB_PASSWORD hunter2", "hunter2", "DB_PASSWORD"),
        ('ENV DB_PASSWORD="hunter2"', "hunter2", "DB_PASSWORD"),
        ("ENV db_password='hunter2'", "hunter2", "db_password"),
        ("ENV DB_PASSWORD='hun$ter2'", "hun$ter2", "DB_PASSWORD"),
        ("ARG MYSQL_ROOT_PASSWORD=123456", "123456", "MYSQL_ROOT_PASSWORD"),
        ("ENV MINIO_ROOT_PASSWORD minioadmin", "minioadmin", "MINIO_ROOT_PASSWORD"),
        ("ENV LITELLM_MASTER_KEY=sk-1234", "sk-1234", "LITELLM_MASTER_KEY"),
        ("RUN export API_KEY=abc123 && x", "abc123", "API_KEY"),
        ("RUN x --password hunter2 y", "hunter2", "--password"),
        ("RUN x --password=hunter2", "hunter2", "--password"),
        ('CMD ["x", "--api-key", "tok-fgh987"]', "tok-fgh987", "--api-key"),
        ('CMD ["x", "--api-key=tok-fgh987"]', "tok-fgh987", "--api-key"),
        ("CMD x --ServerApp.token=letmein", "letmein", "--ServerApp.token"),
        ("RUN python -c \"login(token='abc123def')\"", "abc123def", "token"),
        ('LABEL secret="abc123def456"', "abc123def456", "secret"),
        ("RUN echo root:root | chpasswd", "root", "chpasswd"),
        ("RUN echo 'root:toor' | sudo chpasswd", "toor", "chpasswd"),
        ('RUN echo "secret1" | passwd --stdin root', "secret1", "passwd"),
        ("RUN git clone https://me:pa55word@h.org/x", "pa55word", "URL"),
        ("RUN git clone https://3f9a1c5e7b2d4860a9c1@h.org/x", "3f9a1c5e7b2d4860a9c1", "URL"),
        ("RUN docker login -u me -p pa55word h.org", "pa55word", "login -p"),
        ("RUN curl -u me:pa55word https://h.org", "pa55word", "curl --user"),
        ('RUN curl -H "Authorization: Bearer pa55word" h', "pa55word", "Authorization"),
        ("RUN sshpass -p pa55word ssh h", "pa55word", "sshpass -p"),
        ("RUN mysql -uroot -ppa55word", "pa55word", "mysql -p"),
        ("RUN useradd -m -p pa55word app", "pa55word", "useradd -p"),
        ("RUN htpasswd -bc /f me pa55word", "pa55word", "htpasswd"),
        ('RUN echo "machine h login me password pa55word" > ~/.netrc', "pa55word", "password"),
        ("RUN npm config set //h.org/:_authToken abc123def456", "abc123def456", "_authToken"),
    ],
)
def test_a_value_is_told_by_the_name_or_command_beside_it(text, value, name):
    (found,) = secrets.find(text)
    assert (text[found.start : found.end], found.name, found.provider) == (value, name, "")


@pytest.mark.parametrize(
    "text",
    [
        "ENV API_KEY=",
        'ENV API_KEY=""',
        "ENV API_KEY=$API_KEY",
        "ENV API_KEY=${API_KEY:-}",
        "ENV API_KEY=<your key>",
        "ENV API_KEY=your-key-here",
        "ENV DB_PASSWORD=changeme",
        "ENV API_KEY=xxxxxxxx",
        "ENV API_KEY=EMPTY",
        "ENV API_KEY=none",
        "ENV API_TOKEN=aaaaaaaa",
        "ENV TOKENIZERS_PARALLELISM=false",
        "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "ENV SSH_KEY_PATH=/root/.ssh/id_rsa",
        "ENV SECRET_KEY=/run/secrets/key",
        "ENV AUTH_TOKEN=./token.txt",
        "ENV TOKEN_URL=https://h.org/token",
        "ENV API_TOKEN=https://h.org/token",
        "ENV MYSQL_ALLOW_EMPTY_PASSWORD=yes",
        "ENV DB_PASSWORD_FILE=/run/secrets/db",
        "ENV AUTH_MODULE_VERSION=1.2.3",
        "ENV MAX_TOKENS=4096",
        "ENV API_TOKEN=4096",
        "RUN x --token $HF_TOKEN --secret id=hf",
        "RUN x --token $(cat /run/secrets/hf)",
        "RUN x --token --verbose",
        "RUN --mount=type=secret,id=hf_token,env=HF_TOKEN x",
        "RUN apt-key adv --recv-keys 3FEF9748469ADBE15DA7CA80AC2D62742012EA22",
        "RUN python -c \"f(token=tok, pad_token='<pad>', max_tokens=12, key=lambda x: x)\"",
        "RUN python -c \"f(token=os.environ['X'], password=get_password())\"",
        'CMD ["x", "--NotebookApp.token=", "--port=80"]',
        "CMD x --NotebookApp.token='' --ServerApp.password=''",
        "RUN git clone https://${USER}:${TOKEN}@h.org/x https://git@h.org/y",
        "# docker run -e POSTGRES_PASSWORD=mysecretpassword x",
        "# token: see the documentation",
        "RUN echo 'the secret is out' && cat secret.txt",
        "ENV GOOGLE_APPLICATION_CREDENTIALS=/app/key.json",
    ],
)
def test_what_only_stands_in_for_a_credential_is_none(text):
    assert values(text) == []


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("HF_TOKEN", "hugging-face"),
        ("HUGGING_FACE_HUB_TOKEN", "hugging-face"),
        ("HUGGINGFACEHUB_API_TOKEN", "hugging-face"),
        ("OPENAI_API_KEY", "openai"),
        ("AZURE_OPENAI_API_KEY", "azure-openai"),
        ("WANDB_API_KEY", "wandb"),
        ("NGC_CLI_API_KEY", "nvidia"),
        ("GEMINI_API_KEY", "google"),
        ("CO_API_KEY", "cohere"),
        ("LANGCHAIN_API_KEY", "langsmith"),
        ("KAGGLE_KEY", "kaggle"),
        ("REPLICATE_API_TOKEN", "replicate"),
        ("GITHUB_TOKEN", ""),
        ("HF_HOME", ""),
        ("OPENAI_API_BASE", ""),
    ],
)
def test_the_ai_service_is_told_by_the_name(name, provider):
    assert secrets.ai_provider(name) == provider


@pytest.mark.parametrize(
    "name",
    [
        "HF_TOKEN", "DB_PASSWORD", "password", "--db-password", "API_KEY", "apiKey", "APIKEY", "AWS_SECRET_ACCESS_KEY",
        "SECRET_KEY_BASE", "GITHUB_PAT", "DB_PASS", "DB_PWD", "SSH_PRIVATE_KEY", "GITHUB_TOKEN_PROD", "TOKEN_2",
        "_authToken", "POSTGRES_PASSWORD", "CLIENT_SECRET", "OPENAI_KEY",
    ],
)  # fmt: skip
def test_names_of_credentials(name):
    assert secrets.is_credential(name)


@pytest.mark.parametrize(
    "name",
    [
        "TOKENIZERS_PARALLELISM", "GPG_KEY", "PUBLIC_KEY", "KEYRING", "SSH_KEY_PATH", "TOKEN_FILE", "TOKEN_URL", "KEY",
        "AWS_ACCESS_KEY_ID", "PWD", "OLDPWD", "COMPASS", "BYPASS", "MAX_TOKENS", "PAD_TOKEN", "CACHE_KEY", "PATH",
        "AUTH_MODULE_VERSION", "NGINX_GPGKEY", "MYSQL_RANDOM_ROOT_PASSWORD", "PASSWORD_HASH", "SECRET_NAME", "",
    ],
)  # fmt: skip
def test_names_about_credentials_are_not_names_of_credentials(name):
    assert not secrets.is_credential(name)


def test_a_name_and_a_format_together_name_the_provider():
    text = f"ENV WANDB_API_KEY={made_up(40, HEX)}"
    assert [(found.provider, found.name) for found in secrets.find(text)] == [("wandb", "WANDB_API_KEY")]


def test_a_token_that_a_continuation_splits_is_found_whole():
    token = TOKENS["hugging-face-token"]
    text = f"ENV HF_TOKEN={token[:12]}\\\n{token[12:]}\nRUN ls"
    (found,) = secrets.find(text)
    assert text[found.start : found.end] == f"{token[:12]}\\\n{token[12:]}"
    assert found.provider == "hugging-face"
    assert masked(text) == "ENV HF_TOKEN=hf_" + token[3] + "*" * 8 + "\\\n" + "*" * (len(token) - 12) + "\nRUN ls"


def test_a_private_key_is_masked_whole_and_its_lines_stay():
    body = "\n".join(made_up(64, seed=n) for n in range(5))
    text = "-----BEGIN RSA PRIVATE" + f" KEY-----\n{body}\n-----END RSA PRIVATE" + " KEY-----\n"
    shown = masked(text)
    assert not set(shown.splitlines()[1]) - {"*"}
    assert shown.count("\n") == text.count("\n")
    assert [found.provider for found in secrets.find(text)] == ["private-key"]


def test_a_quarter_of_the_value_stays_and_four_characters_at_most():
    assert masked("ENV DB_PASSWORD=abc") == "ENV DB_PASSWORD=***"
    assert masked("ENV DB_PASSWORD=root") == "ENV DB_PASSWORD=r***"
    assert masked("ENV DB_PASSWORD=ghijklmn1") == "ENV DB_PASSWORD=gh*******"
    assert masked(f"ENV DB_PASSWORD={made_up(40)}").count("*") == 36


TEXT = st.text(alphabet="aA1-_=:/@.$ \"'\\\n|#{}<>,%", max_size=40)
PIECES = st.one_of(
    TEXT,
    st.sampled_from(
        [*TOKENS.values(), "PASSWORD=", "ENV API_KEY ", "--token ", "https://a:", "@h", "hunter2x", " | chpasswd",
         "echo r:", "Authorization: Bearer ", "-----BEGIN PRIVATE KEY-----", "-----END", "curl -u a:", "\\\n", '"',
         "\\u0041", "\\n"]
    ),
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_masking_keeps_length_lines_quotes_and_hides_each_value(text):
    found = secrets.find(text)
    shown = secrets.mask(text, found)
    assert len(shown) == len(text)
    for char in "\"'\\\n\r \t`":
        assert [i for i, c in enumerate(text) if c == char] == [i for i, c in enumerate(shown) if c == char]
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    for one in found:
        value, visible = text[one.start : one.end], shown[one.start : one.end]
        hidden = sum(a != b or a == "*" for a, b in zip(value, visible, strict=True))
        kept = sum(c in "\"'\\\n\r \t`" for c in value)
        assert hidden >= (len(value) - kept) // 2


@given(st.text(max_size=60))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_no_text_makes_it_fail(text):
    assert len(masked(text)) == len(text)


@pytest.mark.parametrize(
    "piece",
    [
        "a", "token", "password=", "\\\n", "://", "curl -u ", "-----BEGIN PRIVATE KEY-----", "eyJ", "user -p ", "://a:",
        "docker login ", "=token ", "ENV A=\\\n", "mysql ", "echo a:", "sk-", "'token':", "İtoken=", "useradd ",
        "login ", "machine a login b ", "_pat",
    ],
)  # fmt: skip
def test_time_is_linear(piece):
    """Eight times the text takes less than twenty-four times as long (it is 64 times for a quadratic pattern)."""

    def cost(size: int) -> float:
        text = piece * (size // len(piece))
        begin = time.process_time()
        secrets.find(text)
        return time.process_time() - begin

    small = min(cost(4_000) for _ in range(3))
    assert min(cost(32_000) for _ in range(3)) < max(24 * small, 0.02)

"""Chat templates are parsed, and what reaches beyond text is told; what templates of well-known models do is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.parsers.models import templates
from scanner.parsers.models.limits import MAX_TEMPLATE


def found(text: str) -> list[str]:
    return [reach.kind for reach in templates.find(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "attribute"),
        ("{{ messages.__class__ }}", "attribute"),
        ("{{ messages['__class__'] }}", "attribute"),
        ("{{ lipsum.func_globals }}", "attribute"),
        ("{{ self._TemplateReference__context }}", "attribute"),
        ("{% set x = ''['__cla' ~ 'ss__'] %}", "attribute"),
        ("{{ x['__CLASS__'|lower] }}", "attribute"),
        ("{% set k = ['__cl', 'ass__']|join %}", "built"),
        ("{{ messages|attr('__class__') }}", "filter"),
        ("{{ messages|attr(x) }}", "filter"),
        ("{{ messages|map(attribute='__class__')|list }}", "filter"),
        ("{{ messages|map('attr', '__class__') }}", "filter"),
        ("{{ '%c%c' | format(95, 95) }}", "built"),
        ("{{ '{0.__class__}'.format(x) }}", "format"),
        ("{{ y.format(x) }}", "format"),
        ("{% include '/etc/passwd' %}", "import"),
        ("{% import 'x' as y %}", "import"),
        ("{{ 'see https://evil.example/x' }}", "url"),
        ("a\u202eb", "invisible"),
        ("{{ '" + "QUJDREVG" * 10 + "1A==' }}", "encoded"),
        ("{{ broken.__class__ ", "unparsed"),
        ("{{ broken.__class__ ", "attribute"),
    ],
)
def test_what_reaches_beyond_text_is_told(text: str, kind: str) -> None:
    """In all the ways that such templates have been seen with."""
    assert kind in found(text)


PLAIN = """{%- if tools is defined %}{{- '<|tools|>' + (tools | tojson(indent=2)) }}{%- endif %}
{%- set ns = namespace(first=true, text='') -%}{%- set date = strftime_now('%d %b %Y') %}
{%- for message in messages %}
  {%- if message.role == 'system' and loop.first %}{{ bos_token + message['content'] | trim }}
  {%- elif (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}
  {%- elif message.role == 'assistant' %}{% generation %}{{ message.content.split('</think>')[-1] }}{% endgeneration %}
  {%- else %}{% continue %}{%- endif %}
  {%- set ns.first = false %}{%- if not loop.last and loop.previtem %}{{ '\\n' }}{% endif %}
  {%- for key, value in message.items() %}{{ key ~ ': ' ~ value }}{% endfor %}
{%- endfor %}{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ '%02d' | format(3) }}
{%- macro render(x) %}{{ x.__doc }}{{ x[1:] }}{% endmacro %}{{ render(messages) }}{{ "{:>3}".format(1) }}"""


def test_what_templates_of_known_models_do_is_not_told() -> None:
    """Loops, namespaces, macros, dates, tools, what transformers adds."""
    assert templates.find(PLAIN) == ()


def test_places_are_lines() -> None:
    """As a person counts them."""
    assert [reach.line for reach in templates.find("a\nb\n{{ x.__class__ }}\n{{ y.__class__ }}")] == [3, 4]


def test_long_and_deep_templates_are_bounded() -> None:
    """Each limit is told, in bounded time."""
    start = time.process_time()
    assert "limit" in found("x" * (MAX_TEMPLATE + 1))
    for text in ("{{" + "(" * 10_000, "{{ a" + ".b" * 10_000 + " }}", "{{ a" + "~'b'" * 5_000 + " }}", "{{ a" + "+'b'" * 10_000 + " }}", "{{ 'a'" + "|format" * 10_000 + " }}",
                 "{{ 'a'" + "|lower" * 10_000 + " }}", "{{ '{" + ".a" * 20_000 + "'.format() }}", "{% if a %}" * 20_000,
                 "{{ 9**9**9**9**9 }}", "{{ " + "9" * 10_000 + " }}", "{{ [" + "1," * 10_000 + "] }}"):  # fmt: skip
        templates.find(text)
    assert time.process_time() - start < 30


@given(st.text(alphabet="{}%_.|'\"()[]~+ acfilorst0\n", max_size=120))
def test_no_text_does_harm(text: str) -> None:
    """What is found is short and can be printed."""
    for reach in templates.find(text):
        assert reach.words.isprintable()
        assert reach.line >= 1

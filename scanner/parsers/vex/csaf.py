"""CSAF, profile VEX. Format: https://docs.oasis-open.org/csaf/csaf/v2.0/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.parsers.json_text import Object
from scanner.parsers.vex.statement import Product, Statement, Status, digest, objects, reason, word, words, wrong

MAX_DEPTH = 30
"""Branches within branches of the product tree."""
MAX_PRODUCTS = 200_000

_STATUSES: Mapping[str, Status] = {
    "known_not_affected": "not_affected",
    "fixed": "fixed",
    "first_fixed": "fixed",
    "known_affected": "affected",
    "first_affected": "affected",
    "last_affected": "affected",
    "under_investigation": "under_investigation",
}


def fits(document: Object) -> bool:
    """Whether it is one that this module reads."""
    about = document.get("document")
    return "vulnerabilities" in document.lists and isinstance(about, dict) and "csaf_version" in about


def read(text: str, document: Object) -> Iterator[Statement]:
    """A statement for each status of each vulnerability. Raises ValueError for a product tree that is too deep."""
    about = document.get("document")
    tracking = about.get("tracking") if isinstance(about, dict) else None
    time = word(tracking.get("current_release_date")) if isinstance(tracking, dict) else ""
    products = _products(document.get("product_tree"))
    for entry in document.entries("vulnerabilities"):
        said = entry.value
        if not isinstance(said, dict):
            raise wrong(text, entry, "a vulnerability that is no object")
        ids = tuple(
            filter(None, (word(said.get("cve")), *(word(each.get("text")) for each in objects(said.get("ids")))))
        )
        if not ids:
            raise wrong(text, entry, "a vulnerability without cve and ids")
        status = said.get("product_status")
        for key, names in status.items() if isinstance(status, dict) else ():
            if key in _STATUSES:
                made = Statement(ids=ids, status=_STATUSES[key], products=(), reason="", time=time, start=entry.start)
                yield from _grouped(made, said, words(names), products)


def _grouped(
    made: Statement, said: Mapping[str, Any], names: Iterable[str], products: Mapping[str, Product]
) -> Iterator[Statement]:
    """One statement for all products that have the same reason."""
    flags = [(each.get("label"), frozenset(words(each.get("product_ids")))) for each in objects(said.get("flags"))]
    impacts = [
        (each.get("details"), frozenset(words(each.get("product_ids"))))
        for each in objects(said.get("threats"))
        if each.get("category") == "impact"
    ]
    groups: dict[str, list[Product]] = {}
    for name in names:
        why = reason(*(text for text, about in (*flags, *impacts) if not about or name in about))
        groups.setdefault(why, []).append(products.get(name) or Product(names=frozenset((name,))))
    for why, same in groups.items():
        yield made.replace(products=tuple(same), reason=why)


def _products(tree: Any) -> Mapping[str, Product]:
    """What each product id stands for; a component of another product is a part of it."""
    found: dict[str, Product] = {}
    if not isinstance(tree, dict):
        return found
    for each in _named(tree, 0):
        if len(found) == MAX_PRODUCTS:
            raise ValueError(f"more than {MAX_PRODUCTS:,} products")
        found[word(each.get("product_id"))] = Product(names=_names(each))
    for each in objects(tree.get("relationships")):
        inner, outer = (
            found.get(word(each.get("product_reference"))),
            found.get(word(each.get("relates_to_product_reference"))),
        )
        named = each.get("full_product_name")
        if inner and outer and isinstance(named, dict):
            found[word(named.get("product_id"))] = Product(names=outer.names, parts=(inner.names,))
    return found


def _named(tree: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > MAX_DEPTH:
        raise ValueError(f"branches of the product tree more than {MAX_DEPTH} deep in one another")
    yield from objects(tree.get("full_product_names"))
    if isinstance(tree.get("product"), dict):
        yield tree["product"]
    for branch in objects(tree.get("branches")):
        yield from _named(branch, depth + 1)


def _names(product: Mapping[str, Any]) -> frozenset[str]:
    found = [word(product.get("product_id")), word(product.get("name"))]
    helper = product.get("product_identification_helper")
    if isinstance(helper, dict):
        found += (word(helper.get("purl")), *words(helper.get("purls")), word(helper.get("cpe")))
        for each in objects(helper.get("hashes")):
            hashes = objects(each.get("file_hashes"))
            found += (digest(word(one.get("algorithm")), word(one.get("value"))) for one in hashes)
    return frozenset(filter(None, found))

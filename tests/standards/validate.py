"""Holds exports to the published standards: CPSV-AP by its SHACL shapes, HSDS by its JSON Schema."""

import json
import sys
from pathlib import Path

import jsonschema
import pyshacl
import rdflib


def graph(path: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(path, format="json-ld")


def cpsv(exports: Path, standards: Path) -> list[str]:
    data = graph(exports / "items.jsonld")
    services = set(data.subjects(rdflib.RDF.type, rdflib.URIRef("http://purl.org/vocab/cpsv#PublicService")))
    count = data.value(None, rdflib.URIRef("http://rdfs.org/ns/void#entities"))
    ends = list(data.objects(None, rdflib.URIRef("http://rdfs.org/ns/void#entities")))
    if len(ends) != 1 or int(ends[0]) != len(services) or not services:
        return [f"{len(services)} services, but the end says {count}"]
    shapes = rdflib.Graph().parse(standards / "cpsv-ap" / "cpsv-ap-SHACL.ttl", format="turtle")
    conforms, _, text = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False)
    return [] if conforms else [text[:4000]]


def hsds(exports: Path, standards: Path) -> list[str]:
    schema = json.loads((standards / "hsds" / "service.json").read_text())
    listed = json.loads((standards / "hsds" / "service_list.json").read_text())
    document = json.loads((exports / "hsds.json").read_text())
    if document["total_items"] != len(document["contents"]) or not document["contents"]:
        return ["total_items is not the number of services"]
    checks = [jsonschema.Draft202012Validator(s, format_checker=jsonschema.FormatChecker()) for s in (schema, listed)]
    found = []
    for service in document["contents"]:
        for check in checks:
            found += [f"{service['name']}: {e.json_path}: {e.message[:200]}" for e in check.iter_errors(service)]
    return found[:20]


def catalogue(exports: Path, _: Path) -> list[str]:
    data = graph(exports / "catalog.jsonld")
    dcat = rdflib.Namespace("http://www.w3.org/ns/dcat#")
    catalogues = list(data.subjects(rdflib.RDF.type, dcat.Catalog))
    datasets = list(data.subjects(rdflib.RDF.type, dcat.Dataset))
    files = list(data.subject_objects(dcat.downloadURL))
    return [] if len(catalogues) == 1 and len(datasets) == 7 and len(files) >= 28 else ["the catalogue is incomplete"]


def main() -> int:
    exports, standards = map(Path, sys.argv[1:3])
    faults = {check.__name__: check(exports, standards) for check in (cpsv, hsds, catalogue)}
    for name, found in faults.items():
        print(f"{name}: {'ok' if not found else chr(10).join(found)}")
    return 1 if any(faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

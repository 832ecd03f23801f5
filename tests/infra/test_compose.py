"""docker-compose.yml, without Docker: well-formed, and true of the code."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import jsonschema
import pytest
import yaml

from streams.cli.main import weir
from streams.settings import PREFIX, Settings, load_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("weir:")}
# From the Compose specification, Apache-2.0: github.com/compose-spec/compose-go v2.9.0, schema/compose-spec.json.
SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text())


def published() -> list[tuple[str, str, int, int]]:
    """(service, host address, host port, container port) of every published port."""
    found = []
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            address, outside, inside = port.split(":")
            found.append((name, address, int(outside), int(inside)))
    return found


def test_it_is_what_the_compose_specification_allows() -> None:
    jsonschema.Draft7Validator(SCHEMA).validate(COMPOSE)


def test_the_schema_is_a_real_check() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate({"services": {"a": {"prots": ["1:1"]}}})


def test_every_port_is_published_on_the_loopback_only_and_once() -> None:
    assert {address for _, address, _, _ in published()} == {"127.0.0.1"}
    ports = [port for _, _, port, _ in published()]
    assert len(ports) == len(set(ports))


def test_the_published_ports_are_the_defaults_of_the_settings() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    ports = {name: port for name, _, port, _ in published()}
    assert defaults["kafka"] == f"127.0.0.1:{ports['kafka']}"
    assert defaults["redis"] == f"redis://127.0.0.1:{ports['redis']}/0"
    assert defaults["elasticsearch"] == f"http://127.0.0.1:{ports['elasticsearch']}"
    for name in ("worker", "learner", "indexer", "enforcer"):
        assert defaults[f"{name}_port"] == ports[name]


def test_our_processes_listen_where_the_image_says() -> None:
    exposed = int(re.findall(r"^EXPOSE (\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0])
    assert {inside for name, _, _, inside in published() if name in OURS} == {exposed}


def test_every_process_of_weir_is_a_command_that_exists() -> None:
    context = click.Context(weir)
    assert set(OURS) == {"topics", "worker", "learner", "indexer", "enforcer"}
    for service in OURS.values():
        command: click.Command | None = weir
        for word in service["command"]:
            assert isinstance(command, click.Group)
            command = command.get_command(context, word)
            assert command is not None, f"`weir {' '.join(service['command'])}` does not exist"


def test_the_environment_of_our_processes_is_accepted_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in OURS.values():
        environment = service["environment"]
        assert {name.removeprefix(PREFIX).lower() for name in environment} <= set(Settings.model_fields)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        load_settings()


def test_addresses_given_to_our_processes_name_services_of_the_file() -> None:
    for name, service in OURS.items():
        environment = service["environment"]
        for variable in ("WEIR_KAFKA", "WEIR_REDIS", "WEIR_ELASTICSEARCH"):
            host = re.sub(r"^\w+://", "", environment[variable]).split(":")[0]
            assert host in SERVICES, f"{name}: {variable}"


def test_kafka_tells_containers_and_the_host_addresses_that_work_for_each() -> None:
    environment = SERVICES["kafka"]["environment"]
    listeners = dict(part.split("://") for part in environment["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert listeners["INTERNAL"] == OURS["worker"]["environment"]["WEIR_KAFKA"]
    assert listeners["HOST"] == Settings.model_fields["kafka"].default


def test_kafka_makes_no_topics_by_itself_and_names_none() -> None:
    environment = SERVICES["kafka"]["environment"]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert OURS["topics"]["command"] == ["topics", "apply"]


def test_files_and_folders_that_it_mounts_or_builds_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        if build := service.get("build"):
            assert (ROOT / build / "Dockerfile").is_file()


def test_dependencies_wait_for_something_that_can_come_true() -> None:
    for service in SERVICES.values():
        for name, dependency in service.get("depends_on", {}).items():
            healthy = "healthcheck" in SERVICES[name] or name in OURS
            one_shot = SERVICES[name].get("restart") == "no"
            assert healthy if dependency["condition"] == "service_healthy" else one_shot


def test_every_foreign_service_has_a_health_check_and_a_pinned_version() -> None:
    for name, service in SERVICES.items():
        assert re.search(r":v?\d+\.\d+", service["image"]), name
        assert name in OURS or service["healthcheck"]["test"][0] == "CMD"


def test_versions_are_those_of_the_services_without_containers_and_of_the_project() -> None:
    pom = ElementTree.parse(ROOT / "infra/local/pom.xml")
    space = "{http://maven.apache.org/POM/4.0.0}"
    brought = {
        dependency.findtext(f"{space}artifactId"): dependency.findtext(f"{space}version")
        for dependency in pom.iter(f"{space}dependency")
    }
    images = {name: service["image"].rsplit(":", 1)[1] for name, service in SERVICES.items()}
    assert images["kafka"] == brought["kafka_2.13"]
    assert images["elasticsearch"] == images["kibana"] == brought["elasticsearch"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {images[name] for name in OURS} == {project["version"]}

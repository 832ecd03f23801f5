"""Apache Kafka: one node in KRaft mode, broker and controller at once."""

import subprocess
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from infra.local import artefacts, java
from infra.local.errors import ServicesError
from infra.local.service import HOST, Launch, Service

NODE = 1

PROPERTIES = """\
process.roles=broker,controller
node.id={node}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
controller.quorum.voters={node}@{host}:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=8
group.initial.rebalance.delay.ms=0
# After a crash the broker must wait until the session of its former self has run out.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
# The default of 128 MiB would not fit into a small heap.
log.cleaner.dedupe.buffer.size=8388608
"""

LOGGING = """\
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


class Kafka(Service):
    """Its data folder is formatted once; a folder that has been formatted is never touched again."""

    name = "kafka"
    variable = "WEIR_KAFKA"
    port_settings = ("kafka_port", "kafka_controller_port")

    @property
    def address(self) -> str:
        return f"{HOST}:{self.settings.kafka_port}"

    def problem(self) -> str | None:
        try:
            java.home(self.settings)
        except ServicesError as error:
            return str(error)
        return artefacts.problem(self.settings)

    def fetch(self) -> None:
        artefacts.fetch(self.settings)

    def version(self) -> str:
        (jar,) = self._jars.glob("kafka-server-[0-9]*.jar")
        return jar.stem.removeprefix("kafka-server-")

    def prepare(self) -> Launch:
        properties = self.folder / "conf" / "server.properties"
        properties.write_text(
            PROPERTIES.format(
                node=NODE,
                host=HOST,
                port=self.settings.kafka_port,
                controller_port=self.settings.kafka_controller_port,
                data=self.folder / "data",
            )
        )
        logging = self.folder / "conf" / "log4j2.properties"
        logging.write_text(LOGGING)
        program = str(java.home(self.settings) / "bin" / "java")
        common = [program, "-cp", f"{self._jars}/*", f"-Dlog4j2.configurationFile={logging}"]
        if not (self.folder / "data" / "meta.properties").exists():
            self._format(common, properties)
        heap = f"-Xmx{self.settings.kafka_heap}"
        return Launch(command=(*common, heap, "-XX:+ExitOnOutOfMemoryError", "kafka.Kafka", str(properties)))

    def ready(self, address: str) -> bool:
        # Errors of the connection are what the probe is there to see: librdkafka need not print them too.
        quiet: dict[str, Any] = {"log_level": 0, "error_cb": _ignore}
        client = AdminClient({"bootstrap.servers": address, "socket.timeout.ms": 2000, **quiet})
        try:
            return bool(client.list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    @property
    def _jars(self) -> Path:
        return artefacts.folder(self.settings) / "kafka"

    def _format(self, java_command: list[str], properties: Path) -> None:
        tool = [*java_command, "-Xmx64m", "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool"]
        drawn = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True)
        cluster = drawn.stdout.strip()
        done = subprocess.run([*tool, "format", "-t", cluster, "-c", str(properties)], capture_output=True, text=True)
        if drawn.returncode != 0 or done.returncode != 0:
            said = (drawn.stderr + done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
            raise ServicesError(f"Kafka could not format {self.folder / 'data'}: {said[0]}")


def _ignore(_error: KafkaError) -> None:
    return None

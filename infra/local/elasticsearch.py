"""Elasticsearch: the build for integration tests, which is the search engine with the fewest modules."""

import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

from infra.local import account, artefacts, java, reach
from infra.local.draft import make_folder
from infra.local.errors import ServicesError
from infra.local.service import HOST, Launch, Service

CONFIGURATION = """\
cluster.name: weir-local
node.name: local
network.host: {host}
http.port: {port}
transport.port: {transport_port}
discovery.type: single-node
xpack.security.enabled: false
path.data: {data}
path.logs: {logs}
# On a nearly full disk it would turn the indices read-only; `up` looks at the free space itself.
cluster.routing.allocation.disk.threshold_enabled: false
"""

LOGGING = """\
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%consoleException%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""

# This machine runs everything else too: the smallest collector, memory taken only when it is used, and the quick
# compiler alone, which halves the CPU time of a start (9 s instead of 19 s) and gives up a peak that is not needed.
FRUGAL = "-XX:-UseG1GC -XX:+UseSerialGC -XX:-AlwaysPreTouch -XX:TieredStopAtLevel=1"

# A proxy that the environment names must not stand between us and our own machine.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Elasticsearch(Service):
    """It refuses to run as root: then it gets a user, and a folder that this user can reach."""

    name = "elasticsearch"
    variable = "WEIR_ELASTICSEARCH"
    port_settings = ("elasticsearch_port", "elasticsearch_transport_port")

    @property
    def folder(self) -> Path:
        return reach.service_folder(super().folder)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.settings.elasticsearch_port}"

    def problem(self) -> str | None:
        try:
            java.home(self.settings)
        except ServicesError as error:
            return str(error)
        return artefacts.problem(self.settings)

    def fetch(self) -> None:
        artefacts.fetch(self.settings)
        reach.program_copy(java.home(self.settings))

    def version(self) -> str:
        (jar,) = (self._home / "lib").glob("elasticsearch-[0-9]*.jar")
        return jar.stem.removeprefix("elasticsearch-")

    def prepare(self) -> Launch:
        conf, data, log = (self.folder / name for name in ("conf", "data", "log"))
        scratch = make_folder(self.folder / "tmp")
        (conf / "elasticsearch.yml").write_text(
            CONFIGURATION.format(
                host=HOST,
                port=self.settings.elasticsearch_port,
                transport_port=self.settings.elasticsearch_transport_port,
                data=data,
                logs=log,
            )
        )
        (conf / "log4j2.properties").write_text(LOGGING)
        shipped = (self._home / "config" / "jvm.options").read_text().splitlines()
        # The log of the garbage collector alone would take up to 2 GiB.
        (conf / "jvm.options").write_text("\n".join(line for line in shipped if "-Xlog:gc" not in line) + "\n")
        user = account.unprivileged()
        if user is not None:
            for folder in (conf, data, log, scratch):
                account.hand_over(folder, user)
        heap = self.settings.elasticsearch_heap
        return Launch(
            # The path is in the configuration already; here it says in the process list whose server this is.
            command=(str(self._home / "bin" / "elasticsearch"), f"-Epath.logs={log}"),
            env={
                "ES_JAVA_HOME": str(reach.program_copy(java.home(self.settings))),
                "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap} {FRUGAL}",
                "ES_PATH_CONF": str(conf),
                "ES_TMPDIR": str(scratch),
                "HOME": str(scratch) if user is not None else os.environ.get("HOME", str(scratch)),
            },
            account=user,
        )

    def ready(self, address: str) -> bool:
        # This build answers nothing at `/`, so the health of the cluster is asked for.
        try:
            with _direct.open(f"{address}/_cluster/health?wait_for_status=yellow&timeout=1s", timeout=3) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            return False

    @property
    def _home(self) -> Path:
        return artefacts.folder(self.settings) / "elasticsearch"

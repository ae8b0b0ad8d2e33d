"""gunicorn with several processes: one answer of /metrics tells of all of them."""

import shutil
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Standing
from tests.web.serving import running, settings_for

TOKEN = "a-token-that-nobody-guesses"


def test_whichever_process_is_asked_tells_what_all_have_answered(tmp_path: Path, standing: Standing) -> None:
    data = tmp_path / "data"
    settings = settings_for(data, HEARTH_METRICS_TOKEN=TOKEN, **standing(data))
    command = ("gunicorn", "--workers", "2")

    def told(address: str) -> dict[str, float]:
        answer = requests.get(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
        samples = [s for family in text_string_to_metric_families(answer.text) for s in family.samples]
        counted = [s for s in samples if s.name == "hearth_requests_total"]
        pages = [s.value for s in counted if s.labels["route"] == "site.accessibility"]
        busy = [s.value for s in samples if s.name == "hearth_requests_in_progress"]
        return {"answered": sum(pages), "busy": sum(busy)}

    with running(settings, command) as address:
        for _ in range(20):
            requests.get(f"{address}/accessibility", timeout=10)
        live = next((data / "metrics").glob("gauge_livesum_*.db"))
        shutil.copy(live, live.with_name("gauge_livesum_999999999.db"))  # as of a process that was killed
        found = [told(address) for _ in range(6)]
        log = (data / "web.log").read_text()

    assert {one["answered"] for one in found} == {20}
    assert {one["busy"] for one in found} == {1}
    processes = {line.rpartition("pid: ")[2] for line in log.splitlines() if "Booting worker" in line}
    assert len(processes) == 2
    assert log.count("path=/accessibility") == 20

"""What revision 0002 makes of the ports that were there: pairs by address, names in lower case."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from berthline.store.engine.migrate import migrate

RELEASED: Final = Path(__file__).parent / "databases" / "0001.sql"
PORT: Final = "45f2a40f-24a3-84c6-8907-dd7535c64166"


def test_pairs_and_names_of_ports_are_brought_along(tmp_path: Path) -> None:
    path = tmp_path / "berthline.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(RELEASED.read_text(encoding="utf-8"))
        ips = ("10.1.0.99", "10.1.0.99/32", "10.1.0.0/24", "2001:db8::1")
        pairs = json.dumps([{"ip_address": ip, "mac_address": "fa:16:3e:1f:28:ea"} for ip in ips])
        old.execute("UPDATE ports SET allowed_address_pairs = ?, dns_name = 'WebHost' WHERE id = ?", (pairs, PORT))
        old.execute("UPDATE networks SET dns_domain = 'Example.ORG.'")
        old.commit()
    migrate(path)
    with closing(sqlite3.connect(path)) as new:
        (network,) = new.execute("SELECT network_id FROM ports WHERE id = ?", (PORT,)).fetchone()
        found = new.execute("SELECT network_id, hex(ip), port_id FROM port_address_pairs ORDER BY ip").fetchall()
        assert found == [(network, "0A010063", PORT), (network, "20010DB8" + "0" * 23 + "1", PORT)]
        assert new.execute("SELECT dns_name FROM ports WHERE id = ?", (PORT,)).fetchone() == ("webhost",)
        assert set(new.execute("SELECT dns_domain FROM networks")) == {("example.org.",)}

"""What an emulated device says of itself (FF 17), with the members logged from a real one."""

import json
from datetime import datetime


def information(*, serial_number: str, host: str, newer: bool, updated_at: datetime) -> bytes:
    """The JSON of an M-ER 725 at this address; newer firmware tells more."""
    network = {"name": "eth0", "mac": "00:0e:c6:21:b0:68", "used": True, "ipList": [host]}
    members: dict[str, object] = {
        "scaleModel": "M-ER 725 PM-15.2",
        "serialNumber": serial_number,
        "protocolVersion": "0.16",
        "scaleAppVersion": "1.2.3",
        "serviceAppVersion": "1.2.5.562",
        "serviceAppBuildDate": "2024-02-12",
        "androidVersion": "5.1.1",
        "sdkVersion": "22",
        "manufacturer": "Mertech",
        "revision": "1",
        "networkInfo": [network],
        "retailBotInfo": None,
    }
    if newer:
        # How it writes the moment is not known; clients are to show it as it comes.
        members["productUpdateDateTime"] = f"{updated_at:%Y-%m-%d %H:%M:%S}"
        members["printInfo"] = {"isReady": True}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()

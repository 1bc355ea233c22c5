"""Network namespaces joined by a link with a delay, where the kernel has no netem (bench/slow_network.ts):

    python3 bench/delayed_link.py DELAY_MS NAMESPACE...

Each gets a device e0 with the address 10.77.0.N. What one sends, this process holds back for so long and then
writes to the one that it is for. It ends when its standard input does. Needs root.
"""

import collections
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU = 9000


def open_device(namespace: str, address: str) -> int:
    entered = os.open(f"/var/run/netns/{namespace}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(entered, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"e0", IFF_TUN | IFF_NO_PI))
    for words in (f"addr add {address}/24 dev e0", f"link set e0 mtu {MTU} txqueuelen 10000 up"):
        subprocess.run(["ip", *words.split()], check=True)
    os.close(entered)
    return device


def main() -> None:
    delay = float(sys.argv[1]) / 1000
    devices = [open_device(name, f"10.77.0.{i + 1}") for i, name in enumerate(sys.argv[2:])]
    held = collections.deque()  # (when, device, packet), in the order in which they are due
    print("ready", flush=True)
    while True:
        wait = max(0, held[0][0] - time.monotonic()) if held else None
        readable, _, _ = select.select([*devices, sys.stdin], [], [], wait)
        if sys.stdin in readable:
            return
        for device in readable:
            try:
                for _ in range(64):
                    packet = os.read(device, MTU + 64)
                    node = packet[19] - 1  # the last byte of the address that it is for
                    if packet[0] >> 4 == 4 and node < len(devices):
                        held.append((time.monotonic() + delay, devices[node], packet))
            except BlockingIOError:
                pass
        while held and held[0][0] <= time.monotonic():
            _, device, packet = held.popleft()
            os.write(device, packet)


main()

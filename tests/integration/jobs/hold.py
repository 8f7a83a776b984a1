"""Hold the port of the gossip on this host until one is ended: hold.py PORT."""

import socket
import sys
import time

port = int(sys.argv[1])
# By IPv6 it is held for IPv4 as well, as an engine does.
listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
datagrams.bind(("::", port))
time.sleep(600)

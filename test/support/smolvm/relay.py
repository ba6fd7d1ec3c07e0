# The network of a machine of the FAKE smolvm: relay.py RULES VM-PID GUEST-PID. What the guest dials is redirected to here,
# in its own network namespace; what the rules allow is dialed on the host's loopback, and nothing else ever is.
import ctypes, ipaddress, json, os, select, socket, struct, subprocess, sys, threading

rules_file, vm, guest = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(rules_file) as file:
    rules = json.load(file)
world = rules["world"]
alive = os.pidfd_open(vm)
libc = ctypes.CDLL(None, use_errno=True)
host_net = os.open("/proc/self/ns/net", os.O_RDONLY)
guest_net = os.open(f"/proc/{guest}/ns/net", os.O_RDONLY)
OWN = "127.0.0.77"  # what comes from here is the relay's, and goes where it says

def enter(namespace):
    if libc.setns(namespace, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")

def inside(make):
    enter(guest_net)
    try:
        return make()
    finally:
        enter(host_net)

def setup():
    def run(*words):
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: {done.stderr.strip()}")
    run("ip", "link", "set", "lo", "up")
    # No interface but lo, as with TSI; the addresses of virtio-net lie there too, since not every kernel has dummy ones.
    if rules["gateway"] is not None:
        run("ip", "address", "add", "100.96.0.2/32", "dev", "lo")
    run("ip", "route", "add", "local", "default", "dev", "lo")
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    nat = ("iptables", "-w", "-t", "nat", "-A", "OUTPUT")
    run(*nat, "-s", OWN, "-j", "RETURN")
    if not rules["loopback"]:
        run(*nat, "-d", "127.0.0.0/8", "-j", "RETURN")
    run(*nat, "-p", "tcp", "-j", "REDIRECT", "--to-ports", str(tcp.getsockname()[1]))
    run(*nat, "-p", "udp", "--dport", "53", "-j", "REDIRECT", "--to-ports", str(udp.getsockname()[1]))
    return tcp, udp

def among(address, cidrs):
    one = ipaddress.ip_address(address)
    return any(one in ipaddress.ip_network(cidr, strict=False) for cidr in cidrs)

def local_in_guest(port):
    def connect():
        one = socket.socket()
        one.bind((OWN, 0))
        one.connect(("127.0.0.1", port))
        return one
    return inside(connect)

def dial(address, port):
    # A socket of where the guest's connection leads, or None.
    if address.startswith("127."):
        try:
            return local_in_guest(port)
        except OSError:
            pass
    if rules["gateway"] == address:
        return socket.create_connection(("127.0.0.1", port)) if rules["relayed"] else None
    if among(address, rules["floor"]):
        return None
    if rules["allow"] is not None and not among(address, rules["allow"]):
        return None
    if address.startswith("127."):
        return socket.create_connection(("127.0.0.1", port))
    at = world.get(f"{address}:{port}")
    return None if at is None else socket.create_connection(("127.0.0.1", at))

def copy(source, sink):
    try:
        while True:
            piece = source.recv(65536)
            if not piece:
                break
            sink.sendall(piece)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def join(one, other):
    back = threading.Thread(target=copy, args=(other, one), daemon=True)
    back.start()
    copy(one, other)
    back.join()
    one.close()
    other.close()

def outgoing(client):
    try:
        port, packed = struct.unpack_from("!2xH4s", client.getsockopt(socket.SOL_IP, 80, 16))
        target = dial(socket.inet_ntoa(packed), port)
    except OSError:
        target = None
    if target is None:
        # Refused at once: the connection that the redirection took is reset.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    else:
        join(client, target)

def published(client, port):
    try:
        target = local_in_guest(port)
    except OSError:
        client.close()
        return
    join(client, target)

def asked_name(query):
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin1"))
        at += 1 + query[at]
    return ".".join(labels).lower()

def resolve(udp, query, client):
    # Every query goes on to the world's resolver, unless only named hosts are allowed.
    if "dns" not in world or (rules["names"] is not None and asked_name(query) not in rules["names"]):
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
        upstream.settimeout(5)
        try:
            upstream.sendto(query, ("127.0.0.1", world["dns"]))
            udp.sendto(upstream.recv(4096), client)
        except OSError:
            pass

tcp, udp = inside(setup)
listeners = {}
for text in rules["ports"]:
    outer, _, inner = text.partition(":")
    try:
        listeners[socket.create_server(("127.0.0.1", int(outer)))] = int(inner or outer)
    except OSError:
        sys.exit(f"port {outer} is already in use")
print("ready", flush=True)
while True:
    ready, _, _ = select.select([alive, tcp, udp, *listeners], [], [])
    if alive in ready:
        os._exit(0)
    if tcp in ready:
        threading.Thread(target=outgoing, args=(tcp.accept()[0],), daemon=True).start()
    if udp in ready:
        threading.Thread(target=resolve, args=(udp, *udp.recvfrom(4096)), daemon=True).start()
    for one in listeners:
        if one in ready:
            threading.Thread(target=published, args=(one.accept()[0], listeners[one]), daemon=True).start()

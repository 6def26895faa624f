# The host's services and processes, as the same user: what a confined program must not reach.
import ctypes, json, os, signal, socket, sys, threading

folder, key, mark = sys.argv[1], int(sys.argv[2]), sys.argv[3]
C = ctypes.CDLL(None, use_errno=True)
tcp = socket.create_server(("127.0.0.1", 0))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
abstract = "\0ae-escape-%d" % os.getpid()
hidden = socket.socket(socket.AF_UNIX)
hidden.bind(abstract)
hidden.listen()
service = socket.socket(socket.AF_UNIX)
service.bind(folder + "/service.sock")
service.listen()
proxy = socket.socket(socket.AF_UNIX)
proxy.bind(folder + "/proxy.sock")
proxy.listen()
shared = C.shmget(key, 4096, 0o1600)
assert shared >= 0, os.strerror(ctypes.get_errno())


def greet(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=answer, args=(client,), daemon=True).start()


def answer(client):
    """Says hello, and then all that it was sent, in capitals."""
    try:
        client.sendall(b"host:")
        while data := client.recv(65536):
            client.sendall(data.upper())
    except ConnectionError:
        pass
    client.close()


def echo():
    while True:
        data, sender = udp.recvfrom(100)
        udp.sendto(data, sender)


for listener in (tcp, hidden, service, proxy):
    threading.Thread(target=greet, args=(listener,), daemon=True).start()
threading.Thread(target=echo, daemon=True).start()
print(json.dumps({"PID": os.getpid(), "TCP": tcp.getsockname()[1], "UDP": udp.getsockname()[1], "ABSTRACT": abstract, "SHARED": shared}), flush=True)
sys.stdin.read()
C.shmctl(shared, 0, None)

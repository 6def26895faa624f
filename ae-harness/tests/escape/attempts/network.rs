//! The network, and services of the host.

use super::Row;

pub const ALL: &[Row] = &[
    ("host_port", "assert socket.create_connection(T, 5).recv(5)", "('127.0.0.1', TCP)", "host"),
    (
        "host_port_by_ipv6",
        "assert socket.create_connection(T, 5).recv(5)",
        "('::ffff:127.0.0.1', TCP)",
        "host",
    ),
    (
        "internet",
        "assert socket.create_connection(T, 5)",
        "('192.0.2.1', 443) if CONFINED else ('127.0.0.1', TCP)",
        "host",
    ),
    (
        "metadata_service",
        "assert socket.create_connection(T, 5)",
        "('169.254.169.254', 80) if CONFINED else ('127.0.0.1', TCP)",
        "host",
    ),
    ("names", "socket.getaddrinfo(T, 443)", "'example.com'", "'localhost'"),
    (
        "datagram",
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2); s.sendto(b'x', T); assert s.recv(1)",
        "('127.0.0.1', UDP)",
        "host",
    ),
    ("raw_packets", "socket.socket(socket.AF_INET, socket.SOCK_RAW, T)", "socket.IPPROTO_ICMP", "root"),
    ("link_packets", "socket.socket(T, socket.SOCK_RAW, 0)", "socket.AF_PACKET", "root"),
    ("virtual_machine_socket", "socket.socket(T, socket.SOCK_STREAM)", "socket.AF_VSOCK", "host"),
    ("kernel_cipher_socket", "socket.socket(T, socket.SOCK_SEQPACKET, 0)", "socket.AF_ALG", "host"),
    (
        "abstract_socket",
        "s = socket.socket(socket.AF_UNIX); s.connect(T); assert s.recv(5)",
        "ABSTRACT",
        "host",
    ),
    (
        "service_socket",
        "s = socket.socket(socket.AF_UNIX); s.connect(T); assert s.recv(5)",
        "OUT + '/service.sock'",
        "host",
    ),
];

//! Resources of the host. The limits are those of `site::confinement`.

use super::Row;

pub const ALL: &[Row] = &[
    ("many_processes", "spawn(T)", "200", "10"),
    ("much_memory", "bytearray(T << 20)", "512", "16"),
    ("much_memory_in_many", "together(T)", "8", "2"),
    ("large_file", "open(WS + '/large', 'wb').write(bytes(T << 10))", "3000", "1000"),
    (
        "large_temporary_folder",
        "[open('%s/part%d' % (T, n), 'wb').write(bytes(900 << 10)) for n in range(10)]",
        "'/tmp'",
        "WS",
    ),
    (
        "large_shared_memory",
        "[open('%s/part%d' % (T, n), 'wb').write(bytes(900 << 10)) for n in range(10)]",
        "'/dev/shm'",
        "WS",
    ),
    ("large_root", "open(T, 'wb')", "'/large'", "WS + '/large'"),
    ("large_device_folder", "open(T, 'wb')", "'/dev/large'", "WS + '/large'"),
    ("many_files", "[os.open(WS, os.O_RDONLY) for _ in range(T)]", "2000", "20"),
    ("long_work", "work(T)", "3", "0.1"),
];

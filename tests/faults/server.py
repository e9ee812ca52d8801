"""A server of the binary that is tried, with default limits, and what it takes of the machine."""

import contextlib
import os
import resource
import signal
import subprocess
import threading

# Open files of a process unless somebody asks for more.
FILES = 1024
# Seconds until it listens, and until it has ended.
PATIENCE = 180
# Of a machine whose memory ends, this process is to go first.
GOES_FIRST = "1000"
# The part of the machine's memory that must stay free: the server is ended before others suffer.
MUST_STAY_FREE = 0.1
# The limit is that of the whole process: servers that are started at the same time take turns.
STARTING = threading.Lock()


def environment(data, **settings):
    """That of a program which nobody has configured but for its data."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QINGDAN_", "DATABASE_", "RUST_"))}
    return kept | {"QINGDAN_DATA_DIR": str(data)} | settings


class Server:
    """`qingdan serve` on a free port, with further `arguments`, until the end of the `with`."""

    def __init__(self, binary, data, *arguments, log=None, **settings):
        self.binary, self.data, self.arguments, self.settings = binary, data, arguments, settings
        self.log = log or data / "server.log"

    def __enter__(self):
        with STARTING, open_files(FILES), open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--listen", "127.0.0.1:0", *self.arguments],
                env=environment(self.data, **self.settings),
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.pid = self.process.pid
        with open(f"/proc/{self.pid}/oom_score_adj", "w") as file:
            file.write(GOES_FIRST)
        for line in self.process.stdout:
            if line.startswith(b"listening on "):
                self.port = int(line.rsplit(b":", 1)[1])
                return self
        self.process.wait()
        raise SystemExit(f"the server did not start:\n{self.log.read_text()[-2000:]}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def ended(self):
        """How the process ended, `None` while it runs."""
        code = self.process.poll()
        return None if code is None else f"ended with {signal.Signals(-code).name if code < 0 else code}"

    def resident(self, what="VmRSS"):
        """Resident memory in bytes; `VmHWM` is the most since `forget_peak`. 0 when it is gone."""
        try:
            with open(f"/proc/{self.pid}/status") as file:
                return next((int(line.split()[1]) * 1024 for line in file if line.startswith(what + ":")), 0)
        except OSError:
            return 0

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")

    def processor_time(self):
        """Seconds of all its threads."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def lets_the_machine_live(self):
        """Ends it where it takes the machine's memory; whether it was spared."""
        with open("/proc/meminfo") as file:
            memory = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in file)}
        if memory["MemAvailable"] > MUST_STAY_FREE * memory["MemTotal"]:
            return True
        self.process.kill()
        return False


@contextlib.contextmanager
def open_files(most):
    """The soft limit of open files, which children inherit, for as long as the `with`."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)

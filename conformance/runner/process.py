# SPDX-License-Identifier: Apache-2.0
"""The adapter's process.  It is started when it is first asked, and again after it has died or was stopped."""
import json
import os
import queue
import shlex
import signal
import subprocess
import tempfile
import threading

from . import protocol

LINE = 64 << 20                                  # bytes of one line, at most


class Failure(Exception):
    """There is no answer: the adapter died, was too slow, or broke the protocol."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind                         # crash, timeout, protocol, start


class Adapter:
    def __init__(self, command, timeout, log=None):
        self.command, self.timeout, self.log = shlex.split(command), timeout, log or (lambda line: None)
        self.process, self.seq, self.starts, self.about = None, 0, 0, None

    def start(self):
        """Starts it and says hello; the answer is kept in `about`."""
        self.starts += 1
        self.stderr = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=self.stderr, start_new_session=True)
        except OSError as e:
            raise Failure("start", f"{self.command[0]}: {e.strerror}") from None
        self.lines = queue.Queue()
        threading.Thread(target=_read, args=(self.process.stdout, self.lines), daemon=True).start()
        reply = self._ask("hello", protocol=protocol.VERSION)
        if "err" in reply:
            raise Failure("protocol", f"hello is answered with an error: {reply['err']}")
        self.about = reply["ok"]

    def ask(self, command, **members):
        """The reply to one command.  After a Failure the process is gone; the next call starts it anew."""
        if self.process is None:
            self.start()
        return self._ask(command, **members)

    def _ask(self, command, **members):
        self.seq += 1
        sent = json.dumps({"cmd": command, "seq": self.seq, **members})
        self.log(f"> {sent}")
        try:
            self.process.stdin.write(sent.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise self._died() from None
        try:
            line = self.lines.get(timeout=self.timeout)
        except queue.Empty:
            self.stop()
            raise Failure("timeout", f"no answer to {command} within {self.timeout:g} s") from None
        if line is None:
            raise self._died()
        self.log("< " + line.decode("utf-8", "replace").rstrip("\n"))
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError) as e:
            self.stop()
            raise Failure("protocol", f"the reply to {command} is no line of JSON ({e}): {line[:200]!r}") from None
        problems = protocol.check(command, reply, self.seq)
        if problems:
            self.stop()
            raise Failure("protocol", f"the reply to {command}: " + "; ".join(problems))
        return reply

    def _died(self):
        try:
            code = self.process.wait(timeout=self.timeout)
        except subprocess.TimeoutExpired:
            code = None
        self.stderr.seek(max(0, self.stderr.seek(0, os.SEEK_END) - 2000))
        said = self.stderr.read().decode("utf-8", "replace").strip()
        self.stop()
        how = "closed its output" if code is None else f"died of {signal.Signals(-code).name}" if code < 0 \
            else f"ended with exit code {code}"
        return Failure("crash", f"the adapter {how}" + (f"; its last words:\n{said}" if said else ""))

    def stop(self):
        """Ends the process and those that it has started."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except OSError:
                pass
            process.wait()
        for stream in (process.stdin, process.stdout, self.stderr):
            try:
                stream.close()
            except OSError:
                pass

    def bye(self):
        if self.process is not None:
            try:
                self._ask("bye")
                self.process.stdin.close()
                self.process.wait(timeout=self.timeout)
            except (Failure, OSError, subprocess.TimeoutExpired):
                pass
            self.stop()


def _read(stream, lines):
    try:
        while line := stream.readline(LINE):
            lines.put(line)
    except (OSError, ValueError):
        pass
    lines.put(None)

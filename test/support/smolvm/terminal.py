# The terminal of `machine exec -t` of the FAKE smolvm: its size is that of stdin, and follows it.
import fcntl, os, pty, select, signal, sys, termios, tty

size = b"\x18\x00\x50\x00\x00\x00\x00\x00"
master, slave = pty.openpty()
pid = os.fork()
if pid == 0:
    for fd in 0, 1, 2:
        os.dup2(slave, fd)
    os.closerange(3, 64)
    # Its session and terminal of its own it makes inside.
    os.execvp(sys.argv[1], sys.argv[1:])
os.close(slave)

def follow(*_):
    try:
        fcntl.ioctl(master, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, size))
    except OSError:
        pass

fcntl.ioctl(master, termios.TIOCSWINSZ, size)
before = None
if os.isatty(0):
    before = termios.tcgetattr(0)
    tty.setraw(0, termios.TCSANOW)
    signal.signal(signal.SIGWINCH, follow)
    follow()
inputs = [0, master]
try:
    while master in inputs:
        ready, _, _ = select.select(inputs, [], [])
        if master in ready:
            try:
                data = os.read(master, 65536)
            except OSError:
                data = b""
            if not data:
                break
            while data:
                data = data[os.write(1, data):]
        if 0 in ready:
            try:
                data = os.read(0, 65536)
            except OSError:
                data = b""
            if not data:
                inputs.remove(0)
            while data:
                data = data[os.write(master, data):]
finally:
    if before is not None:
        try:
            termios.tcsetattr(0, termios.TCSANOW, before)
        except termios.error:
            pass
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if code < 0:
    signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
    os.kill(os.getpid(), -code)
sys.exit(code)

import { READY } from "./cage-arguments.ts";

/** How long services have to end in order before they are killed, in tenths of a second. */
const GRACE = 50;

/**
 * The sidecar's first process, for /bin/sh. It reaps what loses its parent; told to end, or when its input ends, which
 * the host process holds, it passes TERM on to every service, waits for them within the grace period, and ends the rest.
 * Services come in by `docker exec`, each on a stream of its own whose end tells the host process that it died: this
 * process needs to know no more of them than that they are there. No sleep here is a lock: the loop looks.
 */
export const SIDECAR_INIT = [
  "exec 3<&0 </dev/null",
  'case "$BOT_BOTTLE_SERVICES" in',
  "'') echo 'bottle sidecar: BOT_BOTTLE_SERVICES names no service: idle' >&2 ;;",
  '*) echo "bottle sidecar: waits for the host process to start $BOT_BOTTLE_SERVICES" >&2 ;;',
  "esac",
  'others() { for process in /proc/[0-9]*; do [ "$process" = /proc/1 ] || return 0; done; return 1; }',
  "end() {",
  "  trap '' TERM INT HUP",
  "  kill -TERM -1 2>/dev/null",
  `  left=${GRACE}`,
  '  while others && [ "$left" -gt 0 ]; do sleep 0.1; left=$((left - 1)); done',
  "  kill -KILL -1 2>/dev/null",
  "  exit 0",
  "}",
  "trap end TERM INT HUP",
  "cat <&3 >/dev/null &",
  `echo ${READY}`,
  "wait $!",
  "end",
].join("\n");

/**
 * Starts a service in the sidecar: `$1` is its name, `$2` a number that is new each time. One of that name that still
 * hangs there is killed before, and its end waited for.
 */
export const RUN_SERVICE = [
  "ulimit -c 0",
  'for file in /tmp/"$1".*.pid; do',
  '  [ -e "$file" ] || continue',
  '  old=$(cat "$file") && kill -KILL "$old" 2>/dev/null && while kill -0 "$old" 2>/dev/null; do sleep 0.02; done',
  '  rm -f "$file"',
  "done",
  'echo $$ >/tmp/"$1.$2".pid',
  "exec /opt/bot-bottle/sidecar",
].join("\n");

/** Kills the service that was started with this name and number; nothing when it is gone. */
export const KILL_SERVICE = 'kill -KILL "$(cat /tmp/"$1.$2".pid)" 2>/dev/null; exit 0';

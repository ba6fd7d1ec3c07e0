import { PassThrough } from "node:stream";
import type { SidecarPlace } from "../../../src/backends/backend.ts";

/** A sidecar in the hands of an agent: it says whatever a test says. */
export interface HostileSidecar {
  /** One message, or raw text. */
  say(message: object | string): void;
  /** What the host process told it, parsed; what it says of carried connections as `line`. */
  readonly told: readonly Readonly<Record<string, unknown>>[];
  readonly killed: boolean;
  /** It reads nothing from now on. */
  stopReading(): void;
  /** Bytes that the host process keeps for it, and those of its own that nobody has read. */
  unread(): { readonly toIt: number; readonly ofIt: number };
}

export interface HostilePlace extends SidecarPlace {
  readonly sidecars: readonly HostileSidecar[];
}

/** Each sidecar says that it is ready, and nothing else by itself; it ends when it is told to close. */
export function openHostilePlace(): HostilePlace {
  const sidecars: HostileSidecar[] = [];
  return {
    sidecars,
    listen: { addresses: ["127.0.0.1"], ports: [0] },
    run: async () => {
      const [stdin, stdout] = [new PassThrough(), new PassThrough()];
      const ended = Promise.withResolvers<{ code: number | null; words: string }>();
      const told: Readonly<Record<string, unknown>>[] = [];
      let text = "";
      stdin.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) told.push(line.startsWith("{") ? JSON.parse(line) : { type: "carried", line });
        if (told.at(-1)?.type === "close") ended.resolve({ code: 0, words: "" });
      });
      let killed = false;
      sidecars.push({
        told,
        say: (message) => stdout.write(typeof message === "string" ? message : `${JSON.stringify(message)}\n`),
        get killed() {
          return killed;
        },
        stopReading: () => void stdin.pause(),
        unread: () => ({
          toIt: stdin.writableLength + stdin.readableLength,
          ofIt: stdout.writableLength + stdout.readableLength,
        }),
      });
      stdout.write('{"type":"ready","ports":[9099]}\n');
      return {
        stdin,
        stdout,
        ended: ended.promise,
        kill: () => {
          killed = true;
          ended.resolve({ code: 137, words: "" });
        },
      };
    },
  };
}

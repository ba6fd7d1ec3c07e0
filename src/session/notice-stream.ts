import { chmod } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import type { Notice } from "../core/model/notice.ts";

/** Attached terminals of one bottle, at most. */
const MOST = 64;
/** Of one that reads nothing no more is kept. */
const BEHIND_BYTES = 64 << 10;
const LONGEST_LINE = 4096;

/** Tells every attached terminal what it is given. */
export interface NoticeStream {
  tell(notice: Notice): void;
  close(): Promise<void>;
}

/** Listens where attached terminals come to hear notices: lines of JSON. What they say is not read. */
export async function serveNotices(path: string): Promise<NoticeStream> {
  const listeners = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    if (listeners.size >= MOST) return void socket.destroy();
    listeners.add(socket);
    socket.on("close", () => listeners.delete(socket));
    socket.resume();
    socket.unref();
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  await chmod(path, 0o600);
  server.unref();
  return {
    tell: ({ text, command }) => {
      const line = `${JSON.stringify({ text, command })}\n`;
      for (const socket of listeners) if (socket.writableLength < BEHIND_BYTES) socket.write(line);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of listeners) socket.end().destroySoon();
      }),
  };
}

/** Hears what a bottle's host process tells; answers what ends it. A host process of an older version tells nothing. */
export function followNotices(path: string, each: (notice: Pick<Notice, "text" | "command">) => void): Disposable {
  const socket = createConnection({ path });
  socket.on("error", () => undefined);
  let text = "";
  socket.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    if (text.length > LONGEST_LINE) return void socket.destroy();
    for (const line of lines) {
      const notice = parsed(line);
      if (notice !== null) each(notice);
    }
  });
  socket.unref();
  return { [Symbol.dispose]: () => void socket.destroy() };
}

function parsed(line: string): Pick<Notice, "text" | "command"> | null {
  try {
    const value = JSON.parse(line) as { text?: unknown; command?: unknown } | null;
    if (typeof value?.text !== "string") return null;
    return { text: value.text, command: typeof value.command === "string" ? value.command : null };
  } catch {
    return null;
  }
}

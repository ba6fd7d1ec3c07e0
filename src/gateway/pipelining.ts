import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Reads a connection no further while `limit` of its requests are unanswered. node:http begins each pipelined request
 * as soon as it has come, however many wait before it (attack row 125). What one read brought is begun still.
 */
export function boundPipelining(server: Server, limit: number): void {
  const unanswered = new WeakMap<Socket, { count: number; paused: boolean }>();
  const begin = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const state = unanswered.get(socket) ?? { count: 0, paused: false };
    unanswered.set(socket, state);
    state.count += 1;
    hold(socket, state);
    response.once("close", () => {
      state.count -= 1;
      // After CONNECT or Upgrade the connection is somebody else's.
      if (unanswered.get(socket) !== state) return;
      if (state.paused && state.count < limit) {
        state.paused = false;
        socket.resume();
      } else hold(socket, state);
    });
  };
  const hold = (socket: Socket, state: { readonly count: number; paused: boolean }) => {
    if (state.count < limit) return;
    state.paused = true;
    // Not at once: node:http reads on at the end of the message of which this is the head.
    process.nextTick(() => {
      if (state.paused) socket.pause();
    });
  };
  const leave = (_: IncomingMessage, socket: Socket) => unanswered.delete(socket);
  for (const event of ["request", "checkContinue", "checkExpectation"]) server.on(event, begin);
  for (const event of ["connect", "upgrade"]) server.on(event, leave);
}

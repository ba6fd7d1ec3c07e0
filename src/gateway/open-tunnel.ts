import type { Socket } from "node:net";
import type { Authority } from "../core/model/authority.ts";
import type { ClientHello } from "../core/wire/client-hello.ts";
import type { Judgement } from "./judgement.ts";

/** A tunnel whose target is allowed and whose ClientHello fits it. The socket is paused, the hello is its next bytes. */
export interface OpenTunnel {
  readonly socket: Socket;
  readonly authority: Authority;
  readonly judgement: Judgement;
  readonly hello: ClientHello;
  /** Of the records that hold the hello, in bytes. */
  readonly helloBytes: number;
}

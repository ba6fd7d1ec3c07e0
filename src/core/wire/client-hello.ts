/** Greatest number of bytes in which a ClientHello must be complete, record headers included. */
export const CLIENT_HELLO_LIMIT = 16 * 1024;

export type ClientHelloReading =
  /** More bytes are needed; what is there so far is the beginning of a ClientHello. */
  | { readonly state: "incomplete" }
  /** Not TLS, or not one well-formed ClientHello: close the tunnel. */
  | { readonly state: "invalid"; readonly why: string }
  | { readonly state: "hello"; readonly hello: ClientHello };

export interface ClientHello {
  /** host_name of server_name, lower case, as sent; null when absent. Judge it with `judgeClientHello`. */
  readonly serverName: string | null;
  /** Offered application protocols, in order; empty when there is no ALPN extension. */
  readonly alpn: readonly string[];
  /** True when an encrypted_client_hello (0xfe0d) or its draft forerunner is present. */
  readonly ech: boolean;
}

/**
 * Reads the ClientHello at the start of `received`: everything the client has sent so far. Call it again with
 * more bytes while it says `incomplete`. RFC 8446 4.1.2, RFC 6066 3, RFC 7301, RFC 9849. Attack rows 1, 6, 7, 59, 127.
 */
export declare function readClientHello(received: Uint8Array): ClientHelloReading;

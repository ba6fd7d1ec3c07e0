import type { Authority } from "../model/authority.ts";
import type { ReasonCode } from "../model/decision.ts";
import type { ClientHello } from "../wire/client-hello.ts";

/** Judges a tunnel's ClientHello against its CONNECT target: null when it fits. `splice` also refuses a missing name and ECH. Attack rows 1, 6, 7. */
export declare function judgeClientHello(
  hello: ClientHello,
  authority: Authority,
  mode: "inspect" | "splice",
): { readonly reason: ReasonCode; readonly detail: string } | null;

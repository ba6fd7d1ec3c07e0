import type { ReasonCode } from "../core/model/decision.ts";

/** An upstream that could not be used, with the reason that goes to audit and client. */
export interface UpstreamFailure extends Error {
  readonly reason: ReasonCode;
}

/** Makes an error that carries its reason. `message` is for the operator and holds no secret. */
export function upstreamFailure(reason: ReasonCode, message: string): UpstreamFailure {
  return Object.assign(new Error(message), { reason });
}

/** The reason behind an error from dialling or from the upstream client. */
export function reasonOf(error: unknown): ReasonCode {
  const reason: unknown = error instanceof Error ? Reflect.get(error, "reason") : undefined;
  if (typeof reason === "string") return reason as ReasonCode;
  const code = codeOf(error);
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return "upstream-timeout";
  if (/^HPE_|HEADERS_OVERFLOW|CONTENT_LENGTH_MISMATCH|UND_ERR_INVALID_ARG/.test(code)) return "upstream-malformed";
  return "upstream-unreachable";
}

/** `CODE: message` of an error, for the operator. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const code = codeOf(error);
  return code === "" ? error.message : `${code}: ${error.message}`;
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "";
}

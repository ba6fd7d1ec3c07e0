import { isIP } from "node:net";
import type { Takes } from "./flag.ts";

/** As humantime reads them, as far as tests go; zero is none. */
const DURATION = /^(?:\d+(?:ms|s|sec|m|min|h|d))(?: ?\d+(?:ms|s|sec|m|min|h|d))*$/;

/** Why clap's parser of such values refuses it, in the words of 1.4.1; null: it takes it. Pure. */
export function refusal(takes: Takes, text: string): string | null {
  switch (takes) {
    case "text":
      return null;
    case "image":
      return text === "" ? "image reference must not be empty" : null;
    case "u8":
      return notWhole(text, 255n);
    case "u32":
      return notWhole(text, 2n ** 32n - 1n);
    case "u64":
      return notWhole(text, 2n ** 64n - 1n);
    case "mib":
      return notWhole(text, 2n ** 32n - 1n) === null ? null : `'${text}' is not a valid MiB value`;
    case "port":
      return badPort(text);
    case "cidr":
      return isCidr(text) ? null : `invalid CIDR '${text}': expected format like 10.0.0.0/8 or 1.1.1.1`;
    case "duration":
      if (!DURATION.test(text)) return "expected number at 0";
      return /[1-9]/.test(text) ? null : "timeout must be greater than 0 (e.g., 5sec, 30s)";
  }
}

function notWhole(text: string, most: bigint): string | null {
  if (!/^\+?\d{1,20}$/.test(text)) return "invalid digit found in string";
  return BigInt(text) <= most ? null : `${text} is not in 0..=${most}`;
}

function badPort(text: string): string | null {
  const at = text.indexOf(":");
  const [host, guest] = at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  const isPort = (port: string) => notWhole(port, 65_535n) === null;
  if (!isPort(host)) return guest === null ? `invalid port: ${host}` : `invalid host port: ${host}`;
  if (guest !== null && !isPort(guest)) return `invalid guest port: ${guest}`;
  if (Number(host) === 0) return "host port 0 is not valid for VM port forwarding";
  return guest !== null && Number(guest) === 0 ? "guest port 0 is not valid for VM port forwarding" : null;
}

/** A CIDR, or a bare address. */
function isCidr(text: string): boolean {
  const [address = "", bits, more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}

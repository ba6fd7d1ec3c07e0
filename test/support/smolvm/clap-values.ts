import { isIP } from "node:net";
import type { Takes } from "./flag.ts";

const whole = (text: string, most: bigint): boolean => /^\+?\d{1,20}$/.test(text) && BigInt(text) <= most;
/** As humantime reads them, as far as tests go; zero is none. */
const DURATION = /^(?:\d+(?:ms|s|sec|m|min|h|d))(?: ?\d+(?:ms|s|sec|m|min|h|d))*$/;

const port = (text: string): boolean => whole(text, 65_535n) && Number(text) > 0;

/** Would clap's parser of such values take it? Pure. */
export function isValue(takes: Takes, text: string): boolean {
  switch (takes) {
    case "text":
      return true;
    case "u8":
      return whole(text, 255n);
    case "u32":
      return whole(text, 2n ** 32n - 1n);
    case "u64":
      return whole(text, 2n ** 64n - 1n);
    case "port": {
      const parts = text.split(":");
      return parts.length <= 2 && parts.every(port);
    }
    case "cidr":
      return isCidr(text);
    case "octal":
      return /^0?[0-7]{1,4}$/.test(text);
    case "duration":
      return DURATION.test(text) && /[1-9]/.test(text);
  }
}

/** A CIDR, or a bare address. */
function isCidr(text: string): boolean {
  const [address = "", bits, more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}

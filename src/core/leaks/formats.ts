import { KEYS } from "./formats/keys.ts";
import { VERSION_CONTROL } from "./formats/version-control.ts";
import type { TokenFormat } from "./token-format.ts";

/** Every token format that is known, by family. */
export const FORMATS: readonly TokenFormat[] = [...VERSION_CONTROL, ...KEYS];

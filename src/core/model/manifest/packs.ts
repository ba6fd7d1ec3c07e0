import { z } from "zod";
import { unknownPack } from "../../plan/pack-words.ts";
import { PACK_NAMES } from "../../policy/packs.ts";

/** Names of rule packs. */
export const packs = z
  .array(z.enum(PACK_NAMES as [string, ...string[]], { error: ({ input }) => unknownPack(String(input)) }))
  .max(32);

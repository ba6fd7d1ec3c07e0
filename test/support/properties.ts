/**
 * fast-check with the same inputs on every run, so that one change is judged by what it did, not by luck of another's.
 * `BOT_BOTTLE_SEED` names other ones: a whole number, or `random`. To go wide there is `npm run fuzz`.
 */
import { randomInt } from "node:crypto";
import fc from "fast-check";

const wanted = process.env.BOT_BOTTLE_SEED ?? "1";
/** Of this run. */
export const seed = wanted === "random" ? randomInt(1, 2 ** 31) : Number(wanted);
if (!Number.isInteger(seed)) throw new Error(`BOT_BOTTLE_SEED is "${wanted}": it takes a whole number, or "random"`);
fc.configureGlobal({ seed });

export default fc;

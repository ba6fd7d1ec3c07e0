import { isFields } from "../core/plan/fields.ts";

/** Says whether a value read from a file of ours is what it should be. By hand, not by zod: loading that costs more than most verbs. */
export type Check = (value: unknown) => boolean;

export type Fields = Readonly<Record<string, unknown>>;

export const isText: Check = (value) => typeof value === "string";
export const isFlag: Check = (value) => typeof value === "boolean";

export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** A map whose values all pass. */
export const mapOf =
  (check: Check): Check =>
  (value) =>
    isFields(value) && Object.values(value).every(check);

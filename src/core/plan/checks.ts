import { isFields } from "./fields.ts";

/** Says whether a value read from a file of ours is what it should be. By hand, not by zod: loading that costs more than most verbs. */
export type Check = (value: unknown) => boolean;

export type Fields = Readonly<Record<string, unknown>>;

export const isText: Check = (value) => typeof value === "string";
export const isFlag: Check = (value) => typeof value === "boolean";

/** A whole number, not negative. */
export const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;

export const oneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value);

/** Exactly these keys, and any of the optional ones: what this version does not know might deny something. */
export const objectOf =
  (checks: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value) =>
    isFields(value) &&
    Object.keys(value).every((key) => Object.hasOwn(checks, key) || Object.hasOwn(optional, key)) &&
    Object.entries(checks).every(([key, check]) => Object.hasOwn(value, key) && check(value[key])) &&
    Object.entries(optional).every(([key, check]) => !Object.hasOwn(value, key) || check(value[key]));

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

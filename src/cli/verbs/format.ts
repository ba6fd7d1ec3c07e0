import type { Option } from "../verb.ts";

/** On every verb that reports. */
export const FORMAT: Option = { flags: "--format <format>", summary: "what stdout carries", choices: ["text", "json"] };

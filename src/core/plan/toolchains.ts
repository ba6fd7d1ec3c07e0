import type { Toolchain } from "../model/toolchain.ts";
import { go, rustup } from "./toolchains/compiled.ts";
import { sdkman } from "./toolchains/java.ts";
import { bun, deno, nvm, volta } from "./toolchains/javascript.ts";
import { asdf, mise } from "./toolchains/polyglot.ts";
import { pyenv, uv } from "./toolchains/python.ts";

/** The toolchains that a manifest may name, by name. What others keep is shown by path. */
export const TOOLCHAINS: Readonly<Record<string, Toolchain>> = Object.fromEntries(
  [asdf, bun, deno, go, mise, nvm, pyenv, rustup, sdkman, uv, volta].map((toolchain) => [toolchain.name, toolchain]),
);

import { z } from "zod";
import { manifestSchema } from "./manifest.ts";

/** JSON Schema (draft 2020-12) as far as a manifest needs it. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** The manifest's JSON Schema, made from the one schema. */
export function manifestJsonSchema(): SchemaNode & { readonly $schema?: string } {
  return z.toJSONSchema(manifestSchema, { io: "input" }) as SchemaNode;
}

/** Known keys of the object at `path`; empty where any key may stand or there is no object. */
export function keysAt(path: readonly (string | number)[]): readonly string[] {
  let nodes: readonly SchemaNode[] = [manifestJsonSchema()];
  for (const part of path) nodes = nodes.flatMap(withBranches).flatMap((node) => child(node, part));
  return nodes.flatMap(withBranches).flatMap((node) => Object.keys(node.properties ?? {}));
}

function withBranches(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf === undefined ? [node] : node.anyOf.flatMap(withBranches);
}

function child(node: SchemaNode, part: string | number): readonly SchemaNode[] {
  if (typeof part === "number") return node.items === undefined ? [] : [node.items];
  const named = node.properties?.[part];
  if (named !== undefined) return [named];
  return typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
}

/** One key of the manifest: its path with `<name>` for a free name and `[]` for an item of a list. */
export interface ManifestKey {
  readonly path: readonly string[];
  readonly node: SchemaNode;
  readonly required: boolean;
}

/** Every key of the schema, in the order of the schema: for the reference page and for the tests of untrusted files. */
export function manifestKeys(
  node: SchemaNode = manifestJsonSchema(),
  path: readonly string[] = [],
): readonly ManifestKey[] {
  return withBranches(node).flatMap((branch) => [
    ...Object.entries(branch.properties ?? {}).flatMap(([key, inner]) => {
      const own = { path: [...path, key], node: inner, required: branch.required?.includes(key) === true };
      return [own, ...manifestKeys(inner, own.path)];
    }),
    ...(typeof branch.additionalProperties === "object"
      ? manifestKeys(branch.additionalProperties, [...path, "<name>"])
      : []),
    ...(branch.items === undefined ? [] : manifestKeys(branch.items, [...path, "[]"])),
  ]);
}

export type YamlValue = string | number | boolean | readonly YamlValue[] | YamlMap;
export interface YamlMap {
  readonly [key: string]: YamlValue;
}

/**
 * Writes block YAML 1.2. Every string is double-quoted as JSON has it, which is YAML too: no text can become a number, a
 * boolean or a key. Pure.
 */
export function writeYaml(map: YamlMap): string {
  return `${lines(map).join("\n")}\n`;
}

function lines(value: YamlMap | readonly YamlValue[]): readonly string[] {
  if (isList(value)) {
    return value.flatMap((item) => {
      const [first = "", ...rest] = isBlock(item) ? lines(item) : [scalar(item)];
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
    });
  }
  return Object.entries(value).flatMap(([key, item]) => {
    const name = /^[a-z_]+$/.test(key) ? key : JSON.stringify(key);
    return isBlock(item) ? [`${name}:`, ...lines(item).map((line) => `  ${line}`)] : [`${name}: ${scalar(item)}`];
  });
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** Is it written over lines of its own? Empty ones are not. */
function isBlock(value: YamlValue): value is YamlMap | readonly YamlValue[] {
  return typeof value === "object" && Object.keys(value).length > 0;
}

function scalar(value: YamlValue): string {
  if (typeof value !== "object") return JSON.stringify(value);
  return isList(value) ? "[]" : "{}";
}

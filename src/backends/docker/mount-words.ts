/** A path of the host shown in a container. */
export interface BindMount {
  readonly host: string;
  readonly guest: string;
  readonly writable?: boolean;
}

/** A volume of the engine shown in a container. */
export interface VolumeMount {
  readonly volume: string;
  readonly guest: string;
  readonly writable?: boolean;
  /** Has the engine put there what the image has at that place, when the volume is new and empty. */
  readonly begun?: boolean;
}

export type ShownPlace = BindMount | VolumeMount;

/**
 * PURE: `--mount` words. Fields are those of a CSV line (RFC 4180), so that no path can say more than a path; unlike
 * `--volume` a source that is not there is an error and not an empty folder made by root.
 */
export function mountArguments(mounts: readonly ShownPlace[]): string[] {
  return mounts.flatMap((mount) => {
    const from =
      "host" in mount
        ? ["type=bind", `src=${mount.host}`]
        : ["type=volume", `src=${mount.volume}`, ...(mount.begun ? [] : ["volume-nocopy"])];
    const fields = [...from, `dst=${mount.guest}`, ...(mount.writable ? [] : ["readonly"])];
    return ["--mount", fields.map(csvField).join(",")];
  });
}

/** PURE: reads such a word back. */
export function readMount(word: string): BindMount {
  const fields = [...word.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
  const value = (key: string) => fields.find((field) => field.startsWith(`${key}=`))?.slice(key.length + 1) ?? "";
  return { host: value("src"), guest: value("dst"), writable: !fields.includes("readonly") };
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

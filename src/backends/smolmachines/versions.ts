/** A release of smol-machines/smolvm. */
export type Release = readonly [number, number, number];

/** The oldest release that was looked at; what is older is refused. */
export const OLDEST_KNOWN: Release = [0, 8, 0];

/** The newest release that the table was read for; what is newer may differ. */
export const NEWEST_KNOWN: Release = [1, 9, 3];

/** Pure. Null for what is no release. */
export function readRelease(text: string): Release | null {
  const found = /^smolvm (\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\s|$)/.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** Is `release` at least `since`? Pure. */
export function reaches(release: Release, since: Release): boolean {
  const difference = release.map((part, index) => part - (since[index] ?? 0)).find((part) => part !== 0);
  return (difference ?? 0) >= 0;
}

/** `X.Y.Z`. Pure. */
export function releaseText(release: Release): string {
  return release.join(".");
}

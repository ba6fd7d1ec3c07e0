const STEP_S = 5;

/** `25s`, `12m`, `5h`, `2d`. Seconds step by five, so that a screen at rest is painted rarely. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${Math.floor(seconds / STEP_S) * STEP_S}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** `14:02 UTC`. */
export function clock(time: number): string {
  return `${new Date(time).toISOString().slice(11, 16)} UTC`;
}

/** `$4.12`, from millionths of a US dollar. */
export function dollars(micros: number): string {
  return `$${(micros / 1_000_000).toFixed(2)}`;
}

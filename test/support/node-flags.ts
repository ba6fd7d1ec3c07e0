/** With what every Node of ours is started; `scripts/node` says why. */
export const NODE_FLAGS: readonly string[] = [
  "--disable-sigusr1",
  "--no-concurrent-sparkplug",
  "--no-maglev-build-code-on-background",
  "--no-maglev-deopt-data-on-background",
];

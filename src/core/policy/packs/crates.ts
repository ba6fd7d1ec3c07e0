import type { RulePack } from "./pack.ts";

/**
 * `cargo build`, `cargo fetch`, `cargo install` by the sparse index, the default since cargo 1.70. Measured with cargo
 * 1.95: `/config.json`, `/so/me/somecrate`, then the download that config.json names. Layout of index and download: The
 * Cargo Book, "Index Format"; crates.io itself answers the older download address with a redirect. `cargo publish` is
 * `PUT /api/v1/crates/new`, `cargo search` a query: both stay refused.
 */
export const crates: RulePack = {
  name: "crates",
  allows: "cargo build, cargo fetch, cargo install",
  refuses: "publish, yank, owners, login, search",
  places: [
    { host: "index.crates.io", paths: ["/config.json", "/1/*", "/2/*", "/3/*/*", "/*/*/*"] },
    { host: "static.crates.io", paths: ["/crates/*/*"], encoded: true },
    { host: "crates.io", paths: ["/api/v1/crates/*/*/download"] },
  ],
  risks: [],
};

import type { Toolchain } from "../../model/toolchain.ts";

/**
 * Rust of rustup: toolchains, the settings that name the default, and the proxies in Cargo's `bin`. Never Cargo's home
 * itself, which holds credentials.toml and the sources of private crates; the agent has a Cargo home of its own.
 */
export const rustup: Toolchain = {
  name: "rustup",
  title: "Rust of rustup",
  programs: ["cargo", "rustc"],
  places: {
    rustup: {
      candidates: ["$RUSTUP_HOME", "~/.rustup"],
      shows: ["toolchains", "settings.toml"],
      lists: ["toolchains"],
    },
    cargo: { candidates: ["$CARGO_HOME", "~/.cargo"], shows: ["bin"], lists: ["bin"] },
  },
  movable: true,
  arrange: ({ rustup: place, cargo }, home) => {
    if (place === undefined || (place.entries.toolchains ?? []).length === 0) return "no toolchain is installed in it";
    if (cargo?.entries.bin?.includes("cargo") !== true) return "its bin has no program cargo";
    return {
      bin: [`${home}/.cargo/bin`, `${cargo.guest}/bin`],
      // Nothing can be installed where it may not write: it says so at once.
      env: { RUSTUP_HOME: place.guest, CARGO_HOME: `${home}/.cargo`, RUSTUP_AUTO_INSTALL: "0" },
    };
  },
};

/** A Go toolchain as go.dev packs it. */
export const go: Toolchain = {
  name: "go",
  title: "Go",
  programs: ["go"],
  places: { go: { candidates: ["$GOROOT", "/usr/local/go", "~/.local/go"], shows: [""], lists: ["bin"] } },
  movable: true,
  arrange: ({ go: place }, home) => {
    if (place?.entries.bin?.includes("go") !== true) return "its bin has no program go";
    // A newer toolchain is not downloaded unseen: go.mod that wants one is an error that says so.
    return { bin: [`${home}/go/bin`, `${place.guest}/bin`], env: { GOTOOLCHAIN: "local" } };
  },
};

import type { Toolchain } from "../../model/toolchain.ts";

/**
 * pyenv. Its shims and the scripts of its versions name each other by absolute path. Without `pyenv.d`: its hooks would
 * write new shims after each pip install, which fails where the shims are read-only.
 */
export const pyenv: Toolchain = {
  name: "pyenv",
  title: "Python of pyenv",
  programs: ["python3", "pip"],
  places: {
    pyenv: {
      candidates: ["$PYENV_ROOT", "~/.pyenv"],
      shows: ["versions", "shims", "libexec", "bin", "version", "plugins"],
      lists: ["versions"],
    },
  },
  movable: false,
  arrange: ({ pyenv: place }) => {
    if (place === undefined || (place.entries.versions ?? []).length === 0) return "it has no version of Python";
    return { bin: [`${place.guest}/shims`, `${place.guest}/bin`], env: { PYENV_ROOT: place.guest } };
  },
};

/** uv lies among other programs of the operator: only its own two files are shown. */
export const uv: Toolchain = {
  name: "uv",
  title: "uv",
  programs: ["uv"],
  places: {
    uv: { candidates: ["$UV_INSTALL_DIR", "$XDG_BIN_HOME", "~/.local/bin", "~/.cargo/bin"], shows: ["uv", "uvx"] },
  },
  movable: true,
  arrange: ({ uv: place }) => (place === undefined ? "not found" : { bin: [place.guest], env: {} }),
};

/** Where a repository lies, as a manifest says it. */
export interface RemoteUrl {
  readonly transport: "https" | "ssh";
  /** Lower case. */
  readonly host: string;
  /** null: the usual one. */
  readonly port: number | null;
  /** Of ssh; null: none is given. */
  readonly user: string | null;
  /** Without slash at the beginning, and without `.git` or slash at the end. */
  readonly path: string;
  /** The path begins at the home folder of the user there, as only the scp-like form can say. */
  readonly fromHome: boolean;
  /** As git is given it on the host. */
  readonly url: string;
}

const HOST = "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?";
/** No `%`, no query, no blank, nothing that a shell or ssh could read as an option. */
const PATH = "~?[A-Za-z0-9._][A-Za-z0-9._~+@/-]*";
const HTTPS = new RegExp(`^https://(${HOST})(?::(\\d{1,5}))?/(${PATH})$`, "i");
const SSH = new RegExp(`^ssh://(?:([A-Za-z0-9._][A-Za-z0-9._-]*)@)?(${HOST})(?::(\\d{1,5}))?/(${PATH})$`);
const SCP = new RegExp(`^(?:([A-Za-z0-9._][A-Za-z0-9._-]*)@)?(${HOST}):(/?)(${PATH})$`);

export type RemoteUrlReading =
  | { readonly ok: true; readonly remote: RemoteUrl }
  | { readonly ok: false; readonly why: string };

/** Reads `https://host/path`, `ssh://user@host/path` or `user@host:path` (git-clone(1), "GIT URLS"). */
export function readRemoteUrl(text: string): RemoteUrlReading {
  if (text.length > 500) return { ok: false, why: "longer than 500 characters" };
  if (/^https?:\/\/[^/]*@/i.test(text)) {
    return { ok: false, why: "no user name and no password in the URL; name a credential instead" };
  }
  if (/^http:\/\//i.test(text)) return { ok: false, why: "https or ssh: plain http shows everybody what is sent" };
  const https = HTTPS.exec(text);
  if (https !== null) return made("https", [undefined, https[1], https[2], https[3]]);
  const ssh = SSH.exec(text);
  if (ssh !== null) return made("ssh", [ssh[1], ssh[2], ssh[3], ssh[4]]);
  const scp = /:\/\//.test(text) ? null : SCP.exec(text);
  if (scp !== null) return made("ssh", [scp[1], scp[2], undefined, scp[4]], scp[3] === "");
  return { ok: false, why: "not https://host/path, ssh://user@host/path or user@host:path" };
}

const USUAL_PORT = { https: 443, ssh: 22 };

type Parts = readonly [
  user: string | undefined,
  host: string | undefined,
  port: string | undefined,
  path: string | undefined,
];

function made(transport: RemoteUrl["transport"], [user, host, port, path]: Parts, fromHome = false): RemoteUrlReading {
  const given = port === undefined ? null : Number(port);
  if (given !== null && (given < 1 || given > 65_535)) return { ok: false, why: "no such port" };
  // known_hosts has no place for the usual one, and a repository has one name.
  const number = given === USUAL_PORT[transport] ? null : given;
  const plain = (path ?? "").replace(/\/+$/, "");
  if (plain.split("/").some((segment) => segment === "" || segment === "." || segment === "..")) {
    return { ok: false, why: "a path without empty parts, . and .." };
  }
  const name = (host ?? "").toLowerCase();
  const at = `${user === undefined ? "" : `${user}@`}${name}${number === null ? "" : `:${number}`}`;
  return {
    ok: true,
    remote: {
      transport,
      host: name,
      port: number,
      user: user ?? null,
      path: plain.replace(/\.git$/, ""),
      fromHome,
      // As ssh://host/path it would be another folder of a server that is no forge.
      url: fromHome ? `${at}:${plain}` : `${transport}://${at}/${plain}`,
    },
  };
}

/**
 * Every way in which a clone may have written it, as prefixes for `url.<base>.insteadOf` (git-config(1)): https, http,
 * git, ssh and scp-like, with and without a user, with and without the port that is usual. Without `.git`: the gate reads
 * what follows.
 */
export function spellingsOf({ transport, host, port, user, path }: RemoteUrl): readonly string[] {
  const users = ["", ...new Set([`${user ?? "git"}@`, "git@"])];
  const own = port === null ? null : `${host}:${port}`;
  const web = transport === "https" && own !== null ? [own] : [host, `${host}:443`];
  const shell = transport === "ssh" && own !== null ? [own] : [host, `${host}:22`];
  const each = (scheme: string, places: readonly string[]) =>
    places.flatMap((place) => users.map((name) => `${scheme}://${name}${place}/${path}`));
  return [
    ...each("https", web),
    `http://${web[0]}/${path}`,
    `git://${host}/${path}`,
    ...["ssh", "git+ssh", "ssh+git"].flatMap((scheme) => each(scheme, shell)),
    ...users.flatMap((name) => [`${name}${host}:${path}`, `${name}${host}:/${path}`]),
    // With a port the scp-like form has brackets (git's connect.c).
    ...(transport === "ssh" && own !== null ? users.map((name) => `[${name}${own}]:${path}`) : []),
  ];
}

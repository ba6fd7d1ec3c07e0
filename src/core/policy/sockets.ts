/** Folders of ours in which sockets lie (`state/layout`), and the control socket wherever it is: it ends bottles. */
const OWN = /\/bot-bottle-[0-9]+\/|^(?:\/var)?\/run\/(?:.*\/)?bot-bottle\/|\/bot-bottle\/(?:.*\/)?control\.sock$/;

/** Sockets that give whoever may speak to them more than one service, and what that is. */
const POWERFUL: readonly (readonly [pattern: RegExp, power: string])[] = [
  [
    /(?:docker|containerd|podman|crio|cri-dockerd|buildkitd|nerdctl|lxd|incus)[^/]*\.(?:sock|socket)$/,
    "a container engine: it gives the whole machine",
  ],
  [/\/(?:lxd|incus)\/unix\.socket$|\/libvirt\/[^/]*sock[^/]*$/, "a machine manager: it gives the whole machine"],
  [
    /\/(?:agent\.[0-9]+|S\.gpg-agent[^/]*|keyring\/(?:ssh|control)|ssh-agent[^/]*|\.ssh\/agent.*)$/,
    "a key agent: it signs as you",
  ],
  [
    /\/system_bus_socket$|\/user\/[0-9]+\/bus$|\/systemd\/(?:private|notify)$/,
    "a message bus: it starts programs outside",
  ],
];

/** True for a socket of bot-bottle itself: a rule must never lead there (attack row 133). */
export function isOwnSocket(path: string): boolean {
  return OWN.test(path);
}

/** What a well-known socket gives to the agent beyond one service, in a few words; null for any other. */
export function socketPower(path: string): string | null {
  return POWERFUL.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}

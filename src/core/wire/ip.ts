export type AddressClass =
  | "public"
  | "metadata"
  | "loopback"
  | "unspecified"
  | "private"
  | "link-local"
  | "cgnat"
  | "multicast"
  | "special";

export interface AddressReading {
  /** RFC 5952 text for IPv6 (no brackets, no zone), dotted quad for IPv4. */
  readonly canonical: string;
  readonly family: 4 | 6;
  readonly class: AddressClass;
  /** IPv4 addresses carried inside (mapped, compatible, NAT64, 6to4, Teredo, ISATAP); empty when there are none. */
  readonly embedded: readonly string[];
}

/** Classifies an address text strictly (no zone, no short or octal forms); null when it is not an address. Attack rows 27 to 30. */
export declare function readAddress(text: string): AddressReading | null;

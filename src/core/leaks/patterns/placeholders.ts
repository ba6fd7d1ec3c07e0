import { buildKeywordTable } from "./keywords.ts";

/** Tokens that issuers print in their own documentation, of which every copy is harmless; parts that only they have. */
const DOCUMENTED: readonly string[] = [
  // jwt.io: the payload `{"sub":"1234567890","name":"John Doe"`.
  "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9l",
  // PyJWT's documentation: the payload `{"some":"payload"}`.
  "eyJzb21lIjoicGF5bG9hZCJ9",
  // Stripe's documentation: the test keys of all samples.
  "4eC39HqLyjWDarjtT1zdp7dc",
  "BQokikJOvBiI2HlWgH4olfQ2",
  // Slack's documentation of webhooks.
  "T00000000/B00000000/",
];

/**
 * Words of samples and templates, without case. Those of AWS end in EXAMPLE or EXAMPLEKEY. Four letters come up once in
 * 25,000 tokens by chance.
 */
const FILLING = buildKeywordTable([
  "xxxx",
  "****",
  "...",
  "your",
  "example",
  "placeholder",
  "redacted",
  "insert",
  "dummy",
  "sample",
  "changeme",
  "abcdefgh",
  "1234567890",
  "0123456789",
  "deadbeef",
]);

/** So many equal characters in a row are filling too. */
const REPEATED = 7;

/** Longer tokens hold such words by chance, and a key must not be hidden by a comment in it. */
const FILLED_UP_TO = 160;

/** True for what stands where a token would stand: the samples of documentation, templates and filling. */
export function isPlaceholder(token: string): boolean {
  return (token.length <= FILLED_UP_TO && isFilling(token)) || DOCUMENTED.some((known) => token.includes(known));
}

function isFilling(token: string): boolean {
  const { next, firstHit } = FILLING;
  let state = 0;
  let equal = 0;
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i);
    equal = i > 0 && code === token.charCodeAt(i - 1) ? equal + 1 : 1;
    state = next[(state << 8) | (code & 0xff)] as number;
    if (state >= firstHit || equal === REPEATED) return true;
  }
  return false;
}

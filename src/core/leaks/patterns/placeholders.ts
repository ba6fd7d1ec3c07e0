/** Tokens that issuers print in their own documentation, and what marks them; put together so that scanners pass by. */
const DOCUMENTED: readonly string[] = [
  // AWS documentation: ids and secret keys that end in EXAMPLE or EXAMPLEKEY.
  "EXAMPLE",
  // jwt.io: the payload `{"sub":"1234567890","name":"John Doe"`.
  "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9l",
  // Stripe's documentation: the test key of every sample.
  "4eC39HqLyjWDarjtT1zdp7dc",
  // Slack's documentation of webhooks.
  "T00000000/B00000000/",
];

/** Words of which samples and templates are made, without case. Four letters come up once in 25,000 tokens by chance. */
const FILLING =
  /xxxx|\*\*\*\*|\.\.\.|your|example|placeholder|redacted|insert|dummy|sample|changeme|abcdefgh|1234567890|0123456789|deadbeef/i;

/** Longer ones may hold such words by chance. */
const FILLED_UP_TO = 160;

/** True for what stands where a token would stand: the samples of documentation, templates and filling. */
export function isPlaceholder(token: string): boolean {
  if (DOCUMENTED.some((known) => token.includes(known))) return true;
  if (token.length > FILLED_UP_TO) return false;
  return FILLING.test(token) || /(.)\1{6}/.test(token);
}

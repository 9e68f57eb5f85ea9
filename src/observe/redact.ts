/** Masks keys and tokens in text that is logged or printed. */

const MASK = '[redacted]';

/** Shorter values may occur anywhere by chance. */
const SHORTEST_SECRET = 4;

/** Patterns of secrets whose value is unknown; `$1` is preserved. */
const SHAPES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\b(Bearer\s+)[\w.~+/=-]+/gi, `$1${MASK}`],
  [/\b(sk-)[\w-]{4,}/g, `$1${MASK}`],
  [/(authorization\\?["']?\s*[:=]\s*\\?["']?)(?!Bearer\s)(?:(?:basic|token)\s+)?[^\s"'\\,;}]+/gi, `$1${MASK}`],
  [/((?:api|access|auth|secret)[-_]?(?:key|token)\\?["']?\s*[:=]\s*\\?["']?)[^\s"'\\,;&}]+/gi, `$1${MASK}`],
  [/((?:password|secret|cookie)\\?["']?\s*[:=]\s*\\?["']?)[^\s"'\\,;&}]+/gi, `$1${MASK}`],
  [/([?&](?:key|token)=)[^\s"'\\&#]+/gi, `$1${MASK}`],
  [/(:\/\/)[^\s/@"'\\]+@/g, `$1${MASK}@`],
];

/**
 * @param secrets values to mask, e.g. the API key; empty and very short ones are ignored
 * @returns a function that masks those values, also JSON-escaped or URL-encoded, and everything that looks like a key:
 * `Bearer …`, `sk-…`, `api_key=…`, a password in a URL
 */
export function createRedactor(secrets: readonly string[] = []): (text: string) => string {
  const known = listSpellings(secrets);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, MASK);
    for (const [pattern, replacement] of SHAPES) clean = clean.replace(pattern, replacement);
    return clean;
  };
}

/** Longest first: a secret may contain another one. */
function listSpellings(secrets: readonly string[]): readonly string[] {
  const usable = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  return [...new Set(usable.flatMap(spell))].sort((a, b) => b.length - a.length);
}

function spell(secret: string): readonly string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
}

/** Renders docs/errors.md from the error table. */
import { ERRORS } from '../../src/errors/error-table';

const HEAD = `# Errors

Every error that a client of the bridge can get. Generated from src/errors/error-table.ts by \`npm run docs\`.

SDK clients get an HTTP status and an error object with a code. If the provider answered with an error status, that
status is passed on unchanged; otherwise the status is the one in the table. Codex gets a stream that ends with
\`response.failed\`, whose code decides what Codex does: after \`invalid_prompt\`, it ends the turn and shows the
message; after \`rate_limit_exceeded\`, it waits; after \`context_length_exceeded\`, it compacts the thread; after
\`server_error\`, it retries.

| Code | HTTP status | Code for Codex | Meaning | What to do |
| --- | --- | --- | --- | --- |
`;

/** Renders the whole page. */
export function renderErrorsPage(): string {
  const rows = Object.values(ERRORS).map(({ code, status, codexCode, meaning, fix }) =>
    `| \`${code}\` | ${status} | \`${codexCode}\` | ${meaning} | ${fix} |`);
  return `${HEAD}${rows.join('\n')}\n`;
}

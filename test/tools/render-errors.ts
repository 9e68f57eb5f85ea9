/** Renders docs/errors.md from the error table. */
import { ERRORS } from '../../src/errors/error-table';

const HEAD = `# Errors

Generated from src/errors/error-table.ts by \`npm run docs\`: every failure that a client of the bridge can get.

SDK clients get an HTTP status and an error object with a code. When the provider answered with an error status, its
status is passed on unchanged; otherwise the status is the one of the table. Codex gets a stream that ends with
\`response.failed\`, whose code decides what it does: \`invalid_prompt\` ends the turn and shows the message,
\`rate_limit_exceeded\` waits, \`context_length_exceeded\` compacts, \`server_error\` is retried.

| Code | HTTP status | Code for Codex | Meaning | What to do |
| --- | --- | --- | --- | --- |
`;

/** The whole page. */
export function renderErrorsPage(): string {
  const rows = Object.values(ERRORS).map(({ code, status, codexCode, meaning, fix }) =>
    `| \`${code}\` | ${status} | \`${codexCode}\` | ${meaning} | ${fix} |`);
  return `${HEAD}${rows.join('\n')}\n`;
}

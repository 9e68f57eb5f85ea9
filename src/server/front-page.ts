/** Renders GET /: what this server is and how to use it, for someone who opens its address in a browser. */
import type { Handler } from './http-exchange';
import { writeBody } from './write-response';

/** The page loads and runs nothing, and no other page may frame it. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

/** GET /. The same for everyone: it reveals nothing about the configuration, and needs no token. */
export const answerFrontPage: Handler = ({ response, services: { version } }) =>
  writeBody(response, 200, HEADERS, renderPage(version));

const renderPage = (version: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>aliyun-codex-bridge</title>
</head>
<body>
<h1>aliyun-codex-bridge ${version}</h1>
<p>A local proxy that lets OpenAI's Codex work with Chat Completions providers. It is used by programs;
this is its only page.</p>
<h2>Codex</h2>
<pre>aliyun-codex-bridge codex</pre>
<h2>Other clients</h2>
<p>The base URL is this address followed by <code>/v1</code>.
If the bridge requires an access token, use it as the API key.</p>
<ul>
<li><code>POST /v1/responses</code></li>
<li><code>POST /v1/chat/completions</code></li>
<li><code>GET /v1/models</code></li>
<li><code>GET /health</code></li>
</ul>
<h2>More</h2>
<pre>aliyun-codex-bridge help
aliyun-codex-bridge status
aliyun-codex-bridge doctor</pre>
</body>
</html>
`;

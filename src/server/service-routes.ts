/** Handles GET /health, GET /turns, GET /models and GET /launches. */
import type { Handler } from './http-exchange';
import { onClosed } from './turn-registry';
import { SSE_HEADERS, writeBody, writeJson } from './write-response';

/** Distinguishes this bridge from any other program on the port. */
export const SERVICE_NAME = 'aliyun-codex-bridge';

const MAX_CHALLENGE_LENGTH = 200;

/**
 * GET /health: the bridge, its uptime and its upstream. With `?challenge=NONCE`, `proof` proves that the bridge has its
 * access token (guards.ts).
 */
export const answerHealth: Handler = ({ request: { url = '' }, response, services, port }) => {
  const { config, version, turns, launches, access } = services;
  const challenge = new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('challenge');
  const proof = challenge === null ? undefined : access.prove(challenge.slice(0, MAX_CHALLENGE_LENGTH), port);
  const health = {
    ok: true,
    name: SERVICE_NAME,
    version,
    pid: process.pid,
    uptime: Math.floor(process.uptime()),
    upstream: config.aiBaseUrl,
    search: config.search ?? null,
    launches: launches.size,
    openStreams: turns.countStreams(),
    ...(access.required && { tokenRequired: true }),
    ...(proof !== undefined && { proof }),
  };
  writeJson(response, health, { 'cache-control': 'no-store' });
};

/** GET /turns: the open turns; `tokens` is estimated from the number of stream events. */
export const answerTurns: Handler = ({ response, services: { turns } }) => {
  const running = turns.list().map(({ requested, sent, firstMs, totalMs, received }) => ({
    client: requested.program,
    request: requested.request ?? null,
    thread: requested.thread ?? null,
    model: sent?.model ?? requested.model ?? null,
    state: firstMs === undefined ? 'waiting' : 'streaming',
    ms: Math.round(totalMs),
    tokens: received,
  }));
  writeJson(response, { turns: running }, { 'cache-control': 'no-store' });
};

/** GET /models: one body for Codex and for OpenAI clients; the entity tag changes with the catalog. */
export const answerModels: Handler = async ({ request: { url = '' }, response, services: { bridge } }) => {
  // Codex requests `/models?client_version=0.169.0` (codex-protocol.md, section 6).
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const { body, etag } = await bridge.models(query.get('client_version') ?? undefined);
  writeJson(response, body, { etag });
};

/** GET /launches: sends a comment and stays open; the launch ends when the launcher closes the connection. */
export const holdLaunch: Handler = ({ request, response, services: { launches, watch } }) => {
  if (request.method === 'HEAD') return writeBody(response, 200, SSE_HEADERS, '');
  launches.add(response);
  const endLaunch = watch?.launch();
  onClosed(response, () => {
    launches.delete(response);
    endLaunch?.();
  });
  response.writeHead(200, SSE_HEADERS);
  response.write(': the bridge keeps running while this connection is open\n\n');
};
